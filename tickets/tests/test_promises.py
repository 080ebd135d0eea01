"""What we said we would do by when: set by terms or rule, paused, met, told of in time and once."""

from datetime import datetime, time, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.models import Level, LevelMembership, Programme
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Calendar, CalendarHours, Role
from tickets import promises
from tickets.models import Metric, Notice, PromiseClock, PromiseTarget, Rung, ServiceTerms, State, Ticket, Topic

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def desk(db) -> Calendar:
    made = Calendar.objects.create(code="desk", name=words("客服", "客服", "Desk"))
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=made, weekday=day, opens=time(9), closes=time(17)) for day in range(5)
    )
    PromiseTarget.objects.update(calendar=made)
    return made


@pytest.fixture
def ticket(mei, desk) -> Ticket:
    """Opened on a Thursday at ten: first answer within one hour, the end within 48 hours of work."""
    return Ticket.open(mei, "Leggings pill", channel="wecom", at=at("2026-11-26 10:00"))[0]


def clock(ticket: Ticket, metric: str = "end") -> PromiseClock:
    return ticket.clocks.filter(metric=metric).latest("cycle")


# Set


def test_a_promise_counts_hours_of_work(ticket, mei) -> None:
    assert clock(ticket, "first").due_at == at("2026-11-26 11:00")
    friday, _new = Ticket.open(mei, "Late", at=at("2026-11-27 16:30"))
    assert clock(friday, "first").due_at == at("2026-11-30 09:30")


def test_a_visit_is_promised_by_hand_once_and_kept_when_somebody_is_there(ticket, mei, desk) -> None:
    PromiseTarget.objects.filter(metric=Metric.ONSITE).delete()
    with pytest.raises(TransitionRefused, match="规则"):
        promises.promise_visit(ticket)
    ServiceTerms.objects.create(
        customer=mei, term="onsite", value=240, calendar=desk, source="Core", starts_at=at("2026-01-01 00:00")
    )

    made = promises.promise_visit(ticket, at=at("2026-11-26 15:00"))
    with pytest.raises(TransitionRefused):
        promises.promise_visit(ticket)

    assert (made.due_at, made.because["by"]) == (at("2026-11-27 11:00"), "package")
    ticket.refresh_from_db()
    promises.arrived(ticket, at=at("2026-11-27 10:59"))
    made.refresh_from_db()
    assert made.was_kept
    with pytest.raises(TransitionRefused):
        promises.arrived(ticket)


def test_the_most_particular_rule_counts(mei, desk) -> None:
    fault = Topic.objects.get(code="fault")
    programme = Programme.objects.create(code="p", name=words("会", "會", "Club"))
    gold = Level.objects.create(programme=programme, code="gold", rank=2, name=words("金", "金", "Gold"))
    LevelMembership.objects.create(
        customer=mei, programme=programme, level=gold, rank=2, origin="reached", since=timezone.localdate()
    )
    for minutes, topic, grade in ((40, fault, ""), (30, None, "gold"), (20, fault, "gold"), (10, fault, "black")):
        PromiseTarget.objects.create(metric="first", minutes=minutes, topic=topic, grade=grade, calendar=desk)

    found = {}
    for name, topic in (("fault", fault), ("none", None)):
        case, _new = Ticket.open(mei, "Something", topic=topic)
        found[name] = clock(case, "first")

    assert [found["fault"].target, found["none"].target] == [20 * 60, 30 * 60]
    assert found["fault"].because["grade"] == "gold"


def test_a_service_package_goes_before_the_rule_and_is_frozen(mei, desk) -> None:
    terms = ServiceTerms.objects.create(
        customer=mei, term="first", value=15, source="package:core 3", calendar=desk, starts_at=at("2026-11-01 00:00")
    )
    case, _new = Ticket.open(mei, "Machine stops", at=at("2026-11-26 10:00"))
    terms.value = 5
    terms.save()
    PromiseTarget.objects.update(minutes=1)

    held = clock(case, "first")

    assert (held.target, held.because) == (900, {"by": "package", "source": "package:core 3", "terms": terms.pk})
    assert held.due_at == at("2026-11-26 10:15")


