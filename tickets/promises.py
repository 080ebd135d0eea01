"""The clocks of a case: begun, paused, met, planned anew; and who is told before it is too late."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Min, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext

from loyalty.models.giving import grade_of
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Calendar, Membership, Role, User
from staff.working_time import NeverOpen, due_after, next_open
from tickets.models.notice import Notice
from tickets.models.promise import ClockPause, Metric, PromiseClock, PromiseTarget, Rung, ServiceTerms
from tickets.models.ticket import Ticket
from tickets.models.topic import OURS, State

AT_ONCE = 500
SOON = timedelta(minutes=30)


# Set


def begin(ticket: Ticket, *, at: datetime, again: bool = False) -> None:
    """The promises of a new case, or of one opened again: then the end is promised anew."""
    if not again:
        start(ticket, Metric.FIRST, at=at)
    start(ticket, Metric.END, at=at)
    follow(ticket)


def start(ticket: Ticket, metric: Metric, *, at: datetime) -> PromiseClock | None:
    """Begin one clock by the customer's terms or the rule; None when nothing is promised or one is running."""
    if open_clocks(ticket).filter(metric=metric).exists():
        return None
    found = target_of(ticket, metric, at=at)
    if found is None:
        return None
    minutes, calendar, because = found
    try:
        due = due_after(calendar, at, minutes * 60)
    except NeverOpen:  # a calendar without hours promises nothing that could be counted: every hour counts
        calendar, because = None, because | {"calendar": "empty"}
        due = due_after(None, at, minutes * 60)
    clock = PromiseClock.objects.create(
        ticket=ticket, metric=metric, cycle=ticket.clocks.filter(metric=metric).count() + 1, target=minutes * 60,
        calendar=calendar, because=because, started_at=at, due_at=due,
    )  # fmt: skip
    _plan_notice(clock, [])
    return clock


@transaction.atomic
def promise(ticket: Ticket, words: str, due_at: datetime, *, by: User, at: datetime | None = None) -> PromiseClock:
    """A colleague's own word, with its moment: the next answer keeps it."""
    now = at or timezone.now()
    clock = PromiseClock.objects.create(
        ticket=ticket, metric=Metric.OWN, cycle=ticket.clocks.filter(metric=Metric.OWN).count() + 1,
        words=words[:200], target=max(int((due_at - now).total_seconds()), 0), because={"by": "word"}, promised_by=by,
        started_at=now, due_at=max(due_at, now),
    )  # fmt: skip
    _plan_notice(clock, [])
    ticket.customer.record(
        "case.promised", by=by, at=now, case=ticket.number, due=due_at.isoformat(), words=words[:200]
    )
    follow(ticket)
    ticket.tell()
    return clock


@transaction.atomic
def promise_visit(ticket: Ticket, *, at: datetime | None = None) -> PromiseClock:
    """Somebody will be there, within what the customer's package or the rule says. Of two clicks one counts.

    Raises TransitionRefused when a visit is promised already, or nothing says within which time.
    """
    held = ticket._locked()
    if not held.is_live:
        raise TransitionRefused(gettext("This case is done already."))
    if open_clocks(held).filter(metric=Metric.ONSITE).exists():
        raise TransitionRefused(gettext("A visit is promised already."))
    clock = start(held, Metric.ONSITE, at=at or timezone.now())
    if clock is None:
        raise TransitionRefused(gettext("No rule says within which time somebody comes. Promise a moment of your own."))
    follow(held)
    held.tell()
    return clock


def target_of(ticket: Ticket, metric: Metric, *, at: datetime) -> tuple[int, Calendar | None, dict[str, Any]] | None:
    """(minutes, calendar, where it comes from): a service package's terms, else the most particular rule."""
    terms = ServiceTerms.objects.filter(customer=ticket.customer_id, term=metric.value, starts_at__lte=at)
    terms = terms.filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("calendar").order_by("value")
    if (own := terms.first()) is not None:
        return own.value, own.calendar, {"by": "package", "source": own.source, "terms": own.pk}
    grade = grade_of(ticket.customer_id)
    rules = PromiseTarget.objects.filter(metric=metric).filter(
        Q(topic=ticket.topic_id) | Q(topic=None), grade__in=["", grade]
    )
    particular = Case(
        When(~Q(topic=None) & ~Q(grade=""), then=Value(0)), When(~Q(topic=None), then=Value(1)),
        When(~Q(grade=""), then=Value(2)), default=Value(3),
    )  # fmt: skip
    rule = rules.select_related("calendar").order_by(particular, "minutes").first()
    if rule is None:
        return None
    return rule.minutes, rule.calendar, {"by": "rule", "rule": rule.pk, "grade": rule.grade}


