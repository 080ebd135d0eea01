"""Who takes part: the arm is a hash of salt and customer, written once; the pilot arm is given the package."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from journeys.models import Pilot, PilotGate, PilotStep, ServicePackage
from journeys.models.pilot import OF
from journeys.packages.assigning import LOCK, TELL
from journeys.packages.promising import close, promise

# Who may be drawn: living, of the segment and the stores of the step, without the package, not drawn before.
ELIGIBLE = """
  select k.id,
         ('x' || substr(md5(%(salt)s::text || k.id), 1, 7))::bit(28)::int %% %(of)s as draw,
         md5(%(salt)s::text || 'order' || k.id) as turn
    from customers_customer k
   where k.merged_into_id is null and k.erased_at is null and k.joined_at <= %(now)s
     and (%(segment)s::bigint is null or exists (
           select from customers_segmentmember s
            where s.segment_id = %(segment)s and s.customer_id = k.id and s.via <> 'block'))
     and (%(stores)s::bigint[] is null or k.home_store_id = any(%(stores)s))
     and not exists (select from journeys_heldpackage h
                      where h.customer_id = k.id and h.package_id = %(package)s
                        and (h.ended_at is null
                             or h.ended_by_id is not null and h.ended_at > %(now)s - interval '365 days'))
"""
# Of each arm those whose second hash comes first: who is in depends on nothing but the salt.
DRAW = f"""
insert into journeys_pilotmember (pilot_id, step_id, customer_id, draw, arm, joined_at)
select %(pilot)s, %(step)s, x.id, x.draw, x.arm, %(now)s
  from (select e.*, a.arm, row_number() over (partition by a.arm order by e.turn, e.id) as place
          from ({ELIGIBLE}) e
         cross join lateral (select case when e.draw < %(control)s then 'control' else 'pilot' end) as a(arm)
         where not exists (select from journeys_pilotmember m where m.pilot_id = %(pilot)s and m.customer_id = e.id)) x
 where %(size)s::int is null or x.place <= %(size)s
on conflict do nothing
"""
GIVE = """
with given as (
  insert into journeys_heldpackage (customer_id, package_id, version_id, source, why, since)
  select m.customer_id, %(package)s, %(version)s, 'pilot', %(code)s, %(now)s
    from journeys_pilotmember m
   where m.pilot_id = %(pilot)s and m.step_id = %(step)s and m.arm = 'pilot' and m.held_id is null
  on conflict do nothing
  returning id, customer_id)
update journeys_pilotmember m set held_id = g.id
  from given g where m.pilot_id = %(pilot)s and m.customer_id = g.customer_id and m.held_id is null
returning g.id
"""
# The roll-out draws nobody: everybody who may have it is given it, the control too.
GIVE_ALL = f"""
insert into journeys_heldpackage (customer_id, package_id, version_id, source, why, since)
select e.id, %(package)s, %(version)s, 'pilot', %(code)s, %(now)s from ({ELIGIBLE}) e
on conflict do nothing
returning id
"""
# After a change who is in goes on with the version of the new step.
MOVE = """
update journeys_heldpackage h set version_id = %(version)s
  from journeys_pilotmember m
 where m.pilot_id = %(pilot)s and m.held_id = h.id and h.ended_at is null and h.source = 'pilot'
   and h.version_id <> %(version)s
returning h.id
"""
END = """
update journeys_heldpackage h set ended_at = greatest(%(now)s, h.since)
 where h.package_id = %(package)s and h.source = 'pilot' and h.why = %(code)s and h.ended_at is null
returning h.id
"""


@transaction.atomic
def fill(step: PilotStep, *, at: datetime) -> None:
    """Draw the people of a step and give the pilot arm its package; a second call finds nothing to do."""
    if not PilotStep.objects.filter(pk=step.pk, filled_at=None).update(filled_at=at):
        return
    with connection.cursor() as cursor:
        # While it is drawn the nightly run waits, and nobody gives this package by hand.
        cursor.execute(LOCK)
    ServicePackage.objects.select_for_update(no_key=True).get(pk=step.pilot.package_id)
    facts = _facts(step.pilot, at) | {"step": step.pk, "version": step.version_id}
    if step.kind == PilotStep.Kind.ALL:
        given = _ids(GIVE_ALL, facts | {"stores": None})
    else:
        stores = step.kind == PilotStep.Kind.STORES
        facts["stores"] = list(step.stores.values_list("store", flat=True)) if stores else None
        facts["size"] = None if stores else step.pilot.size
        # After a change the same people go on: nobody is drawn.
        before = PilotGate.objects.filter(step__pilot=step.pilot_id, step__number=step.number - 1)
        if not before.filter(decision=PilotGate.Decision.CHANGE).exists():
            with connection.cursor() as cursor:
                cursor.execute(DRAW, facts)
        given = _ids(GIVE, facts)
    moved = _ids(MOVE, facts)
    close(moved)
    promise(given + moved)
    _tell("package.given", given, at)


@transaction.atomic
def take_away(pilot: Pilot, *, at: datetime) -> None:
    """A pilot that was stopped takes along what it gave."""
    ended = _ids(END, _facts(pilot, at))
    close(ended)
    _tell("package.ended", ended, at)


def _facts(pilot: Pilot, at: datetime) -> dict[str, Any]:
    return {
        "pilot": pilot.pk, "salt": pilot.salt, "of": OF, "segment": pilot.segment_id, "package": pilot.package_id,
        "control": pilot.control * OF // 100, "code": pilot.code, "now": at,
    }  # fmt: skip


def _ids(statement: str, facts: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return [row[0] for row in cursor.fetchall()]


def _tell(kind: str, ids: list[int], at: datetime) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(TELL, {"kind": kind, "ids": ids, "now": at, "today": timezone.localdate(at)})
