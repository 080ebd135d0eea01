"""Steps that make nothing, taken by many at once: one statement for everybody who stands at the same step.

Only people a worker has in hand (`due_at` is its lease). Whoever a statement passes over is walked one by one.
"""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from journeys.models import PlaybookVersion
from journeys.playbooks import flow
from journeys.playbooks.steps.turning import Fork, Out, Wait

Step = dict[str, Any]
Here = dict[tuple[int, str], list[int]]  # (version, step) → ways
# Joined records, tried too often, or seen to by a colleague here: those are for the walk.
OURS = """
select e.id, e.customer_id, e.entered_at, e.doing from journeys_enrolment e
 where e.id = any(%(ids)s) and e.due_at = %(lease)s and e.state = 'active' and e.node = %(node)s and e.came_as is null
   and e.tries <= 5 and not exists (select from journeys_steprun s where s.enrolment_id = e.id and s.node = %(node)s)
"""
BEGIN_WAIT = """
update journeys_enrolment e set doing = jsonb_build_object('until', %(until)s::text), awaits = %(awaits)s::jsonb,
  due_at = %(until)s::timestamptz, tries = 0
 where e.id = any(%(ids)s) and e.due_at = %(lease)s and e.state = 'active' and e.node = %(node)s and e.came_as is null
   and not e.doing ? 'until' and not e.doing ? 'heard'
   and not exists (select from journeys_steprun s where s.enrolment_id = e.id and s.node = %(node)s)
returning e.id
"""
HELD = "with ours as (" + OURS + " for update of e), found as (select id, {result} as result, {details} as details "
WAITED = (
    HELD.format(
        result="case when doing ? 'heard' then 'heard' else 'over' end",
        details="case when doing ? 'heard' then jsonb_build_object('event', doing->>'heard') else '{{}}' end",
    )
    + "from ours where doing ? 'heard' or (doing->>'until')::timestamptz <= %(now)s), "
)
FORKED = HELD.format(result="case when {yes} then 'yes' else 'no' end", details="'{{}}'::jsonb") + "from ours e), "
WENT_OUT = HELD.format(result="'done'", details="'{{}}'::jsonb") + "from ours), "
MOVE = """
noted as (
  insert into journeys_steprun (enrolment_id, version_id, node, result, details, at)
  select id, %(version)s, %(node)s, result, details, %(now)s from found),
moved as (
  update journeys_enrolment e set doing = '{{}}', awaits = '[]', tries = 1, node = n.node,
    state = case when n.node = '' then 'ended' else 'active' end,
    "end" = case when n.node = '' then %(end)s else '' end,
    ended_at = case when n.node = '' then %(now)s end, due_at = case when n.node <> '' then e.due_at end
  from found f join (values {ways}) n (result, node) on n.result = f.result where e.id = f.id
  returning e.id, e.node)
select id, node from moved
"""
YES = {
    "heard": "(select s.result = 'heard' from journeys_steprun s where s.enrolment_id = e.id "
             "and s.result in ('heard', 'over') order by s.at desc, s.id desc limit 1) is true",
    "segment": "exists (select from customers_segmentmember m join customers_segment g on g.id = m.segment_id "
               "where g.code = %(segment)s and m.customer_id = e.customer_id and m.via <> 'block')",
    "level": "coalesce((select array_agg(l.code::text) && %(levels)s::text[] from loyalty_levelmembership h "
             "join loyalty_level l on l.id = h.level_id where h.customer_id = e.customer_id and h.ended_on is null), "
             "exists (select from loyalty_level l where l.rank = 0 and l.code = any(%(levels)s)))",
    "did": "exists (select from customers_event v where v.customer_id = e.customer_id and v.at >= e.entered_at "
           "and v.kind = any(%(events)s))",
    "random": "('x' || left(md5(%(salt)s || ':' || e.id || ':' || %(node)s), 8))::bit(32)::bigint %% 100 < %(share)s",
}  # fmt: skip


def move(rows: list[tuple[int, int, str]], lease: datetime) -> list[int]:
    """Move on as far as steps that make nothing go; the ways that stand before another kind of step, to be walked."""
    here: Here = defaultdict(list)
    for pk, number, node in rows:
        here[number, node].append(pk)
    versions = PlaybookVersion.objects.select_related("playbook").in_bulk({number for number, _node in here})
    rest: list[int] = []
    while here:
        (number, node), ids = here.popitem()
        version = versions[number]
        step = flow.find(version.steps, node)
        if step is None or step["kind"] not in (Wait.name, Fork.name, Out.name):
            rest += ids
            continue
        moved, waiting = _at(version, step, ids, lease)
        for pk, behind in moved:
            if behind:
                here[number, behind].append(pk)
        done = {pk for pk, _node in moved} | waiting
        rest += [pk for pk in ids if pk not in done]
    return sorted(rest)


@transaction.atomic
def _at(
    version: PlaybookVersion, step: Step, ids: list[int], lease: datetime
) -> tuple[list[tuple[int, str]], set[int]]:
    """(whom the statement moved, and where to; who waits from now on)."""
    now, behind = timezone.now(), flow.following(version.steps)[step["key"]]
    values: dict[str, Any] = {"ids": ids, "lease": lease, "node": step["key"], "version": version.pk, "now": now,
                              "end": "walked", "salt": version.playbook.salt}  # fmt: skip
    waiting: set[int] = set()
    with connection.cursor() as cursor:
        if step["kind"] == Wait.name:
            until = Wait.ends(step, now)
            cursor.execute(
                BEGIN_WAIT, values | {"until": until.isoformat(), "awaits": json.dumps(step.get("events", []))}
            )
            waiting = {row[0] for row in cursor.fetchall()}
            ways, found = {"heard": behind[""], "over": behind[""]}, WAITED.format()
        elif step["kind"] == Fork.name:
            ways, found = behind, FORKED.format(yes=YES[step["by"]])
            values |= {name: step.get(name) for name in ("segment", "levels", "events", "share")}
        else:
            ways, found = {"done": ""}, WENT_OUT.format()
            values["end"] = "step"
        pairs = ", ".join(f"(%(r{n})s::text, %(n{n})s::text)" for n in range(len(ways)))
        for n, (result, node) in enumerate(ways.items()):
            values |= {f"r{n}": result, f"n{n}": node}
        cursor.execute(found + MOVE.format(ways=pairs), values)
        return cursor.fetchall(), waiting
