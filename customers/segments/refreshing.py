"""Bringing the stored people of segments in line with their rules: as differences, set by set, never on opening a page.

One refresh of a segment at a time (advisory lock). What is done by hand stays: a pin is in, a block is out.
"""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import Segment, SegmentChange, SegmentMember
from customers.models.segment import Rule
from customers.segments import dirty, leaving
from customers.segments.compiling import compiled
from customers.segments.rules import running_rules, segments_in
from scrm.kernel.registry import segment_listeners
from staff.models import User

LOCK = "select pg_advisory_xact_lock(7052028, %s)"
ROOM = "set local work_mem = '128MB'"  # for lists of a million customers
# The planner takes a few thousand customers for very many, and would read whole tables of lines for them.
FEW = "set local enable_seqscan = off"
AT_ONCE = 5000
SHOWN = 50  # drifted customers that are named


@dataclass
class Difference:
    """Who came and who left; `freed` are those whose pin ended by it."""

    came: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    freed: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.came or self.left)


@transaction.atomic
def refresh(segment: Segment, *, today: date | None = None) -> Difference:
    """Everybody anew: one statement finds whom the rule means, one diff is written."""
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [segment.pk])
        rule = _rule(segment)
        if rule is None:
            return Difference()
        cursor.execute(ROOM)
        found = _write(cursor, segment, rule, None, today)
        _part_with(cursor, segment, rule, found, today=today)
    tell(segment, found)
    people = SegmentMember.objects.filter(segment=segment).inside().count()
    took = int((time.monotonic() - begun) * 1000)
    Segment.objects.filter(pk=segment.pk).update(refreshed_at=timezone.now(), took_ms=took, people=people)
    return found