def test_terms_that_ended_promise_nothing(mei, desk) -> None:
    ServiceTerms.objects.create(
        customer=mei, term="first", value=15, source="old", starts_at=at("2026-01-01 00:00"),
        ends_at=at("2026-06-01 00:00"),
    )  # fmt: skip
    case, _new = Ticket.open(mei, "Machine stops")
    assert clock(case, "first").because["by"] == "rule"


# Paused, met, begun anew


def test_waiting_for_the_customer_pauses_the_end_and_not_the_answer(ticket, lin) -> None:
    due = clock(ticket).due_at
    ticket.answer("Which size?", by=lin, channel="wecom", at=at("2026-11-26 10:30"))
    ticket._set(state=State.WAITING)
    promises.moved(ticket, at=at("2026-11-26 11:00"))
    assert clock(ticket).paused_at == at("2026-11-26 11:00")
    assert ticket.next_due_at is None

    ticket.hear("S", channel="wecom", at=at("2026-11-27 11:00"), source="t", source_ref="1")

    held = clock(ticket)
    assert held.paused_at is None
    assert (held.due_at - due) == timedelta(days=3)  # eight hours of work later: a weekend lies between
    assert clock(ticket, "next").due_at == at("2026-11-27 13:00")


def test_two_pauses_of_one_promise_both_count(ticket, lin) -> None:
    for start, end in (("2026-11-26 11:00", "2026-11-26 12:00"), ("2026-11-26 13:00", "2026-11-26 15:00")):
        ticket._set(state=State.HELD)
        promises.moved(ticket, at=at(start), why="quote")
        ticket._set(state=State.OPEN)
        promises.moved(ticket, at=at(end))

    held = clock(ticket)

    assert held.worked(at("2026-11-26 17:00"), promises.spans(held)) == 4 * 3600
    assert list(held.pauses.values_list("why", flat=True)) == ["quote", "quote"]


def test_an_answer_keeps_it_and_a_late_one_misses_it(ticket, mei, lin) -> None:
    ticket.answer("Soon", by=lin, channel="wecom", at=at("2026-11-26 10:59"))
    other, _new = Ticket.open(mei, "Other", at=at("2026-11-26 10:00"))
    other.answer("Soon", by=lin, channel="wecom", at=at("2026-11-26 11:01"))

    assert clock(ticket, "first").was_kept is True
    assert clock(other, "first").was_kept is False
    assert clock(other, "first").missed_at == at("2026-11-26 11:00")


def test_the_clock_of_the_next_answer_stops_when_the_case_is_done(ticket, lin) -> None:
    ticket.answer("Soon", by=lin, channel="wecom")
    ticket.hear("And?", channel="wecom", at=timezone.now(), source="t", source_ref="1")
    assert clock(ticket, "next").is_open

    ticket.resolve(by=lin)

    assert not promises.open_clocks(ticket).exists()
    assert ticket.next_due_at is None


def test_three_words_in_a_row_are_one_promise_of_an_answer(ticket, lin) -> None:
    ticket.answer("Soon", by=lin, channel="wecom")
    for number in range(3):
        ticket.hear("And?", channel="wecom", at=timezone.now(), source="t", source_ref=str(number))
    assert ticket.clocks.filter(metric="next").count() == 1
    ticket.answer("Now", by=lin, channel="wecom")
    ticket.hear("And?", channel="wecom", at=timezone.now(), source="t", source_ref="9")

    assert list(ticket.clocks.filter(metric="next").order_by("cycle").values_list("cycle", flat=True)) == [1, 2]


def test_ones_own_word_is_kept_by_the_next_answer(ticket, lin) -> None:
    promises.promise(ticket, "A word by three", timezone.now() + timedelta(minutes=38), by=lin)

    ticket.answer("Here it is", by=lin, channel="wecom")

    assert clock(ticket, Metric.OWN).was_kept is True


