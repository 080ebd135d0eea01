"""What the front line may give: never more than it may, paid once, and taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from conftest import person
from customers.merging import merge
from customers.models import Customer
from loyalty.models import Coupon, OtherPayload, PointsEntry
from loyalty.proofs import verify
from loyalty.tests.coupon_cast import template
from scrm.kernel.refusals import TransitionRefused
from staff.models import Role
from tickets import goodwill
from tickets.models import Authority, Compensation, Reason, ServiceTerms, StoreBudget, Ticket
from tickets.tests.goodwill_cast import HANDS, State, at_once, give, granted, limits, points_of


@pytest.fixture
def ticket(mei) -> Ticket:
    return Ticket.open(mei, "Leggings pill", channel="wecom")[0]


@pytest.fixture
def late(db) -> Reason:
    return Reason.objects.get(code="late")


# Within one's authority


def test_points_lie_in_the_ledger_at_once(ticket, late, mei, lin) -> None:
    made = give(ticket, 300, late, by=lin, key="k")

    assert (made.state, points_of(mei), made.value_minor) == (State.GRANTED, 300, 300)
    assert PointsEntry.objects.get(key=f"compensation:{made.pk}").reason == "goodwill"
    assert StoreBudget.objects.get(store=ticket.store, month__isnull=False).used == 300
    assert mei.events.filter(kind="goodwill.granted", details__case=ticket.number).count() == 1
    assert verify().findings == []


def test_a_coupon_costs_what_it_costs(ticket, late, mei, ke) -> None:
    dessert = template("DESSERT", kind="gift", group="gift", amount=0, cost=2800, per_customer=5)
    Reason.objects.filter(pk=late.pk).update(coupons=["DESSERT"])
    late.refresh_from_db()

    made = give(ticket, 0, late, by=ke, key="k", kind="coupon", template=dessert)

    assert (made.amount, made.value_minor) == (2800, 2800)
    assert Coupon.objects.get(pk=made.coupon_id).customer == mei


def test_a_coupon_nobody_priced_or_listed_is_not_given(ticket, late, ke) -> None:
    free, other = template("FREE", kind="delivery", group="delivery", amount=0), template("OTHER", amount=1000)
    Reason.objects.filter(pk=late.pk).update(coupons=["FREE"])
    late.refresh_from_db()

    for coupon in (free, other):
        with pytest.raises(TransitionRefused):
            give(ticket, 0, late, by=ke, key=coupon.code, kind="coupon", template=coupon)
    assert not Compensation.objects.exists()


def test_no_row_gives_nothing(ticket, late, lin) -> None:
    Authority.objects.filter(role="agent").delete()

    with pytest.raises(TransitionRefused):
        give(ticket, 1, late, by=lin, key="k")


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_and_less_are_refused(ticket, late, lin, amount) -> None:
    for kind in ("points", "money"):
        with pytest.raises(TransitionRefused):
            give(ticket, amount, late, by=lin, key="k", kind=kind)


def test_the_most_particular_row_counts(ticket, late, lin, mei) -> None:
    Authority.objects.create(role="agent", kind="points", grade="gold", per_act=700)
    Authority.objects.create(role="agent", kind="points", reason=late, per_act=900)
    Authority.objects.create(role="agent", kind="points", reason=late, grade="gold", per_act=100)

    of = Authority.objects.of
    assert of(lin, "points", grade="silver").per_act == 500
    assert of(lin, "points", grade="gold").per_act == 700
    assert of(lin, "points", reason=late, grade="silver").per_act == 900
    assert of(lin, "points", reason=late, grade="gold").per_act == 100


def test_an_auditor_gives_nothing(ticket, late, lu) -> None:
    Authority.objects.create(role="auditor", kind="points", per_act=500)

    with pytest.raises(TransitionRefused):
        give(ticket, 10, late, by=lu, key="k")


# Once


def test_a_double_click_pays_once_and_another_content_is_refused(ticket, late, mei, lin) -> None:
    first, second = (give(ticket, 300, late, by=lin, key="same") for _click in range(2))

    assert first.pk == second.pk
    with pytest.raises(OtherPayload):
        give(ticket, 400, late, by=lin, key="same")
    assert points_of(mei) == 300


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_of_one_key_pay_once(ticket, late, mei, lin, own_connections) -> None:
    results = at_once([lambda: give(ticket, 100, late, by=lin, key="same") for _n in range(HANDS)])

    assert len({one.pk for one in results}) == 1
    assert points_of(mei) == 100


def test_a_package_allows_points_on_top_while_it_runs(ticket, late, mei, lin) -> None:
    limits("agent", per_act=500, per_case=None, per_day=None, per_customer=None)
    now = timezone.now()
    for value, starts, ends in ((200, -30, None), (1000, -30, -1), (1000, 1, None)):
        ServiceTerms.objects.create(
            customer=mei, term="authority", value=value, source="Core", starts_at=now + timedelta(days=starts),
            ends_at=None if ends is None else now + timedelta(days=ends),
        )  # fmt: skip

    with pytest.raises(goodwill.AboveAuthority):
        give(ticket, 701, late, by=lin, key="much", ask=False)
    assert give(ticket, 700, late, by=lin, key="k").state == State.GRANTED
    with pytest.raises(goodwill.AboveAuthority):
        give(ticket, 60_000, late, by=lin, key="money", kind="money", ask=False)


# Never more than the limits


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_stay_within_a_case(ticket, late, mei, he, own_connections) -> None:
    limits("agent", per_act=100, per_case=800, per_day=None, per_customer=None)
    team = person("agent", Role.AGENT, store=ticket.store)

    results = at_once([
        lambda n=n: give(ticket, 100, late, by=team, key=f"k{n}", ask=False) for n in range(HANDS)
    ])  # fmt: skip

    assert (granted(results), points_of(mei)) == (8, 800)


@pytest.mark.django_db(transaction=True)
def test_twenty_customers_at_once_stay_within_a_givers_day(late, lin, west_lake, own_connections) -> None:
    limits("agent", per_act=100, per_case=None, per_day=700, per_customer=None)
    cases = [Ticket.open(Customer.objects.create(number=f"C{n}", home_store=west_lake), "x")[0] for n in range(HANDS)]

    results = at_once([
        lambda n=n: give(cases[n], 100, late, by=lin, key=f"k{n}", ask=False) for n in range(HANDS)
    ])  # fmt: skip

    assert granted(results) == 7
    assert PointsEntry.objects.filter(reason="goodwill").count() == 7


@pytest.mark.django_db(transaction=True)
def test_twenty_givers_at_once_stay_within_a_customers_90_days(late, mei, west_lake, own_connections) -> None:
    limits("agent", per_act=100, per_case=None, per_day=None, per_customer=500)
    givers = [person(f"agent{n}", Role.AGENT, store=west_lake) for n in range(HANDS)]
    cases = [Ticket.open(mei, f"Matter {n}")[0] for n in range(HANDS)]

    results = at_once([
        lambda n=n: give(cases[n], 100, late, by=givers[n], key="k", ask=False) for n in range(HANDS)
    ])  # fmt: skip

    assert (granted(results), points_of(mei)) == (5, 500)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_stay_within_a_stores_budget(late, west_lake, own_connections) -> None:
    StoreBudget.objects.create(store=west_lake, limit=1_000)
    limits("agent", "money", per_act=300, per_case=None, per_day=None, per_customer=None)
    givers = [person(f"agent{n}", Role.AGENT, store=west_lake) for n in range(HANDS)]
    cases = [Ticket.open(Customer.objects.create(number=f"C{n}", home_store=west_lake), "x")[0] for n in range(HANDS)]

    results = at_once([
        lambda n=n: give(cases[n], 300, late, by=givers[n], key="k", kind="money") for n in range(HANDS)
    ])  # fmt: skip

    assert granted(results) == 3
    assert StoreBudget.objects.get(store=west_lake, month__isnull=False).used == 900


def test_what_is_older_than_90_days_counts_no_more(ticket, late, lin) -> None:
    limits("agent", per_act=500, per_case=None, per_day=None, per_customer=500)
    made = give(ticket, 500, late, by=lin, key="k1")
    with pytest.raises(goodwill.AboveAuthority):
        give(ticket, 1, late, by=lin, key="k2", ask=False)

    Compensation.objects.filter(pk=made.pk).update(given_at=timezone.now() - timedelta(days=91))

    assert give(ticket, 500, late, by=lin, key="k3").state == State.GRANTED


def test_two_records_of_one_person_count_together(ticket, late, mei, lin, west_lake) -> None:
    limits("agent", per_act=500, per_case=None, per_day=None, per_customer=700)
    twin = Customer.objects.create(number="TWIN", home_store=west_lake, display_name="梅")
    give(Ticket.open(twin, "Other matter")[0], 500, late, by=lin, key="k1")
    merge(mei, twin, by=None, reason="same")

    with pytest.raises(goodwill.AboveAuthority):
        give(Ticket.objects.get(pk=ticket.pk), 300, late, by=lin, key="k2", ask=False)

    made = give(Ticket.objects.get(pk=ticket.pk), 200, late, by=lin, key="k3", ask=False)
    assert (made.customer, points_of(mei)) == (mei, 700)
    assert verify().findings == []


def test_the_day_is_the_brands_whatever_zone_the_giver_chose(ticket, late, lin) -> None:
    limits("agent", per_act=500, per_case=None, per_day=500, per_customer=None)
    give(ticket, 500, late, by=lin, key="k1")

    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with timezone.override(zone), pytest.raises(goodwill.AboveAuthority):
            give(ticket, 1, late, by=lin, key=zone, ask=False)


def test_the_database_holds_what_the_verbs_promise(ticket, late, lin) -> None:
    made = give(ticket, 100, late, by=lin, key="k")
    row = Compensation.objects.filter(pk=made.pk)

    for wrong in ({"amount": 0}, {"entry": None}, {"given_at": None}, {"verdict": "fine"}, {"kind": "coupon"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoreBudget.objects.filter(month__isnull=False).update(used=10**9)


# Taken back


def test_the_giver_takes_back_within_five_minutes_and_the_lead_later(ticket, late, mei, lin, he, zhao) -> None:
    made = give(ticket, 300, late, by=lin, key="k")
    Compensation.objects.update(given_at=timezone.now() - timedelta(minutes=6))

    for user in (lin, zhao):
        with pytest.raises(TransitionRefused):
            goodwill.take_back(made, by=user)
    goodwill.take_back(made, by=he)
    with pytest.raises(TransitionRefused):
        goodwill.take_back(made, by=he)

    assert points_of(mei) == 0
    assert StoreBudget.objects.get(month__isnull=False).used == 0
    assert mei.events.filter(kind="goodwill.taken_back").count() == 1
    assert give(ticket, 500, late, by=lin, key="k2").state == State.GRANTED
    assert verify().findings == []


def test_a_used_coupon_stays_given(ticket, late, ke) -> None:
    coupon = template("TEN", amount=1000, per_customer=5)
    Reason.objects.filter(pk=late.pk).update(coupons=["TEN"])
    late.refresh_from_db()
    made = give(ticket, 0, late, by=ke, key="k", kind="coupon", template=coupon)
    again = give(ticket, 0, late, by=ke, key="k2", kind="coupon", template=coupon)
    Coupon.objects.filter(pk=made.coupon_id).update(state="expired")

    with pytest.raises(TransitionRefused):
        goodwill.take_back(made, by=ke)
    goodwill.take_back(again, by=ke)

    assert Coupon.objects.get(pk=again.coupon_id).state == "cancelled"
    made.refresh_from_db()
    assert made.state == State.GRANTED


def test_points_taken_back_after_a_merge_come_from_whoever_holds_them(ticket, late, mei, lin, west_lake) -> None:
    whole = Customer.objects.create(number="WHOLE", home_store=west_lake, display_name="梅")
    made = give(ticket, 300, late, by=lin, key="k")
    merge(whole, mei, by=None, reason="same")

    goodwill.take_back(Compensation.objects.get(pk=made.pk), by=lin)

    assert points_of(whole) == 0
    assert verify().findings == []


# Closed


def test_a_closed_case_gives_nothing(ticket, late, lin) -> None:
    ticket.resolve(by=lin)
    ticket.close()

    with pytest.raises(TransitionRefused):
        give(ticket, 10, late, by=lin, key="k")
