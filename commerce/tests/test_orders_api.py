"""The till's door: once, whole, and in any order."""

import json
import threading
from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from commerce.models import Order, Product, Refund
from customers.models import Customer, Event, MetricsDirty, StoreTie
from scrm.kernel.words import words
from staff.models import ApiClient, Store, User

SALE: dict[str, Any] = {
    "source_ref": "T07-20260102-000123", "revision": 1, "store": "HZ01", "till": "T07",
    "customer": {"kind": "member_no", "value": "20418837"},
    "placed_at": "2026-01-02T12:30:58+08:00", "business_date": "2026-01-02",
    "sent_at": "2026-01-02T12:31:10+08:00", "currency": "CNY",
    "lines": [
        {"line": 1, "sku": "YG-TOP-M", "quantity": "2", "unit_price": "199.000000", "discount": 3980, "total": 35820},
        {"line": 2, "sku": "BEAN-KENYA", "quantity": "0.125", "unit_price": "45.800000", "discount": 0, "total": 573},
    ],
    "discount": 2000, "discounts": [{"kind": "coupon", "code": "CP-8F3K", "amount": 2000}], "total": 34393,
    "payments": [
        {"kind": "wechat_pay", "amount": 30000, "reference": "wx-9917", "captured_at": "2026-01-02T12:31:05+08:00"},
        {"kind": "points", "amount": 1000, "redemption": "red-552"},
        {"kind": "cash", "amount": 3393},
    ],
}  # fmt: skip
REFUND: dict[str, Any] = {
    "source_ref": "T31-20260109-R00002", "revision": 1, "store": "HZ01", "till": "T31",
    "order": "T07-20260102-000123", "refunded_at": "2026-01-09T18:01:40+08:00", "business_date": "2026-01-09",
    "currency": "CNY", "lines": [{"line": 1, "quantity": "1", "amount": 16926, "restock": True}],
    "payments": [{"kind": "wechat_pay", "amount": 16926, "reference": "wx-9917-r1"}], "reason": "size",
}  # fmt: skip


@pytest.fixture
def till(db: None) -> str:
    return ApiClient.objects.create(code="till-hz", name="Till", scopes=["orders"]).new_secret()


@pytest.fixture
def top(db: None) -> Product:
    return Product.objects.create(code="YG-TOP-M", name=words("瑜伽上衣"))


def post(secret: str, body: dict[str, Any], key: str = "key-00000001") -> Any:
    return Client().post(
        "/api/v1/orders/", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key},
    )  # fmt: skip


def test_a_paid_order_is_recorded_whole(till: str, mei: Customer, west_lake: Store, top: Product) -> None:
    answer = post(till, {"type": "order.paid", "data": SALE})

    assert (answer.status_code, answer.json()) == (
        201, {"order": SALE["source_ref"], "state": "recorded", "flags": [],
              "coupons": [{"code": "CP-8F3K", "state": "unknown"}],
              "points": {"earned": 333, "pending_until": None, "balance": 333}})  # fmt: skip
    order = Order.objects.get()
    assert (order.source, order.total, order.discount, order.customer) == ("till-hz", 34393, 2000, mei)
    assert list(order.lines.order_by("pk").values_list("total", flat=True)) == [35820, 573]
    assert order.payments.count() == 3
    details = Event.objects.get(kind="order.paid").details
    assert (details["pieces"], details["first"]) == (3, top.name)
    assert StoreTie.objects.filter(customer=mei, store=west_lake).exists()
    assert MetricsDirty.objects.filter(customer=mei).exists()


def test_a_repeat_gets_the_first_answer_and_moves_nothing(till: str, mei: Customer) -> None:
    first = post(till, SALE)

    again, other_key = post(till, SALE), post(till, SALE, key="key-00000002")

    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first.json(), "true")
    assert (other_key.status_code, other_key.json()["state"]) == (200, "unchanged")
    assert (Order.objects.count(), Event.objects.filter(kind="order.paid").count()) == (1, 1)


