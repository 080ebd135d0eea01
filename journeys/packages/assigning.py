"""Every night each customer gets the package of the own cell of value × need; what was given by hand stays."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from journeys.packages.promising import close, promise

LOCK = "select pg_advisory_xact_lock(7052033)"
# A package ends when its last day is over, or when the grid gave it and the cell now asks for another or for none,
# or the same customer holds it already: two records that were joined may each have brought one.
END = """
update journeys_heldpackage h set ended_at = greatest(%(now)s, h.since)
 where h.ended_at is null and (h.until <= %(now)s or h.source = 'grid' and not exists (
         select from journeys_outlook o
           join journeys_packagecell c on c.cell = o.value || '.' || o.need
           join journeys_servicepackage p on p.id = c.package_id and p.state = 'live'
          where o.customer_id = h.customer_id and c.package_id = h.package_id)
    or h.source = 'grid' and exists (
         select from journeys_heldpackage twin
          where twin.customer_id = h.customer_id and twin.package_id = h.package_id and twin.ended_at is null
            and twin.id <> h.id and (twin.source in ('hand', 'pilot') or twin.id < h.id)))
returning h.id
"""
# What somebody ended by hand is not given anew within a year; the control of a pilot waits until that is over.
GIVE = """
insert into journeys_heldpackage (customer_id, package_id, version_id, source, why, since)
select o.customer_id, p.id, v.id, 'grid', c.cell, %(now)s
  from journeys_outlook o
  join customers_customer k on k.id = o.customer_id and k.merged_into_id is null and k.erased_at is null
  join journeys_packagecell c on c.cell = o.value || '.' || o.need
  join journeys_servicepackage p on p.id = c.package_id and p.state = 'live'
  join journeys_packageversion v on v.package_id = p.id and v.number = p.version
 where not exists (select from journeys_heldpackage h where h.customer_id = o.customer_id and h.package_id = p.id
                     and (h.ended_at is null
                          or h.ended_by_id is not null and h.ended_at > %(now)s - interval '365 days'))
   and not exists (select from journeys_pilotmember m
                     join journeys_pilot t on t.id = m.pilot_id and t.package_id = p.id
                    where m.customer_id = o.customer_id and m.arm = 'control' and t.state in ('running', 'gated'))
on conflict do nothing
returning id
"""
UNMOVED = """
update journeys_heldpackage h set why = o.value || '.' || o.need
  from journeys_outlook o
 where o.customer_id = h.customer_id and h.ended_at is null and h.source = 'grid' and h.why <> o.value || '.' || o.need
"""
# When the year of a holding turns, the version that runs by then follows; a pilot keeps the one it tries.
RENEW = """
select h.id from journeys_heldpackage h
  join journeys_servicepackage p on p.id = h.package_id
  join journeys_packageversion v on v.package_id = p.id and v.number = p.version and v.id <> h.version_id
 where h.ended_at is null
   and not (h.source = 'pilot' and exists (select from journeys_pilot t
              where t.code = h.why and t.state in ('running', 'gated')))
   and floor(extract(epoch from %(now)s - h.since) / 31536000)
       > floor(extract(epoch from greatest(v.published_at, h.since) - h.since) / 31536000)
"""
TO_RUNNING = """
update journeys_heldpackage h set version_id = v.id
  from journeys_servicepackage p join journeys_packageversion v on v.package_id = p.id and v.number = p.version
 where p.id = h.package_id and h.id = any(%(ids)s)
"""
TELL = """
insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, details,
                             source, source_ref)
select h.customer_id, %(kind)s, %(now)s, %(now)s, %(today)s, 'during', '', '',
       jsonb_build_object('name', p.name, 'cell', h.why), '', ''
  from journeys_heldpackage h join journeys_servicepackage p on p.id = h.package_id
 where h.id = any(%(ids)s)
"""


@dataclass(frozen=True)
class Given:
    """What one run did."""

    given: int
    ended: int
    renewed: int


@transaction.atomic
def assign(*, at: datetime | None = None) -> Given:
    """One run for everybody; a second one right after finds nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        now = at or timezone.now()
        facts = {"now": now, "today": timezone.localdate(now)}

        def ids(statement: str) -> list[int]:
            cursor.execute(statement, facts)
            return [row[0] for row in cursor.fetchall()]

        ended = ids(END)
        close(ended)
        cursor.execute(UNMOVED)
        given = ids(GIVE)
        promise(given)
        renewed = ids(RENEW)
        close(renewed)
        cursor.execute(TO_RUNNING, {"ids": renewed})
        promise(renewed)
        for kind, rows in (("package.ended", ended), ("package.given", given)):
            if rows:
                cursor.execute(TELL, facts | {"kind": kind, "ids": rows})
    return Given(len(given), len(ended), len(renewed))
