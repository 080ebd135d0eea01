"""The demo's wallets: every proof holds, the verbs find nothing to correct, the shares are those planned."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from commerce.models import Order
from customers.models import Customer, Event
from loyalty import proofs, purchases
from loyalty.codes import is_well_formed
from loyalty.levels import standing_of
from loyalty.models import (
    BudgetShard,
    Campaign,
    CampaignGrant,
    Coupon,
    CouponTemplate,
    Drop,
    EarnRule,
    Level,
    LevelMembership,
    PointsAccount,
    PointsEntry,
    PointsLot,
    Programme,
    Redemption,
)
from scrm.demo import cast, days, load, progress
from scrm.demo.models import DemoLoad

MANY = 2_000
LOYALTY = ["loyalty_pointsaccount", "loyalty_pointsentry", "loyalty_pointslot", "loyalty_lotuse", "loyalty_levelmembership",
           "loyalty_coupon", "loyalty_redemption", "loyalty_campaigngrant", "loyalty_droptry"]  # fmt: skip


def bring(customers: int, end: date | None = None) -> None:
    end = end or timezone.localdate()
    load.Load(customers=customers, seed=1, end=end, moment=timezone.now(), workers=1).run()


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    """Today's demo, loaded once for the tests of this file, and rolled back."""
    with pytest.MonkeyPatch.context() as patched, django_db_blocker.unblock(), transaction.atomic():
        folder = tmp_path_factory.mktemp("progress")
        patched.setattr(progress, "data_folder", lambda: folder)
        patched.setattr(load, "get_commands", dict)
        patched.setattr("django.conf.settings.ERASURES_FILE", folder / "erasures.jsonl")
        bring(MANY)
        connection.check_constraints()  # here once, or each test would check all rows at its end
        yield
        transaction.set_rollback(True)


def many(rows: Any, field: str = "record") -> Any:
    return rows.filter(**{f"{field}__gte": load.FIRST_CUSTOMER})


def share(part: Any, whole: Any) -> float:
    return part.count() / whole.count()


# The whole


@pytest.mark.django_db
def test_every_proof_holds(demo: None) -> None:
    assert proofs.verify().findings == []
    assert PointsEntry.objects.count() > 8 * MANY


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("which", "filters"),
    [
        ("of these days", {}), ("with a refund", {"refunds__isnull": False}), ("in Hong Kong", {"currency": "HKD"}),
        ("by gift card", {"payments__kind": "gift_card"}), ("of black", {"customer__memberships__rank": 3}),
        ("of the cast", {"customer__lt": load.FIRST_CUSTOMER}),
    ],
)  # fmt: skip
def test_the_rules_find_nothing_to_correct(demo: None, which: str, filters: dict[str, Any]) -> None:
    since = timezone.now() - timedelta(days=360)
    orders = Order.objects.filter(state="paid", placed_at__gt=since, **filters).exclude(customer=None)
    before = PointsEntry.objects.count()

    for order in orders.order_by("-placed_at", "pk")[:25]:
        purchases.settle(order)

    assert orders.exists()
    assert PointsEntry.objects.count() == before


@pytest.mark.django_db
def test_the_rest_can_be_spent_and_what_ends_first_goes_first(demo: None) -> None:
    account = many(PointsAccount.objects, "customer").filter(available__gt=500).order_by("pk").first()
    lot = PointsLot.objects.filter(account=account, state="open", remaining__gt=0).order_by("ends_at", "pk").first()

    entry = account.spend(100, reason="payment", source="till", key="x")

    assert entry.uses.order_by("lot__ends_at", "lot").first().lot == lot
    assert proofs.verify().findings == []