def test_revisions(till: str, mei: Customer) -> None:
    post(till, SALE)
    changed = SALE | {"discount": 3000, "total": 33393, "payments": [{"kind": "cash", "amount": 33393}]}

    conflict = post(till, changed, key="key-00000002")
    newer = post(till, changed | {"revision": 3}, key="key-00000003")
    older = post(till, SALE | {"revision": 2}, key="key-00000004")

    assert conflict.status_code == 422
    assert (newer.json()["state"], older.json()["state"]) == ("replaced", "ignored")
    order = Order.objects.get()
    assert (order.total, order.payments.count(), order.revision) == (33393, 1, 3)


@pytest.mark.parametrize(("off", "flags"), [(0, []), (2, ["rounding"]), (3, ["unbalanced"])])
def test_sums_that_do_not_agree_are_flagged(till: str, mei: Customer, off: int, flags: list[str]) -> None:
    payments = [{"kind": "cash", "amount": 34393 + off}]

    answer = post(till, SALE | {"total": 34393 + off, "payments": payments})

    assert answer.json()["flags"] == flags


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"total": "34393"}, "/total"),
        ({"placed_at": "2026-01-02T12:30:58"}, "/placed_at"),
        ({"business_date": "2026-02-30"}, "/business_date"),
        ({"lines": []}, "/lines"),
        ({"lines": [SALE["lines"][0] | {"quantity": 2}]}, "/lines/0/quantity"),
        ({"payments": [{"kind": "gold", "amount": 1}]}, "/payments/0/kind"),
        ({"source_ref": "x" * 121}, "/source_ref"),
    ],
)
def test_what_breaks_the_contract_is_pointed_at(till: str, mei: Customer, change: Any, pointer: str) -> None:
    answer = post(till, SALE | change)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Order.objects.exists()


def test_a_number_with_a_fraction_is_refused(till: str) -> None:
    assert post(till, SALE | {"total": 343.93}).status_code == 400


def test_a_key_is_needed_and_bound_to_its_body(till: str, mei: Customer) -> None:
    post(till, SALE)

    assert post(till, SALE, key="").status_code == 400
    assert post(till, SALE | {"revision": 2}).status_code == 422


def test_without_the_scope_or_a_key_nobody_gets_in(till: str, db: None) -> None:
    other = ApiClient.objects.create(code="reader", name="Reader", scopes=["customers"]).new_secret()

    assert post(other, SALE).status_code == 403
    assert post("sk_till-hz_" + "x" * 43, SALE).status_code == 401


def test_one_client_does_not_see_the_orders_of_another(till: str, mei: Customer) -> None:
    post(till, SALE)
    other = ApiClient.objects.create(code="other", name="Other", scopes=["orders"]).new_secret()
    place = f"/api/v1/orders/{SALE['source_ref']}/"

    def seen(secret: str) -> int:
        return Client().get(place, headers={"Authorization": f"Bearer {secret}"}).status_code

    assert (seen(till), seen(other)) == (200, 404)


def test_an_unknown_customer_is_a_guest(till: str, west_lake: Store) -> None:
    post(till, SALE | {"customer": {"kind": "phone", "value": "19911112222"}})

    assert Order.objects.get().customer is None
    assert not Event.objects.exists()


def test_a_household_phone_names_nobody(till: str, mei: Customer, west_lake: Store) -> None:
    mei.identities.filter(kind="phone").update(shared=True)

    post(till, SALE | {"customer": {"kind": "phone", "value": "19900001234"}})

    assert Order.objects.get().customer is None


def test_half_of_a_line_comes_back(till: str, mei: Customer) -> None:
    post(till, SALE)

    answer = post(till, {"type": "refund.made", "data": REFUND}, key="key-00000002")

    assert (answer.status_code, answer.json()["state"], answer.json()["flags"]) == (201, "recorded", [])
    assert Refund.objects.get().customer == mei
    assert Event.objects.get(kind="refund.made").details["amount"] == 16926


