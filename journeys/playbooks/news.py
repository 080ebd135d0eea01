"""What happened to customers, heard by playbooks: who comes in by it, whose wait is over, who is out, who made it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_time

from customers.models import SegmentMember
from journeys.models import Playbook
from journeys.models.enrolment import ADVANCE, call_off
from journeys.playbooks.enrolling import enrol
from journeys.playbooks.words import HEARABLE, TASK_ENDED
from scrm.kernel.wake import wake
from staff.models import Store

HEARD = frozenset((*HEARABLE, *TASK_ENDED))
ONE_HEARS = "select pg_try_advisory_xact_lock(7052041)"
NOTE = """
insert into journeys_playbooknews (customer_id, kind, at, store_id)
select %(customer)s, %(kind)s, %(at)s, %(store)s
 where exists (select from journeys_enrolment e where e.customer_id = %(customer)s
                 and (e.ended_at is null or e.goal_at is null and e.goal_until >= %(at)s))
    or exists (select from journeys_playbook p where p.hears = %(hears)s and p.state in ('live', 'paused'))
    or exists (select from journeys_playbookversion v join journeys_playbook p on p.id = v.playbook_id
                where v.state = 'live' and p.state in ('live', 'paused')
                  and (v.content->'rules'->'leave' ? %(kind)s or v.content->'goal'->'events' ? %(kind)s))
"""
# Who is being joined or forgotten comes later: that one has the customer's row, and nobody waits for it here.
FIRST = """
select n.id from journeys_playbooknews n join customers_customer c on c.id = n.customer_id
 order by n.id limit %s for key share of c skip locked
"""
TAKE = """
delete from journeys_playbooknews where id = any(%s) returning id, customer_id, kind, at, store_id
"""
REACHED = """
update journeys_enrolment e set goal_at = n.at
  from unnest(%(customers)s::bigint[], %(kinds)s::text[], %(moments)s::timestamptz[]) as n (customer, kind, at),
       journeys_playbookversion v
 where e.customer_id = n.customer and v.id = e.version_id and e.goal_at is null
   and n.at between e.entered_at and e.goal_until and v.content->'goal'->'events' ? n.kind
"""
# What the current step waits for lets the customer go on; anything else of the list ends the way.
GO_ON = """
update journeys_enrolment e set due_at = %(now)s, doing = e.doing || jsonb_build_object('heard', n.kind)
  from unnest(%(customers)s::bigint[], %(kinds)s::text[], %(moments)s::timestamptz[]) as n (customer, kind, at)
 where e.customer_id = n.customer and e.state = 'active' and e.awaits ? n.kind and n.at >= e.entered_at
"""
LEAVE = """
update journeys_enrolment e set state = 'ended', "end" = 'event', ended_at = %(now)s, due_at = null, awaits = '[]',
  parked_at = null, trouble = '', doing = e.doing || jsonb_build_object('event', n.kind)
  from unnest(%(customers)s::bigint[], %(kinds)s::text[], %(moments)s::timestamptz[]) as n (customer, kind, at),
       journeys_playbookversion v
 where e.customer_id = n.customer and v.id = e.version_id and e.state in ('active', 'parked')
   and n.at > e.entered_at and v.content->'rules'->'leave' ? n.kind and not e.awaits ? n.kind
returning e.id
"""


class News(NamedTuple):
    id: int
    customer: int
    kind: str
    at: datetime
    store: int | None


def heard_of(event: Any) -> None:
    """Note it in the event's own transaction where a playbook may care; a row is only added, nobody waits.

    What a running one has as goal or end is always noted: whoever comes in by a segment may not be committed yet.
    """
    if event.kind not in HEARD:
        return
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {
            "customer": event.customer_id, "kind": event.kind, "at": event.at, "store": event.store_id,
            "hears": f"event:{event.kind}",
        })  # fmt: skip
        if cursor.rowcount:
            wake(ADVANCE, queue="bulk")


def sweep(*, at_most: int = 1000) -> int:
    """Let playbooks hear what was noted, one sweep at a time; how much it was."""
    heard = 0
    while news := _lot(at_most):
        heard += news
    return heard


@transaction.atomic
def _lot(at_most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ONE_HEARS)
        if not cursor.fetchone()[0]:
            return 0  # another one is at it
        cursor.execute(FIRST, [at_most])
        cursor.execute(TAKE, [[row[0] for row in cursor.fetchall()]])
        news = sorted(News(*row) for row in cursor.fetchall())
        if not news:
            return 0
        # Customers before their ways, as everybody locks them.
        _bring_in(news)
        values: dict[str, Any] = {"customers": [one.customer for one in news], "kinds": [one.kind for one in news],
                  "moments": [one.at for one in news], "now": timezone.now()}  # fmt: skip
        cursor.execute(REACHED, values)
        cursor.execute(LEAVE, values)
        call_off([row[0] for row in cursor.fetchall()])
        cursor.execute(GO_ON, values)
    return len(news)


def _bring_in(news: list[News]) -> None:
    kinds = {f"event:{one.kind}" for one in news}
    playbooks = Playbook.objects.filter(hears__in=kinds, state__in=("live", "paused")).order_by("pk")
    codes: dict[int, str] = dict(Store.objects.values_list("pk", "code")) if playbooks else {}
    for playbook in playbooks:
        version = playbook.running
        if version is None:
            continue
        trigger = version.content["trigger"]
        by_day: dict[str, list[int]] = defaultdict(list)
        for one in news:
            if f"event:{one.kind}" == playbook.hears and fits(trigger, one, codes):
                by_day[timezone.localdate(one.at).isoformat()].append(one.customer)
        for day, customers in sorted(by_day.items()):
            ids = only(trigger, customers)
            enrol(playbook, ids, why={"event": trigger["event"], "on": day}, version=version)


def fits(trigger: dict[str, Any], news: News, codes: dict[int, str]) -> bool:
    """Whether place, hour and day of what happened are those the trigger asks for, in the brand's zone."""
    local = timezone.localtime(news.at, timezone.get_default_timezone())
    if trigger.get("stores") and codes.get(news.store or 0) not in trigger["stores"]:
        return False
    if trigger.get("weekdays") and str(local.weekday()) not in trigger["weekdays"]:
        return False
    begins, ends = parse_time(trigger.get("from") or "00:00"), parse_time(trigger.get("until") or "23:59:59.999")
    assert begins is not None
    assert ends is not None
    hour = local.time()
    # “From 22 until 6” goes over midnight.
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def only(trigger: dict[str, Any], customers: Iterable[int]) -> list[int]:
    """Those of the customers who are in the segment the trigger is narrowed to, if it is."""
    ids = sorted(set(customers))
    if not trigger.get("only"):
        return ids
    inside = SegmentMember.objects.inside().filter(segment__code=trigger["only"], customer__in=ids)
    return sorted(inside.values_list("customer_id", flat=True))