# What happens to them


def customer_spoke(ticket: Ticket, *, at: datetime) -> None:
    """Who has had an answer waits for the next one; what paused runs again."""
    if ticket.answered_at is not None:
        start(ticket, Metric.NEXT, at=at)
    moved(ticket, at=at)


def we_answered(ticket: Ticket, *, at: datetime) -> None:
    _meet(ticket, [Metric.FIRST, Metric.NEXT, Metric.OWN], at=at)


def done(ticket: Ticket, *, at: datetime) -> None:
    """The case is done: the promise of an end is met, and with it whatever answer was owed."""
    _meet(ticket, [Metric.FIRST, Metric.NEXT, Metric.OWN, Metric.END, Metric.ONSITE], at=at)


@transaction.atomic
def arrived(ticket: Ticket, *, at: datetime | None = None) -> None:
    """Somebody is there. Raises TransitionRefused when no visit is promised, or somebody was there already."""
    held = ticket._locked()
    if not open_clocks(held).filter(metric=Metric.ONSITE).exists():
        raise TransitionRefused(gettext("No visit is promised here, or somebody was there already."))
    _meet(held, [Metric.ONSITE], at=at or timezone.now())
    held.tell()


def moved(ticket: Ticket, *, at: datetime, why: str = "") -> None:
    """The end and the visit on site pause while the ball is not with us, and run when it is."""
    pausing = (Metric.END, Metric.ONSITE)
    if ticket.state in OURS:
        for clock in open_clocks(ticket).filter(metric__in=pausing).exclude(paused_at=None):
            _resume(clock, at=at)
    elif ticket.state in (State.WAITING, State.HELD):
        for clock in open_clocks(ticket).filter(metric__in=pausing, paused_at=None):
            ClockPause.objects.create(clock=clock, since=max(at, clock.started_at), why=why or ticket.state)
            PromiseClock.objects.filter(pk=clock.pk).update(paused_at=at, warn_at=None)
    follow(ticket)


def drop(ticket: Ticket, *, at: datetime) -> None:
    """The case went into another: its promises go on there."""
    for clock in open_clocks(ticket):
        _end_pause(clock, at)
    open_clocks(ticket).update(dropped_at=at, paused_at=None, warn_at=None)
    follow(ticket)


def open_clocks(ticket: Ticket) -> QuerySet[PromiseClock]:
    return PromiseClock.objects.filter(ticket=ticket, met_at=None, dropped_at=None)


def follow(ticket: Ticket) -> None:
    """The case carries its nearest running promise, so that a list need not ask for it."""
    nearest = open_clocks(ticket).filter(paused_at=None).aggregate(at=Min("due_at"))["at"]
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=nearest)
    ticket.next_due_at = nearest


@transaction.atomic
def replan(calendar: Calendar) -> int:
    """Hours changed: the open promises by this calendar are due anew; what was met or missed stays. How many moved."""
    moved_ones = 0
    for clock in (
        PromiseClock.objects.filter(calendar=calendar, met_at=None, dropped_at=None)
        .select_for_update(of=("self",))
        .select_related("ticket", "calendar")
        .order_by("pk")
    ):
        pauses = spans(clock)
        try:
            due = clock.reckon_due(pauses)
        except NeverOpen:
            continue
        if due != clock.due_at:
            PromiseClock.objects.filter(pk=clock.pk).update(due_at=due)
            clock.due_at = due
            moved_ones += 1
            _plan_notice(clock, pauses)
            follow(clock.ticket)
    return moved_ones


# Told in time


