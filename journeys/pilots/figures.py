"""What the arms of a step did, by SQL from orders and uses, with the interval of the difference."""

from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from journeys.models import Pilot, PilotFigure, PilotStep
from journeys.models.pilot import Metric
from journeys.pilots.intervals import newcombe, welch, wilson

FEWEST = 30  # fewer of either arm: nothing is said
# Each member from the day of the step or the own joining, only those watched to the end of their days.
# Who came into both arms by a join of records is in neither.
ARMS = """
with member as (
  select m.customer_id, m.arm, m.held_id, m.joined_at, greatest(m.joined_at, s.began_at) as begun
    from journeys_pilotmember m join journeys_pilotstep s on s.id = %(step)s
   where m.pilot_id = s.pilot_id and m.joined_at <= coalesce(s.ended_at, %(now)s)
     and not exists (select from journeys_pilotmember t
                      where t.pilot_id = m.pilot_id and t.customer_id = m.customer_id and t.id <> m.id)),
due as (select * from member where begun + make_interval(days => %(days)s) <= %(now)s),
did as (
  select d.arm, d.customer_id, o.spent, o.orders, b.spent as before, u.used
    from due d
   cross join lateral (
     select coalesce(sum(x.base_total), 0)::float8 as spent, count(*) as orders from commerce_order x
      where x.customer_id = d.customer_id and x.state = 'paid'
        and x.placed_at > d.begun and x.placed_at <= d.begun + make_interval(days => %(days)s)) o
   cross join lateral (
     select coalesce(sum(x.base_total), 0)::float8 as spent from commerce_order x
      where x.customer_id = d.customer_id and x.state = 'paid'
        and x.placed_at > d.joined_at - make_interval(days => %(days)s) and x.placed_at <= d.joined_at) b
   cross join lateral (
     select exists (select from journeys_entitlementuse e
                     where e.held_id = d.held_id and e.taken_back_at is null and e.at > d.begun
                       and e.at <= d.begun + make_interval(days => %(days)s)) as used) u)
select arm, count(*), count(*) filter (where orders > 0), count(*) filter (where used),
       avg(spent), coalesce(var_samp(spent), 0), avg(before), coalesce(var_samp(before), 0)
  from did group by arm
"""
IN = "select arm, count(*) from journeys_pilotmember where pilot_id = %(pilot)s group by arm"


@dataclass
class Compared:
    """One metric: people of each arm watched to the end, the values, their difference with its 95 % interval.

    Shares are 0 to 1, amounts minor units. Without a control or with fewer than thirty there is no difference.
    """

    people: int = 0
    control: int = 0
    value: float | None = None
    against: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_clear(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def of_step(step: PilotStep, *, at: datetime) -> dict[str, Compared]:
    """Every metric of a step as of a moment."""
    with connection.cursor() as cursor:
        cursor.execute(ARMS, {"step": step.pk, "days": step.pilot.days, "now": at})
        rows: dict[str, Any] = {row[0]: row[1:] for row in cursor.fetchall()}
    nobody = (0, 0, 0, None, 0, None, 0)
    n, hits, used, spent, spread, before, before_spread = rows.get("pilot", nobody)
    m, hits_2, _used, spent_2, spread_2, before_2, before_spread_2 = rows.get("control", nobody)
    share, mean = Compared(n, m), Compared(n, m, spent, spent_2)
    past, use = Compared(n, m, before, before_2), Compared(n, 0)
    if n:
        share.value, use.value = hits / n, used / n
    if m:
        share.against = hits_2 / m
    if n >= FEWEST:
        use.low, use.high = wilson(used, n)
    if min(n, m) >= FEWEST:
        _differ(share, newcombe(hits, n, hits_2, m))
        _differ(mean, welch(spent, spread, n, spent_2, spread_2, m))
        _differ(past, welch(before, before_spread, n, before_2, before_spread_2, m))
    return {Metric.REPURCHASE: share, Metric.SPEND: mean, Metric.USE: use, Metric.BEFORE: past}


def _differ(row: Compared, interval: tuple[float, float]) -> None:
    low, high = interval
    if row.value is not None and row.against is not None and isfinite(low) and isfinite(high):
        row.difference, row.low, row.high = row.value - row.against, low, high


def plain(found: dict[str, Compared]) -> dict[str, dict[str, Any]]:
    return {str(metric): asdict(row) for metric, row in found.items()}


def read(rows: dict[str, dict[str, Any]]) -> dict[str, Compared]:
    return {metric: Compared(**row) for metric, row in rows.items()}


@transaction.atomic
def compute(step: PilotStep, *, at: datetime) -> dict[str, dict[str, Any]]:
    """Write the figures of a day; computed anew that day they replace each other."""
    found, day = plain(of_step(step, at=at)), timezone.localdate(at)
    for metric, row in found.items():
        PilotFigure.objects.update_or_create(step=step, metric=metric, as_of=day, defaults={"figures": row})
    return found


def everybody(*, at: datetime | None = None) -> int:
    """The nightly run over the steps that go on, and the last one of a pilot that waits behind its gate."""
    now, count = at or timezone.now(), 0
    for pilot in Pilot.objects.filter(state__in=[Pilot.State.RUNNING, Pilot.State.GATED]):
        step = pilot.steps.select_related("pilot").last()
        if step is not None and step.ended_at is None:
            compute(step, at=now)
            count += 1
    return count


def arms(pilot: Pilot) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(IN, {"pilot": pilot.pk})
        return dict(cursor.fetchall())