def test_a_calendar_without_hours_counts_every_hour_and_says_so(mei) -> None:
    empty = Calendar.objects.create(code="empty", name=words("空", "空", "Empty"))
    PromiseTarget.objects.filter(metric="first").update(calendar=empty)

    case, _new = Ticket.open(mei, "Something", at=at("2026-11-28 10:00"))

    assert clock(case, "first").due_at == at("2026-11-28 11:00")
    assert clock(case, "first").because["calendar"] == "empty"


def test_changed_hours_move_open_promises_only(ticket, mei, lin, desk) -> None:
    met, _new = Ticket.open(mei, "Met", at=at("2026-11-26 16:30"))
    met.resolve(by=lin)
    open_one, _new = Ticket.open(mei, "Open", at=at("2026-11-26 16:30"))
    before = clock(met, "first").due_at
    desk.hours.update(closes=time(21))

    promises.replan(Calendar.objects.get(pk=desk.pk))

    assert clock(open_one, "first").due_at == at("2026-11-26 17:30")
    assert clock(met, "first").due_at == before


# Told in time


@pytest.fixture
def led(ticket, lin, he) -> Ticket:
    ticket.assign(lin, by=he)
    Ticket.objects.filter(pk=ticket.pk).update(team=None)
    return Ticket.objects.get(pk=ticket.pk)


def test_the_ladder_owner_then_lead_then_head_office(led, lin, he, gu) -> None:
    promises.remind(now=at("2026-11-26 10:44"))
    assert not Notice.objects.filter(kind="promise").exists()
    promises.remind(now=at("2026-11-26 10:46"))
    assert list(Notice.objects.filter(kind="promise").values_list("to__username", "percent")) == [("shu.lin", 75)]
    promises.remind(now=at("2026-11-26 11:01"))
    assert set(Notice.objects.filter(kind="promise").values_list("to__username", "percent")) == {
        ("shu.lin", 75), ("shu.lin", 100), ("qing.he", 100)}  # fmt: skip
    promises.remind(now=at("2026-11-26 12:01"))

    assert Notice.objects.filter(kind="promise").filter(to=gu, percent=200).count() == 1
    assert clock(led, "first").missed_at == at("2026-11-26 11:00")


def test_nobody_is_told_at_night(led) -> None:
    Rung.objects.create(percent=10, to="owner")
    PromiseClock.objects.filter(ticket=led, metric="first").update(warn_at=at("2026-11-26 10:06"))

    promises.remind(now=at("2026-11-26 23:00"))  # the worker was down all day
    assert not Notice.objects.filter(kind="promise").exists()
    promises.remind(now=at("2026-11-27 09:01"))

    assert Notice.objects.filter(kind="promise").exists()


def test_without_an_owner_the_lead_hears_first(ticket, he) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(team=None)

    promises.remind(now=at("2026-11-26 10:46"))

    assert list(Notice.objects.filter(kind="promise").values_list("to", flat=True)) == [he.pk]
    assert he.main_role == Role.LEAD


def test_a_paused_promise_warns_nobody(led) -> None:
    led._set(state=State.HELD)
    promises.moved(led, at=at("2026-11-26 10:05"), why="quote")

    promises.remind(now=at("2026-12-24 11:00"))

    assert not Notice.objects.filter(kind="promise").filter(clock__metric="end").exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(led, own_connections) -> None:
    start = Barrier(2)

    def work() -> None:
        start.wait()
        promises.remind(now=at("2026-11-26 11:01"))
        connections.close_all()

    threads = [Thread(target=work) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Notice.objects.filter(kind="promise").values_list("percent", "to__username")) == [
        (75, "shu.lin"), (100, "qing.he"), (100, "shu.lin")]  # fmt: skip


def test_what_is_not_due_costs_nothing(led, mei, django_assert_num_queries) -> None:
    from django.db import connection

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            promises.remind(now=at("2026-11-26 10:01"))
        return len(asked)

    few = cost()
    for number in range(30):
        Ticket.open(mei, f"More {number}", at=at("2026-11-26 10:00"))

    assert cost() == few
