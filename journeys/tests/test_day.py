"""An advisor's day: who stands on the list and why, what becomes of a line, who is left in peace."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import person
from customers.models import Consent, Customer, Event, Metrics, Preference, Task
from journeys.care import day_of
from journeys.models import CareMark, HealthWord, OpenInterest
from journeys.models.care import Reason
from scrm.kernel.refusals import TransitionRefused
from staff.models import Role
from tickets.models import Ticket
from touchpoints.models import Visit

HTMX = {"HX-Request": "true"}


def agrees(customer: Customer) -> Customer:
    Consent.objects.create(customer=customer, purpose="marketing", channel="wecom", given=True, origin="staff")
    return customer


def bought(customer: Customer, *, last: int, rhythm: int = 20, days: int = 5) -> Customer:
    """Bought on `days` days, every `rhythm` days, the last time `last` days ago."""
    today = timezone.localdate()
    Metrics.objects.create(
        customer=customer, first_on=today - timedelta(days=last + rhythm * (days - 1)),
        last_on=today - timedelta(days=last), orders=days, days=days, spent=100_000, r=3, f=3, m=3, r_cut=3, f_cut=3,
        m_cut=3, lifecycle="mature", as_of=today,
    )  # fmt: skip
    return customer


@pytest.fixture
def client_of_hers(ruoan, west_lake) -> Customer:
    return agrees(Customer.objects.create(number="C-1", display_name="高博文", home_store=west_lake, advisor=ruoan))


def lines(user) -> list[tuple[str, str]]:
    return [(line.customer.number, line.reason.value) for line in day_of(user).lines]


# Who stands on it


def test_nobody_without_a_reason(ruoan, client_of_hers) -> None:
    assert lines(ruoan) == []
    assert day_of(ruoan).clients == 1


def test_longer_away_than_usual_with_the_numbers(ruoan, client_of_hers) -> None:
    bought(client_of_hers, last=44, rhythm=31)

    [line] = day_of(ruoan).lines

    assert line.reason == Reason.OVERDUE
    assert "31" in line.why
    assert "44" in line.why
    assert line.weight == round(20 * (44 - 31) / 31)


@pytest.mark.parametrize(("last", "rhythm"), [(19, 20), (20, 20), (180, 20), (13, 5), (14, 5)])
def test_within_the_rhythm_or_long_gone_is_no_reason(ruoan, client_of_hers, last: int, rhythm: int) -> None:
    bought(client_of_hers, last=last, rhythm=rhythm)

    assert lines(ruoan) == []


@pytest.mark.parametrize(("ahead", "there"), [(0, True), (1, True), (5, True), (6, False), (-1, False)])
def test_a_birthday_is_seen_five_days_before(ruoan, client_of_hers, ahead: int, there: bool) -> None:
    day = timezone.localdate() + timedelta(days=ahead)
    Customer.objects.filter(pk=client_of_hers.pk).update(birth_month=day.month, birth_day=day.day)

    assert (lines(ruoan) == [("C-1", "birthday")]) == there


def test_a_leap_day_is_kept_on_the_28th_in_other_years() -> None:
    from journeys.care import _until_birthday

    born = Customer(birth_month=2, birth_day=29)

    assert _until_birthday(born, date(2027, 2, 27)) == 1
    assert _until_birthday(born, date(2028, 2, 27)) == 2


def test_in_a_store_now(ruoan, client_of_hers, west_lake) -> None:
    visit = Visit.objects.create(customer=client_of_hers, store=west_lake)

    assert lines(ruoan) == [("C-1", "in_store")]
    assert day_of(ruoan).seen == 1
    Visit.objects.filter(pk=visit.pk).update(left_at=timezone.now())
    assert lines(ruoan) == []


def test_promises_come_first_and_each_stands_alone(ruoan, client_of_hers, west_lake) -> None:
    Visit.objects.create(customer=client_of_hers, store=west_lake)
    Task.plan(client_of_hers, "Send three looks", by=ruoan, owner=ruoan, due_on=timezone.localdate())
    case, _new = Ticket.open(client_of_hers, "Zip broke")
    Ticket.objects.filter(pk=case.pk).update(owner=ruoan, next_due_at=timezone.now())  # also late in the evening

    found = day_of(ruoan).lines

    assert [(line.reason.value, line.what) for line in found] == [
        ("promised", "Zip broke"), ("promised", "Send three looks"),
    ]  # fmt: skip
    assert [other.reason for line in found for other in line.also] == [Reason.IN_STORE], "said beside it, once"


def test_a_worry_of_last_week_and_a_service_a_week_ago(ruoan, client_of_hers, west_lake) -> None:
    HealthWord.say(client_of_hers, "cooling", by=ruoan, why="Short answers")
    other = Customer.objects.create(number="C-2", home_store=west_lake, advisor=ruoan)
    case, _new = Ticket.open(other, "Bag mended")
    Ticket.objects.filter(pk=case.pk).update(state="closed", resolved_at=timezone.now() - timedelta(days=7))

    assert lines(ruoan) == [("C-1", "cooling"), ("C-2", "follow_up")]
    assert "Short answers" in day_of(ruoan).lines[0].why


def test_an_interest_on_its_day(ruoan, client_of_hers) -> None:
    one = OpenInterest.begin(client_of_hers, "Running shoes", by=ruoan, next_step="Let her try size 38",
                             next_on=timezone.localdate())  # fmt: skip

    assert lines(ruoan) == [("C-1", "interest")]
    one.lose(by=ruoan, why="Too narrow")
    assert lines(ruoan) == []


def test_only_ones_own_clients(ruoan, zhao, client_of_hers, west_lake, jingan) -> None:
    bought(client_of_hers, last=44)
    other = person("bo.an", Role.ADVISOR, store=jingan)

    assert lines(other) == []
    Customer.objects.filter(pk=client_of_hers.pk).update(erased_at=timezone.now())
    assert lines(ruoan) == []


# Who is left in peace


def test_who_never_agreed_is_named_and_not_listed(ruoan, client_of_hers) -> None:
    bought(client_of_hers, last=44)
    Consent.objects.create(customer=client_of_hers, purpose="marketing", channel="wecom", given=False, origin="staff")

    day = day_of(ruoan)

    assert day.lines == []
    assert [(one.customer.number, one.why) for one in day.quiet] == [("C-1", "没同意主动联系")]


def test_a_pause_holds_back_what_we_begin_and_not_what_we_promised(ruoan, client_of_hers) -> None:
    bought(client_of_hers, last=44)
    Preference.say(client_of_hers, paused_until=timezone.now() + timedelta(days=3))

    assert lines(ruoan) == []
    assert "不打扰" in day_of(ruoan).quiet[0].why
    Task.plan(client_of_hers, "Send three looks", by=ruoan, owner=ruoan, due_on=timezone.localdate())
    assert lines(ruoan) == [("C-1", "promised")]


# What becomes of a line


def test_done_stays_grey_today_and_rests_its_days(ruoan, client_of_hers) -> None:
    bought(client_of_hers, last=44)
    mark = CareMark.finish(client_of_hers, "overdue", by=ruoan, outcome="Comes on Saturday")

    [line] = day_of(ruoan).lines
    assert line.is_done
    assert day_of(ruoan).done == 1
    assert Event.objects.filter(customer=client_of_hers, kind="care.done").exists()
    CareMark.objects.filter(pk=mark.pk).update(day=timezone.localdate() - timedelta(days=3))
    assert lines(ruoan) == [], "it rests"
    CareMark.objects.filter(pk=mark.pk).update(until=timezone.localdate())
    assert lines(ruoan) == [("C-1", "overdue")], "and comes back"


def test_done_twice_is_refused_also_by_the_database(ruoan, client_of_hers) -> None:
    CareMark.finish(client_of_hers, "birthday", by=ruoan)

    with pytest.raises(TransitionRefused):
        CareMark.finish(client_of_hers, "birthday", by=ruoan)
    with pytest.raises(IntegrityError), transaction.atomic():
        CareMark.objects.create(customer=client_of_hers, reason="birthday", day=timezone.localdate(), did="done",
                                until=timezone.localdate(), by=ruoan)  # fmt: skip


def test_put_off_comes_back_on_its_day(ruoan, client_of_hers) -> None:
    bought(client_of_hers, last=44)
    tomorrow = timezone.localdate() + timedelta(days=1)
    mark = CareMark.put_off(client_of_hers, "overdue", by=ruoan, until=tomorrow)

    assert day_of(ruoan).open == []
    CareMark.objects.filter(pk=mark.pk).update(day=timezone.localdate() - timedelta(days=1), until=timezone.localdate())
    assert [line.is_done for line in day_of(ruoan).lines] == [False]


@pytest.mark.parametrize("days", [0, -1, 61])
def test_put_off_to_a_day_that_is_not_ahead_is_refused(ruoan, client_of_hers, days: int) -> None:
    with pytest.raises(TransitionRefused):
        CareMark.put_off(client_of_hers, "overdue", by=ruoan, until=timezone.localdate() + timedelta(days=days))


def test_a_slip_is_taken_back_by_who_made_it_within_ten_minutes(ruoan, he, client_of_hers) -> None:
    mark = CareMark.finish(client_of_hers, "birthday", by=ruoan)

    with pytest.raises(TransitionRefused):
        mark.take_back(by=he)
    CareMark.objects.filter(pk=mark.pk).update(at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        mark.take_back(by=ruoan)
    CareMark.objects.filter(pk=mark.pk).update(at=timezone.now())
    mark.take_back(by=ruoan)
    assert not CareMark.objects.exists()


# The pages


def test_a_step_is_finished_by_its_own_verb(client, ruoan, client_of_hers) -> None:
    task = Task.plan(client_of_hers, "Send three looks", by=ruoan, owner=ruoan, due_on=timezone.localdate())
    client.force_login(ruoan)

    said = {"reason": "promised", "did": "done", "said": "She chose the second", "task": str(task.pk)}
    answer = client.post(reverse("journeys:care", args=["C-1"]), said, headers=HTMX)

    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "stale-day"
    task.refresh_from_db()
    assert (task.state, task.outcome) == ("done", "She chose the second")


def test_a_step_of_another_customer_is_refused(client, ruoan, client_of_hers, jingan, zhao) -> None:
    other = Customer.objects.create(number="C-9", home_store=jingan)
    theirs = Task.plan(other, "Call", by=zhao, owner=zhao, due_on=timezone.localdate())
    client.force_login(ruoan)

    answer = client.post(reverse("journeys:care", args=["C-1"]), {"reason": "promised", "did": "done",
                                                                  "task": str(theirs.pk)})  # fmt: skip

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "open"


@pytest.mark.parametrize("said", [
    {}, {"reason": "nothing", "did": "done"}, {"reason": "birthday", "did": "fly"}, {"reason": "birthday", "did": "later"},
    {"reason": "birthday", "did": "later", "until": "2020-01-01"}, {"reason": "birthday", "did": "not", "said": "  "},
    {"reason": "birthday", "did": "done", "task": "' OR 1=1"}, {"reason": "birthday", "did": "done", "said": "x" * 301},
])  # fmt: skip
def test_what_nobody_offered_is_refused_with_a_sentence(client, ruoan, client_of_hers, said) -> None:
    client.force_login(ruoan)

    answer = client.post(reverse("journeys:care", args=["C-1"]), said, headers=HTMX)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not CareMark.objects.exists()


def test_another_stores_advisor_finds_nothing(client, client_of_hers, jingan) -> None:
    client.force_login(person("bo.an", Role.ADVISOR, store=jingan))

    assert client.get(reverse("journeys:client", args=["C-1"])).status_code == 404
    assert "高博文" not in client.get("/clients/").content.decode()


def _cost(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_day_costs_the_same_however_many_clients(client, ruoan, client_of_hers, west_lake) -> None:
    bought(client_of_hers, last=44)
    client.force_login(ruoan)
    one = _cost(client, "/clients/")
    for place in range(30):
        made = agrees(Customer.objects.create(number=f"M-{place}", home_store=west_lake, advisor=ruoan))
        bought(made, last=30 + place)
        OpenInterest.begin(made, "Shoes", by=ruoan, next_on=timezone.localdate())
        Task.plan(made, "Call", by=ruoan, owner=ruoan, due_on=timezone.localdate())
        Visit.objects.create(customer=made, store=west_lake)

    assert one <= 14
    assert _cost(client, "/clients/") <= 14
    assert _cost(client, "/clients/M-3/?reason=overdue") <= 14
    assert _cost(client, "/clients/interests/") <= 12