@pytest.mark.django_db
def test_the_shares_are_those_planned(demo: None) -> None:
    standing = LevelMembership.objects.filter(ended_on=None, customer__gte=load.FIRST_CUSTOMER)
    counts = dict(standing.values_list("level__code").annotate(n=Count("pk")))
    confirmed = many(PointsLot.objects).filter(state="open").aggregate(n=Sum("amount"))["n"]
    sums = dict(many(PointsEntry.objects).values_list("kind").annotate(n=Sum("delta")))
    coupons = many(Coupon.objects).exclude(template__code__in=["PACKET", "OVER199"])

    assert standing.count() == MANY
    assert counts["friend"] / MANY == pytest.approx(0.73, abs=0.03)
    assert counts["silver"] / MANY == pytest.approx(0.17, abs=0.025)
    assert counts["gold"] / MANY == pytest.approx(0.078, abs=0.02)
    assert counts["black"] / MANY == pytest.approx(0.022, abs=0.01)
    assert -sums["spend"] / confirmed == pytest.approx(0.54, abs=0.08)
    assert -sums["expire"] / confirmed == pytest.approx(0.17, abs=0.05)
    assert coupons.count() / MANY == pytest.approx(2.0, abs=0.15)
    used = coupons.filter(redemptions__isnull=False)
    for code, rate in {"MJ80": 0.11, "SOCK0": 0.29, "NIGHT": 0.48, "TH30": 0.21, "FREE0": 0.44, "SERUM1": 0.38}.items():
        mine = coupons.filter(template__code=code)
        assert share(mine.filter(redemptions__isnull=False), mine) == pytest.approx(rate, abs=0.07), code
    from_net = used.filter(channel="app", redemptions__channel="store")
    assert share(from_net, used) == pytest.approx(0.31, abs=0.06)


@pytest.mark.django_db
def test_coupons_stand_as_the_verbs_would_leave_them(demo: None) -> None:
    now = timezone.now()
    for template in CouponTemplate.objects.all():
        mine = template.coupons.all()
        assert template.issued == mine.count()
        assert not mine.filter(state="issued", valid_until__lte=now - timedelta(hours=1)).exists()
        assert not mine.filter(Q(nth__gt=template.per_customer)).exclude(template__code="FREE0").count() > 0.02 * MANY
    assert all(is_well_formed(code) for code in Coupon.objects.values_list("code", flat=True)[:50])
    with connection.cursor() as cursor:
        cursor.execute("""select count(*) from loyalty_redemption r join loyalty_coupon c on c.id = r.coupon_id
                          join commerce_order o on o.source = r.order_source and o.source_ref = r.order_ref
                          where o.customer_id = c.customer_id and o.placed_at >= c.issued_at""")
        assert cursor.fetchone()[0] == Redemption.objects.count()


@pytest.mark.django_db
def test_the_night_of_the_packets_is_history(demo: None) -> None:
    drop, amends = Drop.objects.get(code="packet-night"), Campaign.objects.get(code="packet-night-amends")
    spent = CampaignGrant.objects.filter(campaign=amends).aggregate(n=Sum("cost"))["n"]
    left = BudgetShard.objects.filter(campaign=amends).aggregate(n=Sum("left"))["n"]

    assert drop.slots_total == drop.slots.count() == drop.tries.exclude(coupon_id=None).count() > 0
    assert drop.tries.count() > 2 * drop.slots_total
    assert spent > 0
    assert left == amends.budget - spent


@pytest.mark.django_db
def test_the_set_up_is_published_in_three_languages(demo: None) -> None:
    programme = Programme.objects.main()
    assert (programme.rounding, programme.pending_days, programme.spend_share) == ("half_up", 7, 50)
    assert list(Level.objects.values_list("threshold", flat=True)) == [0, 100_000, 300_000, 720_000]
    black = Level.objects.get(code="black")
    assert (black.visits, black.factor) == (6, 1.5)
    assert EarnRule.objects.exclude(published_at=None).count() == 4
    for row in [*CouponTemplate.objects.all(), *Campaign.objects.all(), *Level.objects.all(), *Drop.objects.all()]:
        assert set(row.name) == {"zh-hans", "zh-hant", "en"}, row.code
    for template in CouponTemplate.objects.filter(state="published"):
        assert template.trouble() == "", template.code
    assert {one.code for one in CouponTemplate.objects.all() if one.is_scenario} == {"NIGHT", "RAIN", "TRIP"}


