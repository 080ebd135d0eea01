"""A lot of people who are due, taken in hand at once: what makes nothing is done here for all, the rest is leased.

One transaction: whoever another worker has is passed over (SKIP LOCKED), each way is written once at the end.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from journeys.models import Playbook, PlaybookVersion
from journeys.playbooks import flow
from journeys.playbooks.steps import KINDS
from journeys.playbooks.steps.turning import Fork, Out, Wait

LEASE = timedelta(minutes=2)
NOTHING = "{}"
Step = dict[str, Any]
DUE = """
select e.id, e.customer_id, e.entered_at, e.version_id, e.node, e.doing, e.tries from journeys_enrolment e
 where e.playbook_id = %s and e.state = 'active' and e.due_at <= %s order by e.due_at limit %s for update skip locked
"""
# Of two records that were joined, the later way is for the walk, which ends it.
LATER = """
select e.id from journeys_enrolment e where e.id = any(%s::bigint[]) and exists (
  select from journeys_enrolment t where t.customer_id = e.customer_id and t.playbook_id = e.playbook_id
    and (t.entered_at, t.id) < (e.entered_at, e.id) and (t.ended_at is null or t.ended_at > e.entered_at))
"""
KNOWN = """
select enrolment_id, node, result from journeys_steprun where enrolment_id = any(%s::bigint[]) order by at, id
"""
NOTE = """
insert into journeys_steprun (enrolment_id, version_id, node, result, details, at)
select n.id, %s, %s, %s, '{}'::jsonb, %s from unnest(%s::bigint[]) n (id)
"""
# Very many come to very few different states: those are sent once, and who comes to which.
WRITE = """
update journeys_enrolment e set node = t.node, doing = t.doing, awaits = t.awaits, due_at = t.due_at,
  tries = t.tries, state = case when t.over = '' then 'active' else 'ended' end, "end" = t.over,
  ended_at = case when t.over <> '' then %s end
from unnest(%s::bigint[], %s::int[]) n (id, to_state)
join jsonb_to_recordset(%s::jsonb) t (place int, node text, doing jsonb, awaits jsonb, due_at timestamptz, tries int,
                                      over text) on t.place = n.to_state
where e.id = n.id
"""
YES = {
    "segment": "select m.customer_id from customers_segmentmember m join customers_segment g on g.id = m.segment_id "
               "where g.code = %(segment)s and m.customer_id = any(%(customers)s) and m.via <> 'block'",
    "level": "select c.id from unnest(%(customers)s::bigint[]) c (id) where coalesce("
             "(select array_agg(l.code::text) && %(levels)s::text[] from loyalty_levelmembership h "
             "join loyalty_level l on l.id = h.level_id where h.customer_id = c.id and h.ended_on is null), "
             "exists (select from loyalty_level l where l.rank = 0 and l.code = any(%(levels)s)))",
    "did": "select w.customer from unnest(%(customers)s::bigint[], %(since)s::timestamptz[]) w (customer, since) "
           "where exists (select from customers_event v where v.customer_id = w.customer and v.at >= w.since "
           "and v.kind = any(%(events)s))",
}  # fmt: skip


@dataclass
class Way:
    """One person of the lot, on the way through what makes nothing."""

    id: int
    customer: int
    entered_at: datetime
    version: int
    node: str
    doing: str  # as JSON
    tries: int
    due_at: datetime | None = None
    awaits: tuple[str, ...] = ()
    over: str = ""
    heard: bool = False  # what the last wait came to
    later: bool = False


def take(playbook: Playbook, at_most: int) -> tuple[datetime, list[int], int]:
    """Take some who are due in hand: (the lease, who stands before a step that makes something, how many there were).

    Those are due again when the lease ends, unless they moved on.
    """
    now = timezone.now()
    lease = now + LEASE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DUE, [playbook.pk, now, at_most])
        ways = [
            Way(pk, customer, entered_at, version, node, doing, tries)
            for pk, customer, entered_at, version, node, doing, tries in cursor.fetchall()
        ]
        if not ways:
            return lease, [], 0
        everybody = _listed(way.id for way in ways)
        cursor.execute(LATER, [everybody])
        later = {row[0] for row in cursor.fetchall()}
        known: dict[int, dict[str, str]] = defaultdict(dict)
        cursor.execute(KNOWN, [everybody])
        for pk, node, result in cursor.fetchall():
            known[pk][node] = result
        for way in ways:
            waits = [result for result in known[way.id].values() if result in ("heard", "over")]
            way.heard = bool(waits) and waits[-1] == "heard"
            way.later = way.id in later
        walked, noted = _through(playbook, ways, known, now)
        for way in walked:
            way.due_at, way.tries = lease, way.tries + 1
        for (version, node, result), ids in noted.items():
            cursor.execute(NOTE, [version, node, result, now, _listed(ids)])
        places: dict[tuple[Any, ...], int] = {}
        to_state = [
            places.setdefault((way.node, way.doing, way.awaits, way.due_at, way.tries, way.over), len(places))
            for way in ways
        ]
        cursor.execute(WRITE, [now, everybody, _listed(to_state), json.dumps([_state(at, *one) for one, at in
                                                                            places.items()])])  # fmt: skip
    return lease, sorted(way.id for way in walked), len(ways)


def _listed(numbers: Iterable[int]) -> str:
    """As one value: a list would be read by the database number by number as text of the statement."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _state(
    place: int, node: str, doing: str, awaits: tuple[str, ...], due_at: datetime | None, tries: int, over: str
) -> dict[str, Any]:  # fmt: skip
    return {"place": place, "node": node, "doing": _read(doing), "awaits": awaits, "tries": tries, "over": over,
            "due_at": due_at and due_at.isoformat()}  # fmt: skip


