"""The numbers of the maps, counted for everybody at once in the background; a page only reads them."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from journeys.models import MapFigure
from tickets.models import LIVE

DAYS = 30
STEP = 90  # days a step of the milestones has

TOPICS = """
select 'topic.' || t.code, coalesce(open.n, 0) from tickets_topic t
left join (select topic_id, count(*) n from tickets_ticket where state = any(%(live)s) group by 1) open
on open.topic_id = t.id
"""
STAGES = """
select 'stage.know', count(*) from customers_customer
  where joined_at >= %(since)s and merged_into_id is null and erased_at is null
union all select 'stage.decide', count(*) from touchpoints_visit where arrived_at >= %(since)s and not mistaken
union all select 'stage.buy', count(*) from commerce_order where business_date >= %(day)s and state <> 'cancelled'
union all select 'stage.use', count(*) from tickets_ticket where opened_at >= %(since)s and state <> 'merged'
union all select 'stage.again', count(distinct o.customer_id) from commerce_order o
  where o.business_date >= %(day)s and o.state <> 'cancelled' and exists (
    select from commerce_order e where e.customer_id = o.customer_id and e.business_date < o.business_date
    and e.state <> 'cancelled')
union all select 'stage.tell', count(*) from customers_lifecyclechange where "on" >= %(day)s and after = 'dormant'
"""
# Those who became known between 270 and 180 days ago: each step has had its full 90 days for every one of them.
STEPS = """
with came as materialized (
  select id, joined_at, (joined_at at time zone %(zone)s)::date as day from customers_customer
  where joined_at >= %(from)s and joined_at < %(to)s and merged_into_id is null and erased_at is null),
met as materialized (
  select c.id, c.day, f.first_on, exists (
    select from touchpoints_visit v where v.customer_id = c.id and not v.mistaken
    and v.arrived_at >= c.joined_at and v.arrived_at < c.joined_at + %(step)s * interval '1 day') or exists (
    select from touchpoints_message m where m.customer_id = c.id and m.direction = 'in'
    and m.at >= c.joined_at and m.at < c.joined_at + %(step)s * interval '1 day') as talked
  from came c left join lateral (
    select min(o.business_date) first_on from commerce_order o
    where o.customer_id = c.id and o.state <> 'cancelled') f on true),
bought as materialized (
  select id, first_on from met where first_on between day - 1 and day + %(step)s)
select 'step.came', (select count(*) from came)
union all select 'step.met', (select count(*) from met where talked or id in (select id from bought))
union all select 'step.first', (select count(*) from bought)
union all select 'step.second', (select count(*) from bought b where exists (
  select from commerce_order o where o.customer_id = b.id and o.state <> 'cancelled'
  and o.business_date > b.first_on and o.business_date <= b.first_on + %(step)s))
"""


def reckon(at: datetime | None = None, *, everything: bool = True) -> int:
    """Count anew; open cases alone when `everything` is false. Gives how many figures were written."""
    now = at or timezone.now()
    told: dict[str, Any] = {
        "live": [str(state) for state in LIVE], "since": now - timedelta(days=DAYS),
        "day": timezone.localdate(now) - timedelta(days=DAYS), "step": STEP,
        "zone": settings.TIME_ZONE,
        "from": now - timedelta(days=3 * STEP), "to": now - timedelta(days=2 * STEP),
    }  # fmt: skip
    found: list[tuple[str, int]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        for question in (TOPICS, STAGES, STEPS) if everything else (TOPICS,):
            cursor.execute(question, told)
            found += cursor.fetchall()
        MapFigure.objects.bulk_create(
            [MapFigure(name=name, number=number, reckoned_at=now) for name, number in sorted(found)],
            update_conflicts=True, unique_fields=["name"], update_fields=["number", "reckoned_at"],
        )  # fmt: skip
    return len(found)