# The cast


def person(number: str) -> Customer:
    return Customer.objects.get(number=number)


def wallet(number: str) -> tuple[int, int]:
    return PointsAccount.objects.filter(customer=person(number)).values_list("available", "pending").get()


@pytest.mark.django_db
def test_mei_has_what_the_pages_show(demo: None) -> None:
    mei, today = person("20418837"), timezone.localdate()
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    lots = PointsLot.objects.filter(record=mei.pk, remaining__gt=0)
    ending = sum(lot.remaining for lot in lots if timezone.localdate(lot.ends_at) <= next_month)

    assert wallet("20418837") == (8_460, 0)
    assert ending == 600
    standing = standing_of(mei)
    assert (standing.level.code, standing.qualifying, standing.missing) == ("gold", 534_000, 186_000)
    assert (standing.membership.until.month, standing.membership.until.day) == (3, 1)
    usable = Coupon.objects.usable().filter(customer=mei).order_by("valid_until")
    assert [coupon.template.code for coupon in usable] == ["MJ80", "SOCK0", "BD10"]
    assert timezone.localdate(usable[0].valid_until) == today + timedelta(days=9)
    assert Event.objects.filter(customer=mei, kind="points.spent").get().details["points"] == -2_900


@pytest.mark.django_db
def test_the_others_have_theirs(demo: None) -> None:
    assert wallet("30077120") == (1_240, 0)
    assert (wallet("20419023")[0], wallet("20419038")[0]) == (1_910, 640)
    assert wallet("20419012")[1] == 288
    assert standing_of(person("20419011")).missing == 9_000
    assert {standing_of(person(number)).level.code for number in ("30419004", "20419005")} == {"black"}
    night = Coupon.objects.filter(customer=person("20419019"), template__code="NIGHT")
    assert (night.count(), night.filter(state="redeemed").count()) == (13, 9)
    gone = Customer.objects.exclude(erased_at=None).get()
    assert PointsEntry.objects.filter(record=gone.pk).exists()


@pytest.mark.django_db
def test_a_second_run_and_fresh_things_leave_the_wallets_alone(demo: None, capsys: Any) -> None:
    before = fingerprint()

    call_command("demo", customers=50)
    cast.freshen(timezone.now() + timedelta(days=1))

    assert "here already" in capsys.readouterr().out
    assert fingerprint() == before


@pytest.mark.django_db
def test_a_longer_load_brings_the_same_wallets(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(progress, "data_folder", lambda: tmp_path)
    monkeypatch.setattr(load, "get_commands", dict)
    end = date(2026, 11, 22)

    def load_many(customers: int) -> dict[str, str]:
        DemoLoad.objects.update(done_at=None)
        load.Load(customers=customers, seed=1, end=end, moment=days.moment_of(end), workers=1).run()
        return fingerprint(upto=60)

    first = load_many(60)

    assert load_many(90) == first


def fingerprint(upto: int = 0) -> dict[str, str]:
    """A digest per table, of all rows or of those of the first people."""
    found = {}
    with connection.cursor() as cursor:
        for table in LOYALTY:
            column = "customer_id" if table.endswith(("account", "membership", "grant")) else "record"
            where = f"where t.{column} >= {load.FIRST_CUSTOMER} and t.{column} < {load.FIRST_CUSTOMER + upto}"
            if table == "loyalty_lotuse":
                where = f"""join loyalty_pointsentry e on e.id = t.entry_id and e.record >= {load.FIRST_CUSTOMER}
                            and e.record < {load.FIRST_CUSTOMER + upto}"""
            cursor.execute(
                "select md5(coalesce(string_agg(x, '|' order by x), '')) from "
                f"(select to_jsonb(t)::text as x from {table} t {where if upto else ''}) rows"
            )
            found[table] = cursor.fetchone()[0]
    return found
