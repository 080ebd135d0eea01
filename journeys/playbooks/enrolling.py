"""Taking people in: many at once in one statement, each once, the control drawn by a stored mark."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from journeys.models import Playbook, PlaybookVersion
from journeys.models.enrolment import ADVANCE
from journeys.playbooks import flow
from scrm.kernel.wake import wake

# Playbooks that want a person for themselves take people in one after the other: two that each hold whom the other
# wants would wait for each other for ever.
ONE_AFTER_THE_OTHER = "select pg_advisory_xact_lock(7052043)"
# Who was compared once is compared again: the first draw of a customer stands, whatever the share is today.
JUDGED = """
with judged as (
  select c.id, case
      when exists (select from journeys_enrolment e where e.customer_id = c.id and e.playbook_id = %(playbook)s
                     and e.state in ('active', 'parked')) then 'in_it'
      when exists (select from journeys_enrolment e where e.customer_id = c.id and e.playbook_id = %(playbook)s
                     and (%(again)s::int is null or e.ended_at > %(now)s - make_interval(days => %(again)s::int)))
        then 'again'
      when %(alone)s and exists (select from journeys_enrolment e where e.customer_id = c.id
                     and e.playbook_id <> %(playbook)s and e.state in ('active', 'parked')) then 'other'
      when %(no_case)s and exists (select from tickets_ticket t where t.customer_id = c.id
                     and t.state in ('new', 'open', 'waiting', 'held')) then 'case'
      else '' end as why_not,
    coalesce((select e.state = 'control' from journeys_enrolment e
               where e.customer_id = c.id and e.playbook_id = %(playbook)s order by e.id limit 1),
             ('x' || left(md5(%(salt)s || ':' || c.id), 8))::bit(32)::bigint %% 100 < %(holdout)s) as control
  from (select id from customers_customer where id = any(%(ids)s) and merged_into_id is null and erased_at is null
         order by id for key share) c)
"""
NOTED = """
insert into journeys_playbookday as d (playbook_id, "on", what, n)
select %(playbook)s, %(day)s, what, n from counted order by what
on conflict (playbook_id, "on", what) do update set n = d.n + excluded.n
"""
# Whom another playbook took at this very moment, the indexes keep out: they are judged once more and counted.
TAKE_IN = (
    JUDGED
    + f""",
taken as (
  insert into journeys_enrolment (customer_id, playbook_id, version_id, state, alone, why, entered_at, node, due_at,
    tries, awaits, doing, trouble, trouble_text, goal_until, ended_at, "end")
  select id, %(playbook)s, %(version)s, case when control then 'control' else 'active' end, %(alone)s, %(why)s::jsonb,
    %(now)s, case when control then '' else %(first)s end, case when not control then %(now)s end, 0, '[]', '{{}}',
    '', '', %(now)s + make_interval(days => %(days)s), case when control then %(now)s end, ''
  from judged where why_not = '' order by id
  on conflict do nothing returning customer_id, state),
counted as (
  select case state when 'control' then 'control' else 'on' end as what, count(*) as n from taken group by 1
  union all select why_not, count(*) from judged where why_not <> '' group by 1),
noted as ({NOTED})
select customer_id, true from taken
 union all select id, false from judged where why_not = '' and id not in (select customer_id from taken)
"""
)
LEFT_OUT = (
    JUDGED
    + f""",
counted as (select why_not as what, count(*) as n from judged where why_not <> '' group by 1)
{NOTED}
"""
)


@transaction.atomic
def enrol(
    playbook: Playbook, customers: Iterable[int], *, why: dict[str, Any], at: datetime | None = None,
    version: PlaybookVersion | None = None,
) -> list[int]:  # fmt: skip
    """Take these in unless a rule is against it; who came in, control included. The same twice is once.

    While it is paused people come in and wait; retired or a draft, nobody does.
    """
    version = version or playbook.running
    ids = sorted(set(customers))
    if version is None or not playbook.takes_in or not ids:
        return []
    now = at or timezone.now()
    values = _values(playbook, version, ids, now) | {
        "version": version.pk, "why": json.dumps(why), "first": flow.first(version.steps),
        "day": timezone.localdate(now), "days": version.content["goal"]["days"],
    }  # fmt: skip
    with connection.cursor() as cursor:
        if values["alone"]:
            cursor.execute(ONE_AFTER_THE_OTHER)
        cursor.execute(TAKE_IN, values)
        found = cursor.fetchall()
        taken = sorted(customer for customer, is_in in found if is_in)
        if lost := [customer for customer, is_in in found if not is_in]:
            cursor.execute(LEFT_OUT, values | {"ids": lost})
    if taken:
        wake(ADVANCE, queue="bulk")
    return taken


def why_not(playbook: Playbook, customer: int) -> str:
    """Why this customer would not be taken in now, as a code of NOT_IN; “” when nothing is against it."""
    version = playbook.running
    if version is None:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(JUDGED + "select why_not from judged", _values(playbook, version, [customer], timezone.now()))
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _values(playbook: Playbook, version: PlaybookVersion, ids: list[int], now: datetime) -> dict[str, Any]:
    rules = version.content["rules"]
    return {
        "playbook": playbook.pk, "ids": ids, "now": now, "salt": playbook.salt, "again": rules.get("again"),
        "holdout": rules.get("holdout", 0), "alone": bool(rules.get("alone")), "no_case": bool(rules.get("no_case")),
    }  # fmt: skip


def came_into(segment: Any, came: list[int], left: list[int]) -> None:
    """The segment tells who came into it, in its own transaction."""
    for playbook in Playbook.objects.filter(hears=f"segment:{segment.code}", state__in=("live", "paused")):
        enrol(playbook, came, why={"segment": segment.code})