def remind(*, now: datetime | None = None, most: int = AT_ONCE) -> int:
    """Tell who must know of promises whose next rung has come: once for each rung and person, none outside the
    promise's hours. How many clocks were looked at; it costs what is due."""
    now = now or timezone.now()
    looked = 0
    while looked < most:
        with transaction.atomic():
            clock = (
                PromiseClock.objects.filter(met_at=None, dropped_at=None, paused_at=None, warn_at__lte=now)
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("ticket", "calendar")
                .order_by("warn_at")
                .first()
            )
            if clock is None:
                break
            looked += 1
            try:
                opens = next_open(clock.calendar, now)
            except NeverOpen:
                opens = now
            if opens > now:
                PromiseClock.objects.filter(pk=clock.pk).update(warn_at=opens)
                continue
            _tell_rungs(clock, now)
    return looked


def _tell_rungs(clock: PromiseClock, now: datetime) -> None:
    pauses = spans(clock)
    used = clock.worked(now, pauses)
    if now >= clock.due_at and clock.missed_at is None:
        PromiseClock.objects.filter(pk=clock.pk).update(missed_at=clock.due_at)
    for rung in Rung.objects.filter(percent__gt=clock.rung):
        if clock.target * rung.percent / 100 > used + 1:
            break
        for user in _hearers(clock.ticket, rung.to):
            _made, fresh = Notice.objects.get_or_create(
                clock=clock, percent=rung.percent, to=user, defaults={"ticket": clock.ticket, "at": now}
            )
            if fresh:
                nudge(f"user.{user.pk}", "cases")
                nudge(f"user.{user.pk}", "notices")
        clock.rung = max(clock.rung, rung.percent)
    _plan_notice(clock, pauses)
    clock.ticket.tell()


def _hearers(ticket: Ticket, to: str) -> list[User]:
    """Who hears of it; without an owner the leads of the case's desk or store do."""
    if to == Rung.To.OWNER and (ticket.handler_id or ticket.owner_id):
        ids = {pk for pk in (ticket.owner_id, ticket.handler_id) if pk}
        return list(User.objects.filter(pk__in=ids, is_active=True))
    today = Membership.objects.current()
    if to == Rung.To.OPERATOR:
        people = today.filter(role=Role.OPERATOR)
    else:
        where = Q(pk=None)
        if ticket.store_id:
            where |= Q(store=ticket.store_id) | Q(team__store=ticket.store_id) | Q(region__stores=ticket.store_id)
        if ticket.team_id:
            where |= Q(team=ticket.team_id)
        people = today.filter(where, role=Role.LEAD)
    return list(User.objects.filter(pk__in=people.values("user"), is_active=True)[:20])


# Inside


def spans(clock: PromiseClock) -> list[tuple[datetime, datetime]]:
    far = timezone.now() + timedelta(days=1)
    return [(pause.since, pause.until or far) for pause in clock.pauses.all()]


def _meet(ticket: Ticket, metrics: list[Metric], *, at: datetime) -> None:
    for clock in open_clocks(ticket).filter(metric__in=metrics):
        _end_pause(clock, at)
        late = clock.due_at if at > clock.due_at else None
        PromiseClock.objects.filter(pk=clock.pk, met_at=None).update(
            met_at=max(at, clock.started_at), missed_at=late, paused_at=None, warn_at=None
        )
    follow(ticket)


def _resume(clock: PromiseClock, *, at: datetime) -> None:
    _end_pause(clock, at)
    pauses = spans(clock)
    clock.due_at = clock.reckon_due(pauses)
    PromiseClock.objects.filter(pk=clock.pk).update(paused_at=None, due_at=clock.due_at)
    _plan_notice(clock, pauses)


def _end_pause(clock: PromiseClock, at: datetime) -> None:
    for pause in clock.pauses.filter(until=None):
        ClockPause.objects.filter(pk=pause.pk).update(until=max(at, pause.since))


def _plan_notice(clock: PromiseClock, pauses: list[tuple[datetime, datetime]]) -> None:
    """When the next rung is due, in working time, so that it never falls into the night."""
    rung = Rung.objects.filter(percent__gt=clock.rung).order_by("percent").first()
    when = None
    if rung is not None:
        try:
            seconds = clock.target * rung.percent / 100
            when = due_after(clock.calendar, clock.started_at, seconds, without=pauses)
        except NeverOpen:
            when = None
    PromiseClock.objects.filter(pk=clock.pk).update(warn_at=when, rung=clock.rung)