@lru_cache(maxsize=10_000)
def _read(doing: str) -> dict[str, Any]:
    """What a step began; not to be changed in place."""
    found: dict[str, Any] = json.loads(doing)
    return found


Noted = dict[tuple[int, str, str], list[int]]  # version, node and result → whose


def _through(
    playbook: Playbook, ways: list[Way], known: dict[int, dict[str, str]], now: datetime
) -> tuple[list[Way], Noted]:
    """As far as steps that make nothing go: (who is to be walked, what is to be noted)."""
    versions = PlaybookVersion.objects.in_bulk({way.version for way in ways})
    behind = {pk: flow.following(version.steps) for pk, version in versions.items()}
    here: dict[tuple[int, str], list[Way]] = defaultdict(list)
    walked: list[Way] = []
    noted: Noted = defaultdict(list)
    for way in ways:
        # Who was tried before without an end is for the walk as well.
        (walked if way.later or way.tries else here[way.version, way.node]).append(way)
    while here:
        (version, node), crowd = here.popitem()
        step = flow.find(versions[version].steps, node) if node else None
        if step is not None and (step["kind"] not in KINDS or KINDS[step["kind"]].makes):
            walked += crowd
            continue
        passed = [way for way in crowd if node in known[way.id]]
        walked += passed  # seen to by a colleague
        for way, result in _results(playbook, step, [way for way in crowd if node not in known[way.id]], now):
            if step is None or step["kind"] == Out.name:
                way.over, way.node, way.doing, way.due_at = "step" if step else "walked", "", NOTHING, None
            elif result:
                way.node, way.doing = behind[version][node][result if step["kind"] == Fork.name else ""], NOTHING
                way.heard = result == "heard" if step["kind"] == Wait.name else way.heard
                here[version, way.node].append(way)
            if result:
                noted[version, node, result].append(way.id)
    return walked, noted


def _results(playbook: Playbook, step: Step | None, crowd: list[Way], now: datetime) -> list[tuple[Way, str]]:
    """What comes of this step for each; “” for who waits from now on, or on."""
    if step is None:
        return [(way, "") for way in crowd]
    if step["kind"] == Out.name:
        return [(way, "done") for way in crowd]
    if step["kind"] == Fork.name:
        return [(way, "yes" if yes else "no") for way, yes in _asked(playbook, step, crowd)]
    found = []
    ends, awaits = Wait.ends(step, now), tuple(step.get("events", []))
    for way in crowd:
        doing = _read(way.doing)
        until = datetime.fromisoformat(doing["until"]) if "until" in doing else ends
        if doing.get("heard"):
            found.append((way, "heard"))
        elif until <= now:
            found.append((way, "over"))
        else:
            way.doing, way.due_at, way.awaits = f'{{"until": "{until.isoformat()}"}}', until, awaits
            way.tries = 0
            found.append((way, ""))
    return found


def _asked(playbook: Playbook, step: Step, crowd: list[Way]) -> list[tuple[Way, bool]]:
    if step["by"] == "heard":
        return [(way, way.heard) for way in crowd]
    if step["by"] == "random":
        draws = {way.id: hashlib.md5(f"{playbook.salt}:{way.id}:{step['key']}".encode()) for way in crowd}  # noqa: S324
        return [(way, int(draws[way.id].hexdigest()[:8], 16) % 100 < step["share"]) for way in crowd]
    values: dict[str, Any] = {"customers": [way.customer for way in crowd], "since": [way.entered_at for way in crowd]}
    with connection.cursor() as cursor:
        cursor.execute(YES[step["by"]], values | {name: step.get(name) for name in ("segment", "levels", "events")})
        yes = {row[0] for row in cursor.fetchall()}
    return [(way, way.customer in yes) for way in crowd]
