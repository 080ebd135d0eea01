"""What a purchase earns, whatever the till sends and in whatever order it comes."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from commerce.actions import net_of_lines, record_order, record_refund
from commerce.models import Category, Order, Product
from commerce.receipts import read_receipt, read_return
from customers.models import Wakeup
from customers.wakeups import sweep as sweep_wakeups
from loyalty.models import EarnRule, PointsAccount, PointsEntry, PointsLot, Programme
from loyalty.proofs import verify
from loyalty.purchases import settle
from scrm.kernel.words import words
from staff.models import ApiClient, Store


@pytest.fixture
def tills(west_lake, mall_hours, east) -> list[Store]:
    ApiClient.objects.create(code="till", name="Till")
    return [
        Store.objects.create(code=code, name=words(code), region=east, kind="full", scene="mall", calendar=mall_hours)
        for code in ("SH-JINGAN", "SH-PUDONG")
    ]


A = {
    "source_ref": "T07-20260102-000123", "revision": 1, "store": "SH-JINGAN", "till": "T07", "operator": "meiling",
    "customer": {"kind": "member_no", "value": "20418837"},
    "placed_at": "2026-01-02T12:30:58+08:00", "business_date": "2026-01-02", "sent_at": "2026-01-02T12:31:10+08:00",
    "currency": "CNY",
    "lines": [{"line": 1, "sku": "YG-TOP-M", "quantity": "2", "unit_price": "199.000000", "discount": 3980, "total": 35820},
              {"line": 2, "sku": "BEAN-KENYA", "quantity": "0.125", "unit_price": "45.800000", "discount": 0, "total": 573}],
    "discount": 2000, "discounts": [], "total": 34393,
    "payments": [{"kind": "wechat_pay", "amount": 30000, "reference": "wx-9917", "captured_at": "2026-01-02T12:31:05+08:00"},
                 {"kind": "points", "amount": 1000, "redemption": "red-552"}, {"kind": "cash", "amount": 3393}],
}  # fmt: skip
C = {
    "source_ref": "T31-20260109-R00002", "revision": 1, "store": "SH-PUDONG", "till": "T31",
    "order": "T07-20260102-000123", "refunded_at": "2026-01-09T18:01:40+08:00", "business_date": "2026-01-09",
    "sent_at": "2026-01-09T18:02:00+08:00", "currency": "CNY",
    "lines": [{"line": 1, "quantity": "1", "amount": 16926, "restock": True}],
    "payments": [{"kind": "wechat_pay", "amount": 16926, "reference": "wx-9917-r1"}], "reason": "size",
}  # fmt: skip


def sweep() -> None:
    sweep_wakeups()
    assert [*Wakeup.objects.exclude(error="").values_list("error", flat=True)] == []


def sale(body: dict[str, Any], **changes: Any) -> Order:
    row = record_order(read_receipt(body | changes, state="paid"), source="till").row
    sweep()
    return row


def back(body: dict[str, Any], **changes: Any) -> None:
    record_refund(read_return(body | changes), source="till")
    sweep()


def earns(mei) -> int:
    rows = PointsEntry.objects.filter(account__customer=mei)
    return sum(rows.values_list("delta", flat=True))


def test_a_sale_with_three_tenders_earns_on_what_was_paid_without_points(mei, tills) -> None:
    sale(A)

    entry = PointsEntry.objects.get(kind="earn")
    assert (entry.delta, entry.qualifying, entry.source, entry.source_ref) == (333, 33393, "till", A["source_ref"])
    assert entry.explanation["basis"] == 33393
    assert entry.explanation["left_out"] == {"tenders": 1000}
    sale(A)
    assert PointsEntry.objects.filter(kind="earn").count() == 1


def test_one_of_two_tops_comes_back(mei, tills) -> None:
    sale(A)
    back(C)

    reversal = PointsEntry.objects.get(kind="reverse")
    assert (reversal.undone, reversal.qualifying) == (169, -16926)
    assert reversal.reverses == PointsEntry.objects.get(kind="earn")
    assert earns(mei) == 164
    back(C)
    assert PointsEntry.objects.filter(kind="reverse").count() == 1


def test_what_is_spent_already_becomes_debt(mei, tills) -> None:
    sale(A)
    account = PointsAccount.objects.of(mei)
    account.confirm_due()
    account.spend(233, reason="payment", source="till", key="s")

    back(C)

    account.refresh_from_db()
    assert (account.available, account.debt) == (0, 69)


def test_any_order_of_arrival_gives_the_same_points(mei, tills) -> None:
    small = A | {"source_ref": "B", "discount": 0, "total": 573, "lines": [A["lines"][1]],
                 "payments": [{"kind": "cash", "amount": 573}]}  # fmt: skip
    deeds = [lambda: sale(A), lambda: sale(small), lambda: back(C),
             lambda: back(C | {"source_ref": "R2", "lines": [{"line": 1, "quantity": "1", "amount": 16925}],
                               "payments": [{"kind": "cash", "amount": 16925}]})]  # fmt: skip
    seen = set()
    for order in itertools.permutations(range(4)):
        for place in order:
            deeds[place]()
        lots = sorted(PointsLot.objects.values_list("amount", "remaining"))
        seen.add((earns(mei), tuple(lots)))
        assert verify().findings == []
        empty()

    # Of the big sale 5.42 stay, which its points had paid: they earn nothing.
    assert seen == {(5, ((5, 5), (333, 0)))}


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        for table in ("loyalty_lotuse", "loyalty_pointslot", "loyalty_pointsentry", "loyalty_pointsaccount",
                      "commerce_refundline", "commerce_refund", "commerce_payment", "commerce_orderline",
                      "commerce_order", "customers_wakeup", "customers_event", "loyalty_ledgerproof"):  # fmt: skip
            cursor.execute(f"delete from {table}")
        cursor.execute("set local session_replication_role = origin")


def test_many_small_refunds_do_not_drift(mei, tills) -> None:
    sale(A, total=1000, discount=0, lines=[{"line": 1, "sku": "X", "quantity": "7", "total": 1000}],
         payments=[{"kind": "cash", "amount": 1000}])  # fmt: skip
    amounts = [143, 143, 143, 142, 143, 143, 143]
    for n, amount in enumerate(amounts):
        back(C, source_ref=f"R{n}", lines=[{"line": 1, "quantity": "1", "amount": amount}],
             payments=[{"kind": "cash", "amount": amount}])  # fmt: skip
        assert earns(mei) == (1000 - sum(amounts[: n + 1])) // 100

    assert earns(mei) == 0


def test_a_correction_of_the_till_moves_the_points_both_ways(mei, tills) -> None:
    sale(A)
    lines = [{"line": 1, "sku": "X", "quantity": "1", "total": 50000}]
    sale(A, revision=2, lines=lines, discount=0, total=50000, payments=[{"kind": "cash", "amount": 50000}])
    assert earns(mei) == 500

    lines = [{"line": 1, "sku": "X", "quantity": "1", "total": 10000}]
    sale(A, revision=3, lines=lines, discount=0, total=10000, payments=[{"kind": "cash", "amount": 10000}])
    assert earns(mei) == 100
    assert verify().findings == []

    record_order(
        read_receipt(
            A
            | {
                "revision": 4,
                "lines": lines,
                "discount": 0,
                "total": 10000,
                "payments": [{"kind": "cash", "amount": 10000}],
            },
            state="cancelled",
        ),
        source="till",
    )
    sweep()
    assert earns(mei) == 0


def test_a_guests_sale_earns_when_the_guest_is_known(mei, tills) -> None:
    order = sale(A, customer=None)
    assert settle(order) is None
    assert not PointsEntry.objects.exists()

    sale(A, revision=2)

    assert earns(mei) == 333


def test_a_sale_that_does_not_add_up_earns_nothing_and_says_so(mei, tills) -> None:
    sale(A, total=30000, payments=[{"kind": "cash", "amount": 30000}])

    entry = PointsEntry.objects.get()
    assert (entry.delta, entry.explanation["why"]) == (0, "unbalanced")
    assert verify().findings == []


def test_a_discount_that_the_lines_hold_already_is_not_taken_off_twice(mei, tills) -> None:
    order = record_order(read_receipt(A, state="paid"), source="till", wakes=False).row
    assert sum(net_of_lines(order).values()) == 34393

    order.total = 35820 + 573

    assert net_of_lines(order) == {"1": 35820, "2": 573}


def test_history_earns_nothing(mei, tills) -> None:
    record_order(read_receipt(A, state="paid"), source="till", wakes=False)
    sweep()

    assert not PointsEntry.objects.exists()


def test_a_live_sale_that_was_not_settled_is_seen_by_the_proof(mei, tills) -> None:
    record_order(read_receipt(A, state="paid"), source="till", wakes=False)

    assert [one["proof"] for one in verify().findings] == ["purchases"]


def test_points_come_back_when_the_till_pays_back_by_points(mei, tills) -> None:
    account = PointsAccount.objects.of(mei)
    account.open_with(1000, source="old", key="o", at=timezone.now() - timedelta(days=400),
                      ends_at=timezone.now() + timedelta(days=30))  # fmt: skip
    account.spend(1000, reason="payment", source="till", key="red-552", source_ref=A["source_ref"])
    sale(A)

    back(C, lines=[], payments=[{"kind": "points", "amount": 1000}, {"kind": "cash", "amount": 5000}])

    assert PointsEntry.objects.get(kind="restore").delta == 1000
    # Paid back: 60.00, of which 10.00 as points that never earned.
    assert PointsEntry.objects.filter(kind__in=["earn", "reverse"]).count() == 2
    earned = sum(PointsEntry.objects.filter(kind__in=["earn", "reverse"]).values_list("delta", flat=True))
    assert earned == (34393 - 6000) // 100


def rule(code: str, **said: Any) -> EarnRule:
    said = {"starts_on": date(2020, 1, 1), "published_at": timezone.now(), "name": words(code)} | said
    return EarnRule.objects.create(programme=Programme.objects.main(), code=code, **said)


@pytest.fixture
def goods(db) -> None:
    drinks = Category.objects.create(code="coffee", name=words("咖啡"))
    hot = Category.objects.create(code="hot", name=words("热饮"), parent=drinks)
    yoga = Category.objects.create(code="yoga", name=words("瑜伽"))
    Product.objects.create(code="LATTE", name=words("拿铁"), category=hot)
    Product.objects.create(code="YG-TOP-M", name=words("背心"), category=yoga)


TWO = A | {
    "discount": 0, "total": 10000,
    "lines": [{"line": 1, "sku": "LATTE", "quantity": "1", "total": 3000},
              {"line": 2, "sku": "YG-TOP-M", "quantity": "1", "total": 7000}],
    "payments": [{"kind": "cash", "amount": 10000}],
}  # fmt: skip


def test_a_multiplier_counts_for_its_lines_on_its_days(mei, tills, goods) -> None:
    rule("friday-coffee", kind="multiplier", factor=Decimal(2), conditions={"categories": ["coffee"], "weekdays": [4]})

    sale(TWO)  # a Friday
    assert sorted(PointsEntry.objects.values_list("rule__code", "delta")) == [("base", 100), ("friday-coffee", 30)]
    sale(TWO, source_ref="SAT", placed_at="2026-01-03T12:00:00+08:00", business_date="2026-01-03")
    assert earns(mei) == 230


def test_only_the_best_multiplier_of_a_line_counts(mei, tills, goods) -> None:
    rule("double", kind="multiplier", factor=Decimal(2))
    rule("triple-coffee", kind="multiplier", factor=Decimal(3), conditions={"categories": ["coffee"]})

    sale(TWO)

    assert dict(PointsEntry.objects.values_list("rule__code", "delta")) == {
        "base": 100, "double": 70, "triple-coffee": 60,
    }  # fmt: skip


def test_fractions_are_rounded_once_over_the_purchase(mei, tills, goods) -> None:
    lines = [{"line": n, "sku": "LATTE", "quantity": "1", "total": 150} for n in range(1, 4)]
    half = TWO | {"lines": lines, "total": 450, "payments": [{"kind": "cash", "amount": 450}]}
    rule("double", kind="multiplier", factor=Decimal("1.5"))

    sale(half)
    assert earns(mei) == 6  # 4.5 + 2.25 = 6.75, full units only
    Programme.objects.update(rounding="half_up")
    sale(half, source_ref="UP")

    assert earns(mei) == 6 + 7


def test_birthday_and_level_and_store_conditions(mei, tills, goods) -> None:
    rule("birthday", kind="multiplier", factor=Decimal(2), conditions={"birthday": "week"})
    rule("jingan", kind="bonus", points=15, conditions={"stores": ["SH-JINGAN"]})

    sale(TWO, placed_at="2026-12-05T12:00:00+08:00", business_date="2026-12-05")
    assert earns(mei) == 100 + 100 + 15
    sale(TWO, source_ref="LATER", placed_at="2026-12-06T12:00:00+08:00", business_date="2026-12-06", store="SH-PUDONG")

    assert earns(mei) == 215 + 100


def test_first_order_and_new_category_count_once_and_go_with_a_full_refund(mei, tills, goods) -> None:
    rule("first", kind="bonus", points=50, occasion="first_order")
    rule("new-kind", kind="bonus", points=10, occasion="new_category", conditions={"categories": ["coffee", "yoga"]})

    sale(TWO)
    sale(TWO, source_ref="SECOND")
    assert earns(mei) == 200 + 50 + 20
    for ref in (TWO["source_ref"], "SECOND"):
        back(C, source_ref=f"R-{ref}", order=ref, lines=[{"line": 1, "quantity": "1", "amount": 3000}],
             payments=[{"kind": "cash", "amount": 3000}])  # fmt: skip
    assert earns(mei) == 140 + 50 + 10

    for ref in (TWO["source_ref"], "SECOND"):
        back(C, source_ref=f"Q-{ref}", order=ref, lines=[{"line": 2, "quantity": "1", "amount": 7000}],
             payments=[{"kind": "cash", "amount": 7000}])  # fmt: skip
    assert earns(mei) == 0
    assert verify().findings == []


def test_the_rule_of_the_day_of_purchase_counts(mei, tills, goods, gu) -> None:
    base = EarnRule.objects.get_or_create(programme=Programme.objects.main(), code="base", version=1)[0]
    better = base.next_version(by=gu, starts_on=date(2026, 1, 3))
    better.points = 2
    better.save()
    better.publish(by=gu)

    sale(TWO)
    assert earns(mei) == 100
    sale(TWO, source_ref="SAT", placed_at="2026-01-03T00:30:00+08:00", business_date="2026-01-02")

    assert earns(mei) == 300


def test_fees_and_gift_cards_earn_nothing(mei, tills, goods) -> None:
    sale(TWO, total=11000, lines=[*TWO["lines"], {"line": 3, "sku": "", "kind": "fee", "quantity": "1", "total": 1000}],
         payments=[{"kind": "gift_card", "amount": 5500}, {"kind": "cash", "amount": 5500}])  # fmt: skip

    entry = PointsEntry.objects.get(kind="earn")
    assert entry.explanation["left_out"] == {"lines": 1000, "tenders": 5000}
    assert entry.delta == 50
