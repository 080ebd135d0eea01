"""What the front line may give: never more than it may, paid once, asked of somebody else when it is more."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone

from conftest import person
from customers.merging import merge
from customers.models import Customer
from customers.privacy.erasing import erase
from loyalty.models import Coupon, OtherPayload, PointsAccount, PointsEntry
from loyalty.proofs import verify
from loyalty.tests.coupon_cast import template
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Region, Role, Store, User
from tickets import goodwill
from tickets.models import Approval, Authority, Compensation, Reason, StoreBudget, Ticket

State = Compensation.State
HANDS = 20


@pytest.fixture
def ticket(mei) -> Ticket:
    return Ticket.open(mei, "Leggings pill", channel="wecom")[0]


@pytest.fixture
def late(db) -> Reason:
    return Reason.objects.get(code="late")


def limits(role: str, kind: str = "points", **sets: Any) -> None:
    Authority.objects.filter(role=role, kind=kind).update(**sets)


def points_of(customer: Customer) -> int:
    return PointsAccount.objects.shown_of(customer).available


def give(ticket: Ticket, amount: int, reason: Reason, *, by: User, key: str, **more: Any) -> Compensation:
    return goodwill.grant(ticket, more.pop("kind", "points"), amount, reason, by=by, key=key, **more)


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Each deed in a thread of its own, all let go at one moment: what each brought, or how it was refused."""
    gate = threading.Barrier(len(deeds))
    done: list[Any] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            gate.wait(30)
            done[place] = deeds[place]()
        except (TransitionRefused, OperationalError, IntegrityError) as refusal:
            done[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    assert not any(isinstance(one, OperationalError | IntegrityError) for one in done), done
    return done


def granted(results: list[Any]) -> int:
    return sum(isinstance(one, Compensation) and one.state == State.GRANTED for one in results)


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


# Above it


@pytest.fixture
def pending(ticket, late, lin, he) -> Compensation:
    return give(ticket, 800, late, by=lin, key="above", words="Two days late")


def test_above_the_limit_waits_for_the_lead_and_pays_nothing(pending, mei, he) -> None:
    question = pending.approvals.get()

    assert (pending.state, points_of(mei), question.asked) == (State.PENDING, 0, he)
    assert question.why[0] == {"horizon": "act", "limit": 500, "would_be": 800}
    assert timedelta(minutes=119) < question.deadline - timezone.now() <= timedelta(hours=2)
    assert not PointsEntry.objects.filter(reason="goodwill").exists()


def test_approved_is_paid_once(pending, mei, he) -> None:
    question = pending.approvals.get()

    goodwill.approve(question, by=he, words="Right")
    with pytest.raises(TransitionRefused):
        goodwill.approve(question, by=he)
    with pytest.raises(TransitionRefused):
        goodwill.decline(question, by=he, words="No")

    assert points_of(mei) == 800


@pytest.mark.django_db(transaction=True)
def test_of_twenty_answers_one_counts(pending, mei, he, own_connections) -> None:
    question = pending.approvals.get()

    results = at_once([
        (lambda: goodwill.approve(question, by=he)) if n % 2 else (lambda: goodwill.decline(question, by=he, words="x"))
        for n in range(HANDS)
    ])  # fmt: skip

    assert sum(isinstance(one, Compensation) for one in results) == 1
    pending.refresh_from_db()
    assert points_of(mei) == (800 if pending.state == State.GRANTED else 0)


@pytest.mark.django_db(transaction=True)
def test_withdrawn_and_approved_at_once_is_one_of_both(pending, mei, lin, he, own_connections) -> None:
    question = pending.approvals.get()

    results = at_once([
        (lambda: goodwill.approve(question, by=he)) if n % 2 else (lambda: goodwill.withdraw(pending, by=lin) or pending)
        for n in range(HANDS)
    ])  # fmt: skip

    assert sum(isinstance(one, Compensation) for one in results) == 1
    pending.refresh_from_db()
    assert (pending.state, points_of(mei)) in ((State.GRANTED, 800), (State.WITHDRAWN, 0))


def test_declined_pays_nothing_and_says_why(pending, mei, he) -> None:
    question = pending.approvals.get()
    with pytest.raises(TransitionRefused):
        goodwill.decline(question, by=he, words=" ")

    goodwill.decline(question, by=he, words="A coupon is enough")

    pending.refresh_from_db()
    assert (pending.state, points_of(mei)) == (State.DECLINED, 0)
    assert StoreBudget.objects.filter(used__gt=0).count() == 0


def test_nobody_decides_on_their_own(ticket, late, he, gu) -> None:
    own = give(ticket, 5_000, late, by=he, key="k")
    question = own.approvals.get()

    assert question.asked == gu
    Approval.objects.filter(pk=question.pk).update(asked=he)
    with pytest.raises(TransitionRefused):
        goodwill.approve(question, by=he)


def test_nobody_approves_above_their_own(pending, he) -> None:
    limits("lead", per_act=700)

    with pytest.raises(TransitionRefused):
        goodwill.approve(pending.approvals.get(), by=he)
    assert pending.approvals.get().decision == ""


def test_nobody_there_to_ask_is_said(ticket, late, lin) -> None:
    with pytest.raises(TransitionRefused):
        give(ticket, 800, late, by=lin, key="k")
    assert not Compensation.objects.exists()


def test_the_substitute_waits_for_the_deadline(ticket, late, lin, he, west_lake, mei) -> None:
    wang = person("siqi.wang", Role.LEAD, store=west_lake)
    question = give(ticket, 800, late, by=lin, key="k").approvals.get()
    assert (question.asked, question.substitute) == (he, wang)

    with pytest.raises(TransitionRefused):
        goodwill.approve(question, by=wang)
    assert goodwill.pass_on() == 0
    Approval.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    assert (goodwill.pass_on(), goodwill.pass_on()) == (1, 0)

    goodwill.approve(question, by=wang)
    assert points_of(mei) == 800


def test_who_is_away_is_asked_last_and_stood_in_for(ticket, late, lin, he, west_lake, mei) -> None:
    wang, today = person("siqi.wang", Role.LEAD, store=west_lake), timezone.localdate()
    question = give(ticket, 800, late, by=lin, key="k1").approvals.get()
    Absence.objects.create(user=he, starts_on=today, ends_on=today)

    assert give(ticket, 801, late, by=lin, key="k2").approvals.get().asked == wang
    goodwill.approve(question, by=wang)
    assert points_of(mei) == 800


def test_a_lead_of_another_region_decides_nothing(pending) -> None:
    north = Store.objects.create(code="N1", region=Region.objects.create(code="north"))
    stranger = person("wei.su", Role.LEAD, store=north)
    Approval.objects.update(deadline=timezone.now() - timedelta(days=1))

    with pytest.raises(TransitionRefused):
        goodwill.approve(pending.approvals.get(), by=stranger)
    assert not Approval.objects.visible_to(stranger).exists()
    assert not Compensation.objects.visible_to(stranger).exists()


def test_a_used_up_budget_stops_an_approval_too(pending, he, west_lake, mei) -> None:
    StoreBudget.objects.create(store=west_lake, limit=100)

    with pytest.raises(TransitionRefused):
        goodwill.approve(pending.approvals.get(), by=he)
    assert points_of(mei) == 0
    assert pending.approvals.get().decision == ""


# Exceptions for the customer


def test_an_exception_is_given_at_once_and_read_later(ticket, late, mei, lin, he) -> None:
    with pytest.raises(TransitionRefused):
        give(ticket, 800, late, by=lin, key="k", exception=True)
    with pytest.raises(TransitionRefused):
        give(ticket, 1_001, late, by=lin, key="k", exception=True, words="Crying child")

    made = give(ticket, 800, late, by=lin, key="k", exception=True, words="Crying child")
    with pytest.raises(TransitionRefused):
        give(ticket, 900, late, by=lin, key="k2", exception=True, words="Again")

    assert (made.state, made.is_exception, points_of(mei)) == (State.GRANTED, True, 800)
    goodwill.review(made, "not_again", by=he, words="Ask me next time")
    with pytest.raises(TransitionRefused):
        goodwill.review(made, "fine", by=he)
    with pytest.raises(TransitionRefused):
        goodwill.take_back(made, by=he)
    assert points_of(mei) == 800


@pytest.mark.django_db(transaction=True)
def test_twenty_exceptions_at_once_are_one(ticket, late, mei, lin, own_connections) -> None:
    results = at_once([
        lambda n=n: give(ticket, 600, late, by=lin, key=f"k{n}", exception=True, words="x") for n in range(HANDS)
    ])  # fmt: skip

    assert (granted(results), points_of(mei)) == (1, 600)


def test_nobody_reviews_their_own(ticket, late, he, lin) -> None:
    limits("lead", exception_max=9_000)
    made = give(ticket, 5_000, late, by=he, key="k", exception=True, words="x")

    for user in (he, lin):
        with pytest.raises(TransitionRefused):
            goodwill.review(made, "fine", by=user)


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


# Forgotten


def test_a_forgotten_person_gets_nothing_and_leaves_no_words(pending, ticket, late, mei, lin, he) -> None:
    question = pending.approvals.get()
    erase(mei, by=None)

    with pytest.raises(TransitionRefused):
        goodwill.approve(question, by=he)
    with pytest.raises(TransitionRefused):
        give(ticket, 10, late, by=lin, key="k")
    pending.refresh_from_db()
    assert (pending.state, pending.words) == (State.WITHDRAWN, "")
    assert not Approval.objects.open().exists()


def test_a_closed_case_gives_nothing(ticket, late, lin) -> None:
    ticket.resolve(by=lin)
    ticket.close()

    with pytest.raises(TransitionRefused):
        give(ticket, 10, late, by=lin, key="k")