@transaction.atomic
def refresh_some(
    segment: Segment, ids: list[int], *, today: date | None = None, unpinned_by: User | None = None
) -> Difference:
    """Only these customers: the rest stays as it is stored. `unpinned_by` took a pin of theirs back just now."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [segment.pk])
        rule = _rule(segment)
        if rule is None or not ids:
            return Difference()
        cursor.execute(FEW)
        found = _write(cursor, segment, rule, ids, today)
        cursor.execute("set local enable_seqscan = on")
        if unpinned_by is not None:
            found.freed = ids
        _part_with(cursor, segment, rule, found, today=today, by=unpinned_by)
    tell(segment, found)
    return found


def sweep(*, at_most: int = AT_ONCE) -> int:
    """What is owed: segments to be found anew as a whole, then the marked customers in every live one. How many."""
    for segment in Segment.objects.live().filter(refreshed_at=None).order_by("pk"):
        refresh(segment)
    seen = 0
    while ids := _one_lot(at_most):
        seen += len(ids)
    return seen


@transaction.atomic
def _one_lot(at_most: int) -> list[int]:
    ids = dirty.take(at_most)
    if ids:
        segments = {segment.code: segment for segment in Segment.objects.live()}
        # Those others ask for come first, and each lock is taken in that one order.
        for code in running_rules():
            refresh_some(segments[code], ids)
    return ids


def turn_the_day() -> int:
    """Every live segment anew, those others ask for first: a new day, or figures of everybody, changed the answers."""
    segments = {segment.code: segment for segment in Segment.objects.live()}
    for code in running_rules():
        refresh(segments[code])
    return len(segments)


def check() -> dict[str, Difference]:
    """Compare what is stored with the rule, write down what differs (the drift), and repair it; by segment code."""
    sweep()
    segments = {segment.code: segment for segment in Segment.objects.live()}
    found = {}
    for code in running_rules():
        drift = found[code] = refresh(segments[code])
        said = {"missing": len(drift.came), "extra": len(drift.left), "who": [*drift.came, *drift.left][:SHOWN]}
        Segment.objects.filter(code=code).update(checked_at=timezone.now(), drift=said if drift else {})
    return found


def _rule(segment: Segment) -> Rule | None:
    """The rule that runs now, read under the lock."""
    segment.refresh_from_db()
    if segment.state != Segment.State.LIVE or (running := segment.running) is None:
        return None
    rule: Rule = running.rule
    return rule


def _write(cursor: Any, segment: Segment, rule: Rule, ids: list[int] | None, today: date | None) -> Difference:
    """The stored rows brought to what the rule, the pins and the blocks say; who came and who left by that."""
    asked = compiled(rule, only=ids, today=today)
    here = "" if ids is None else " and s.customer_id = any(%(only)s)"
    values = asked.values | {
        "segment": segment.pk, "now": timezone.now(), "evidence": f'{{"version": {segment.version}}}',
    }  # fmt: skip
    # By hand only for a time: then it is the rule's to say. A pin of one who was joined or erased is over too.
    cursor.execute(
        f"""update customers_segmentmember s set via = 'rule', by_id = null, why = '', until = null
            where s.segment_id = %(segment)s and s.via = 'pin' and (s.until <= %(now)s or exists (
              select from customers_customer c where c.id = s.customer_id
                and (c.merged_into_id is not null or c.erased_at is not null))){here} returning customer_id""",
        values,
    )
    freed = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        f"delete from customers_segmentmember s where s.segment_id = %(segment)s and s.via = 'block' "
        f"and s.until <= %(now)s{here}", values,
    )  # fmt: skip
    # A full join is never a nested loop: whatever the planner believes of a table that is just being filled.
    cursor.execute(
        f"""with meant as materialized ({asked.ids}),
              had as materialized (
                select s.id, s.customer_id, s.via from customers_segmentmember s
                where s.segment_id = %(segment)s{here}),
              differs as materialized (
                select h.id as row, h.via, n.id as came from meant n full join had h on h.customer_id = n.id
                 where n.id is null or h.id is null),
              gone as (
                delete from customers_segmentmember s where s.via = 'rule'
                  and s.id = any(array(select row from differs where came is null and via = 'rule'))
                returning s.customer_id),
              come as (
                insert into customers_segmentmember (segment_id, customer_id, via, entered_at, evidence, why)
                select %(segment)s, came, 'rule', %(now)s, %(evidence)s::jsonb, '' from differs where came is not null
                on conflict do nothing returning customer_id)
            select false, customer_id from gone union all select true, customer_id from come""",
        values,
    )
    rows = cursor.fetchall()
    came, left = sorted(pk for came, pk in rows if came), sorted(pk for came, pk in rows if not came)
    return Difference(came, left, freed)


def _part_with(
    cursor: Any, segment: Segment, rule: Rule, found: Difference, *, today: date | None, by: User | None = None
) -> None:
    """Names who left; looking at few, as a refresh of some does."""
    if not found.left:
        return
    cursor.execute(FEW)
    leaving.written_by_rule(cursor, segment, rule, found.left, freed=found.freed, by=by, today=today)
    cursor.execute("set local enable_seqscan = on")


def tell(segment: Segment, found: Difference) -> None:
    """The day's counts, the segments and tags that ask for this one, and whoever else hears."""
    if not found:
        return
    note(segment, came=len(found.came), left=len(found.left))
    both = found.came + found.left
    # Within a sweep the askers come later with the same customers; alone, they are to look again.
    if any(segment.code in segments_in(rule) for rule in running_rules().values()):
        dirty.mark(both)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_tagdirty (customer_id, since) select id, now() from unnest(%s::bigint[]) id
               where exists (select from customers_tagrule where used and what = 'member' and key = %s)
               order by id on conflict do nothing""",
            [found.came, segment.code],
        )
    for listener in segment_listeners.all():
        listener(segment, found.came, found.left)


def note(segment: Segment, *, came: int, left: int) -> None:
    """Count a day's coming and leaving, and how many are in it now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_segment set people = greatest(0, people + %s) where id = %s returning people",
            [came - left, segment.pk],
        )
        people = cursor.fetchone()[0]
        cursor.execute(
            f"""insert into {SegmentChange._meta.db_table} as d (segment_id, "on", came, "left", people)
                values (%s, %s, %s, %s, %s) on conflict (segment_id, "on") do update
                set came = d.came + excluded.came, "left" = d."left" + excluded."left", people = excluded.people""",
            [segment.pk, timezone.localdate(), came, left, people],
        )


def weeks(segment: Segment, *, back: int = 12) -> list[tuple[date, int, int]]:
    """Per week, the oldest first: its Monday, how many came, how many left."""
    this = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    found = {this - timedelta(weeks=ago): [0, 0] for ago in range(back - 1, -1, -1)}
    rows = SegmentChange.objects.filter(segment=segment, on__gte=min(found))
    for row in rows:
        week = found.get(row.on - timedelta(days=row.on.weekday()))
        if week is not None:
            week[0], week[1] = week[0] + row.came, week[1] + row.left
    return [(monday, came, left) for monday, (came, left) in found.items()]
