"""Levels at work: what somebody has reached, what is missing, and the evaluation of everybody."""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.models import Order
from customers.models import Customer
from loyalty.models import Level, LevelEvaluation, LevelMembership, PointsEntry, Programme
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit

Origin = LevelMembership.Origin


@dataclass(frozen=True)
class Standing:
    """Where somebody stands: the level, what counts so far in the window, and what the next one asks for."""

    programme: Programme
    level: Level | None
    membership: LevelMembership | None
    qualifying: int
    visits: int
    next: Level | None
    window_from: date

    @property
    def missing(self) -> int:
        """Minor units (or points) to the next level."""
        return max(0, self.next.threshold - self.qualifying) if self.next else 0

    @property
    def missing_visits(self) -> int:
        return max(0, self.next.visits - self.visits) if self.next else 0

    @property
    def percent(self) -> int:
        """How much of the next level's threshold is there, in steps of five for the ring."""
        if self.next is None or not self.next.threshold:
            return 100
        return min(95, 100 * self.qualifying // self.next.threshold // 5 * 5)


def standing_of(customer: Customer, programme: Programme | None = None, *, on: date | None = None) -> Standing:
    programme = programme or Programme.objects.main()
    on = on or timezone.localdate()
    levels = list(Level.objects.filter(programme=programme).order_by("rank"))
    membership = LevelMembership.objects.filter(customer=customer, programme=programme, ended_on=None).first()
    rank = membership.rank if membership else 0
    level = next((each for each in levels if each.rank == rank), None)
    above = next((each for each in levels if each.rank > rank), None)
    begins = programme.window_begins(on)
    visits = visits_of(customer.pk, begins) if any(each.visits for each in levels) else 0
    return Standing(programme, level, membership, qualifying_of(customer.pk, begins), visits, above, begins)


def level_on(record: int, holder: int, programme: Programme, day: date) -> Level | None:
    """The level that a record stood in on a day; the lowest one without a membership."""
    rows = LevelMembership.objects.filter(customer=holder, programme=programme, since__lte=day)
    found = rows.filter(Q(ended_on=None) | Q(ended_on__gt=day)).select_related("level").order_by("-rank").first()
    if found is not None:
        return found.level
    return Level.objects.filter(programme=programme, rank=0).first()


def qualifying_of(customer: int, begins: date) -> int:
    """What counts for levels since a day, over every record joined to this one."""
    records = Customer.objects.filter(Q(pk=customer) | Q(merged_into=customer)).values("pk")
    rows = PointsEntry.objects.filter(record__in=records, at__gte=_midnight(begins)).exclude(qualifying=0)
    return rows.aggregate(n=Sum("qualifying"))["n"] or 0


def visits_of(customer: int, begins: date) -> int:
    """Days of purchase since a day."""
    days = Order.objects.filter(customer=customer, state=Order.State.PAID, business_date__gte=begins)
    return days.values("business_date").distinct().count()


@transaction.atomic
def raise_if_reached(customer: Customer, programme: Programme) -> LevelMembership | None:
    """Up at once when the counter has reached a higher level; never down here."""
    today = timezone.localdate()
    levels = Level.objects.filter(programme=programme, rank__gt=0).order_by("-rank")
    now = _current(customer.pk, programme)
    begins = programme.window_begins(today)
    qualifying = qualifying_of(customer.pk, begins)
    for level in levels:
        if (now is not None and level.rank <= now.rank) or qualifying < level.threshold:
            continue
        visits = visits_of(customer.pk, begins) if level.visits else 0
        if visits >= level.visits:
            return _enter(customer, level, now, origin=Origin.REACHED, kind="level.reached", evidence={
                "qualifying": qualifying, "visits": visits, "since": begins.isoformat(),
                "threshold": level.threshold,
            })  # fmt: skip
    return None


@transaction.atomic
def give(customer: Customer, level: Level, *, by: User, reason: str, until: date | None) -> LevelMembership:
    """A level by hand, with a reason and an end. Raises TransitionRefused without a reason, or for the level held."""
    reason = " ".join(reason.split())
    if not reason:
        raise TransitionRefused(_("Give a reason: it stands beside the level."))
    if until is not None and until <= timezone.localdate():
        raise TransitionRefused(_("The end must lie ahead."))
    now = _current(customer.pk, level.programme)
    if (now.rank if now else 0) == level.rank:
        raise TransitionRefused(_("This is the level held already."))
    made = _enter(customer, level, now, origin=Origin.GIVEN, kind="level.given", reason=reason[:200], by=by,
                  until=until)  # fmt: skip
    audit("level.given", by=by, of=customer, level=level.code)
    return made


@transaction.atomic
def lift(customer: Customer, code: str, *, campaign: str) -> bool:
    """A campaign raises somebody to a level; False when they stand there or higher."""
    level = Level.objects.filter(programme=Programme.objects.main(), code=code).first()
    now = _current(customer.pk, level.programme) if level else None
    if level is None or (now.rank if now else 0) >= level.rank:
        return False
    _enter(customer, level, now, origin=Origin.REACHED, kind="level.reached", evidence={"campaign": campaign})
    return True


def _current(customer: int, programme: Programme) -> LevelMembership | None:
    rows = LevelMembership.objects.select_for_update().filter(customer=customer, programme=programme, ended_on=None)
    return rows.first()


def _enter(
    customer: Customer, level: Level, now: LevelMembership | None, *, origin: str, kind: str, reason: str = "",
    by: User | None = None, until: date | None = None, evidence: dict[str, Any] | None = None,
) -> LevelMembership:  # fmt: skip
    today = timezone.localdate()
    if now is not None:
        LevelMembership.objects.filter(pk=now.pk).update(ended_on=today)
    try:
        with transaction.atomic():
            made = LevelMembership.objects.create(
                customer=customer, programme=level.programme, level=level, rank=level.rank, origin=origin, since=today,
                until=until or _months_on(today, level.valid_months), reason=reason, given_by=by,
                evidence=evidence or {},
            )  # fmt: skip
    except IntegrityError:
        raise TransitionRefused(_("The level has just been changed by somebody else.")) from None
    customer.record(kind, by=by, level=dict(level.name), code=level.code)
    return made


def _months_on(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


EVALUATE = """
with counted as materialized (
  select coalesce(c.merged_into_id, c.id) as person, sum(e.qualifying) as q
  from loyalty_pointsentry e join customers_customer c on c.id = e.record
  where e.qualifying <> 0 and e.at >= %(begins)s and e.at < %(ends)s
  group by 1),
came as materialized (
  select o.customer_id as person, count(distinct o.business_date) as days
  from commerce_order o
  where o.state = 'paid' and o.business_date between %(first)s and %(on)s
    and o.customer_id in (select person from counted where q >= %(least_with_visits)s)
  group by 1),
reached as materialized (
  select p.person, max(l.rank) as rank, p.q, p.days
  from (select counted.person, counted.q, coalesce(came.days, 0) as days
        from counted left join came on came.person = counted.person) p
  join loyalty_level l on l.programme_id = %(programme)s and l.threshold <= p.q and l.visits <= p.days
  group by p.person, p.q, p.days),
judged as materialized (
  select m.id, m.customer_id, m.rank, m.origin, m.until, m.warned_on, m.grace_until, m.level_id,
         coalesce(r.rank, 0) as earned, coalesce(r.q, 0) as q, coalesce(r.days, 0) as days,
         case when m.origin = 'given' and m.until > %(on)s then 'held'
              when coalesce(r.rank, 0) > m.rank then 'raised'
              when coalesce(r.rank, 0) = m.rank then 'kept'
              when m.warned_on is null then 'warned'
              when m.grace_until <= %(on)s then 'lowered'
              else 'waiting' end as verdict
  from loyalty_levelmembership m left join reached r on r.person = m.customer_id
  where m.programme_id = %(programme)s and m.ended_on is null and (m.rank > 0 or r.rank > 0)),
target as materialized (
  select j.*, n.id as new_level, n.rank as new_rank, n.code, n.name, n.valid_months
  from judged j join loyalty_level n on n.programme_id = %(programme)s
   and n.rank = case j.verdict when 'raised' then j.earned when 'lowered' then j.rank - 1 else j.rank end),
history as (
  insert into loyalty_levelmembership (customer_id, came_as, programme_id, level_id, rank, origin, since, until, reason,
    given_by_id, evidence, warned_on, grace_until, ended_on)
  select m.customer_id, m.came_as, m.programme_id, m.level_id, m.rank, m.origin, m.since, m.until, m.reason,
         m.given_by_id, m.evidence, m.warned_on, m.grace_until, %(on)s
  from target t join loyalty_levelmembership m on m.id = t.id where t.verdict in ('raised', 'lowered')),
changed as (
  update loyalty_levelmembership m set
    level_id = t.new_level, rank = t.new_rank,
    origin = case t.verdict when 'raised' then 'reached' when 'lowered' then 'lowered' else m.origin end,
    since = case when t.verdict in ('raised', 'lowered') then %(on)s else m.since end,
    until = case when t.verdict in ('raised', 'lowered', 'kept')
                 then (%(on)s + make_interval(months => t.valid_months))::date else m.until end,
    reason = case when t.verdict in ('raised', 'lowered') then '' else m.reason end,
    given_by_id = case when t.verdict in ('raised', 'lowered') then null else m.given_by_id end,
    evidence = jsonb_build_object('qualifying', t.q, 'visits', t.days, 'since', %(first)s::text, 'on', %(on)s::text),
    warned_on = case t.verdict when 'warned' then %(on)s else null end,
    grace_until = case t.verdict when 'warned' then %(grace)s else null end
  from target t where t.id = m.id and t.verdict in ('raised', 'kept', 'warned', 'lowered')),
entered as (
  insert into loyalty_levelmembership (customer_id, programme_id, level_id, rank, origin, since, until, reason,
    evidence)
  select r.person, %(programme)s, l.id, l.rank, 'reached', %(on)s,
         (%(on)s + make_interval(months => l.valid_months))::date, '',
         jsonb_build_object('qualifying', r.q, 'visits', r.days, 'since', %(first)s::text, 'on', %(on)s::text)
  from reached r join loyalty_level l on l.programme_id = %(programme)s and l.rank = r.rank
  where r.rank > 0 and not exists (
    select from loyalty_levelmembership m
    where m.customer_id = r.person and m.programme_id = %(programme)s and m.ended_on is null)
  on conflict do nothing returning customer_id, level_id),
told as (
  insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, details,
                               source, source_ref)
  select customer_id, 'level.' || case verdict when 'raised' then 'reached' else verdict end, now(), now(), %(on)s,
         'during', '', '', jsonb_build_object('level', name, 'code', code), '', ''
  from target where verdict in ('raised', 'warned', 'lowered')
  union all
  select e.customer_id, 'level.reached', now(), now(), %(on)s, 'during', '', '',
         jsonb_build_object('level', l.name, 'code', l.code), '', ''
  from entered e join loyalty_level l on l.id = e.level_id)
select (select count(*) from judged) + (select count(*) from entered),
       (select count(*) from judged where verdict = 'raised') + (select count(*) from entered),
       (select count(*) from judged where verdict in ('kept', 'held', 'waiting')),
       (select count(*) from judged where verdict = 'warned'),
       (select count(*) from judged where verdict = 'lowered')
"""


@transaction.atomic
def evaluate(programme: Programme, *, on: date | None = None) -> LevelEvaluation:
    """All members on one day, in one statement: up, kept, warned (notice and grace), one level down after that.

    Raises TransitionRefused when that day has been evaluated.
    """
    on = on or timezone.localdate()
    begun = time.monotonic()
    try:
        with transaction.atomic():
            run = LevelEvaluation.objects.create(programme=programme, on=on)
    except IntegrityError:
        raise TransitionRefused(_("This day has been evaluated already.")) from None
    first = programme.window_begins(on)
    with_visits = Level.objects.filter(programme=programme, visits__gt=0).order_by("threshold").first()
    values: dict[str, Any] = {
        "programme": programme.pk, "on": on, "first": first, "grace": on + timedelta(
            days=programme.notice_days + programme.grace_days),
        "begins": _midnight(first), "ends": _midnight(on + timedelta(days=1)),
        "least_with_visits": with_visits.threshold if with_visits else 2**62,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '256MB'; set local jit = off")
        cursor.execute(EVALUATE, values)
        run.members, run.raised, run.kept, run.warned, run.lowered = cursor.fetchone()
    run.took_ms = int(1000 * (time.monotonic() - begun))
    run.save()
    return run


def grace_is_over(programme: Programme, *, on: date) -> bool:
    """Whether a warned membership waits for its evaluation, or a level given by hand has come to its end."""
    standing = LevelMembership.objects.filter(programme=programme, ended_on=None)
    return standing.filter(Q(grace_until__lte=on) | Q(origin=Origin.GIVEN, until__lte=on)).exists()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time_of_day()))