@pytest.mark.parametrize(
    ("amount", "status", "flags"),
    [(16925, 201, ["rounding"]), (16927, 201, ["rounding"]), (20000, 201, ["refund_amount"]), (34000, 422, None)],
)
def test_a_refund_of_another_amount(
    till: str, mei: Customer, amount: int, status: int, flags: list[str] | None
) -> None:
    post(till, SALE)
    refund = deepcopy(REFUND)
    refund["lines"][0]["amount"] = refund["payments"][0]["amount"] = amount

    answer = post(till, refund, key="key-00000002")

    assert (answer.status_code, answer.json().get("flags")) == (status, flags)


def test_more_than_was_sold_does_not_come_back(till: str, mei: Customer) -> None:
    post(till, SALE)
    post(till, REFUND, key="key-00000002")
    both = REFUND | {"source_ref": "R3", "lines": [{"line": 1, "quantity": "2", "amount": 100}]}

    assert post(till, both, key="key-00000003").status_code == 422
    assert Refund.objects.count() == 1


def test_a_refund_waits_for_its_sale(till: str, mei: Customer) -> None:
    waiting = post(till, REFUND)
    assert waiting.json()["state"] == "waiting"

    post(till, SALE, key="key-00000002")

    refund = Refund.objects.get()
    assert refund.order == Order.objects.get()
    assert refund.lines.get().order_line is not None
    assert Event.objects.filter(kind="refund.made").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_order_twice_at_once_is_one(till: str, mei: Customer, own_connections: None) -> None:
    answers = at_once([lambda key=key: post(till, SALE, key=key) for key in ("key-00000001", "key-00000002")])

    assert sorted(answer.json()["state"] for answer in answers) == ["recorded", "unchanged"]
    assert (Order.objects.count(), Event.objects.filter(kind="order.paid").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_refunds_of_everything_one_wins(till: str, mei: Customer, own_connections: None) -> None:
    post(till, SALE)
    bodies = [
        REFUND | {"source_ref": ref, "lines": [], "payments": [{"kind": "cash", "amount": 34393}]} for ref in "ab"
    ]

    answers = at_once([lambda body=body: post(till, body, key="key-refund-" + body["source_ref"]) for body in bodies])

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert Refund.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_sale_and_its_refund_at_once_find_each_other(till: str, mei: Customer, own_connections: None) -> None:
    at_once([lambda: post(till, SALE, key="key-00000001"), lambda: post(till, REFUND, key="key-00000002")])

    assert Refund.objects.get().order == Order.objects.get()
    assert Event.objects.filter(kind="refund.made").count() == 1


def at_once(calls: list[Any]) -> list[Any]:
    answers, gate = [], threading.Barrier(len(calls))

    def run(call: Any) -> None:
        from django.db import connections

        gate.wait()
        answers.append(call())
        connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_lead_compares_payments_of_own_stores(till: str, mei: Customer, he: User, zhao: User) -> None:
    post(till, SALE)
    post(till, REFUND, key="key-00000002")
    page = "/commerce/reconciliation/?day_from=2026-01-01&day_to=2026-01-31"
    client = Client()

    client.force_login(he)
    shown = client.get(page)
    wrong = client.get("/commerce/reconciliation/?day_from=2026-01-01&day_to=x")

    assert (shown.status_code, wrong.status_code) == (200, 422)
    assert "¥300.00" in shown.content.decode()
    assert "¥169.26" in shown.content.decode()
    client.force_login(zhao)
    assert client.get(page).status_code == 403


def test_another_currency_needs_its_rate_and_a_return_takes_the_sales(till: str, mei: Customer) -> None:
    sale = {**SALE, "currency": "HKD"}
    assert post(till, {"type": "order.paid", "data": sale}).status_code == 400

    post(till, {"type": "order.paid", "data": {**sale, "rate": "0.92"}}, "key-00000002")
    post(till, {"type": "refund.made", "data": {**REFUND, "currency": "HKD"}}, "key-00000003")

    order = Order.objects.get()
    assert (order.total, order.base_total) == (34393, 31642)  # 316.4156, half up once
    assert Refund.objects.get().base_amount == 15572
