"""More than one may give: asked of somebody else, decided once, passed on in time; exceptions are read later."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import person
from customers.models import Customer
from customers.privacy import erase
from loyalty.models import PointsEntry
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Region, Role, Store
from tickets import goodwill
from tickets.models import Approval, Compensation, Reason, StoreBudget, Ticket
from tickets.tests.goodwill_cast import HANDS, State, at_once, give, granted, limits, points_of


@pytest.fixture
def ticket(mei) -> Ticket:
    return Ticket.open(mei, "Leggings pill", channel="wecom")[0]


@pytest.fixture
def late(db) -> Reason:
    return Reason.objects.get(code="late")


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


def test_less_than_asked_may_be_approved_and_both_stand(pending, mei, he) -> None:
    question = pending.approvals.get()

    for amount in (801, 0, -5):
        with pytest.raises(TransitionRefused, match="800"):
            goodwill.approve(question, by=he, amount=amount)
    assert points_of(mei) == 0
    made = goodwill.approve(question, by=he, amount=600, words="Half is right")

    question.refresh_from_db()
    assert (points_of(mei), made.amount, question.asked_for) == (600, 600, 800)
    assert made.value_minor == goodwill.Programme.objects.main().worth(600)


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


@pytest.mark.django_db(transaction=True)
def test_exceptions_in_many_cases_at_once_stay_within_a_days_ceiling(late, lin, west_lake, own_connections) -> None:
    limits("agent", per_act=0, exception_max=1_000)
    cases = [Ticket.open(Customer.objects.create(number=f"C{n}", home_store=west_lake), "x")[0] for n in range(HANDS)]

    results = at_once([
        lambda n=n: give(cases[n], 300, late, by=lin, key=f"k{n}", exception=True, words="x") for n in range(HANDS)
    ])  # fmt: skip

    assert granted(results) == 3


def test_nobody_reviews_their_own(ticket, late, he, lin) -> None:
    limits("lead", exception_max=9_000)
    made = give(ticket, 5_000, late, by=he, key="k", exception=True, words="x")

    for user in (he, lin):
        with pytest.raises(TransitionRefused):
            goodwill.review(made, "fine", by=user)


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
