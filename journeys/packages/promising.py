"""What a package promises becomes the customer's service terms, which the clocks of cases read."""

from django.db import connection
from django.utils import timezone

PROMISE = """
insert into tickets_serviceterms (customer_id, term, value, source, starts_at, ends_at)
select h.customer_id, term.key, term.value::int,
       coalesce(p.name->>'zh-hans', p.name->>'zh-hant', p.name->>'en', p.code) || ' · v' || v.number || ' #' || h.id,
       %(now)s, h.until
  from journeys_heldpackage h
  join journeys_servicepackage p on p.id = h.package_id
  join journeys_packageversion v on v.id = h.version_id
 cross join lateral jsonb_each_text(v.terms) as term
 where h.id = any(%(ids)s) and h.ended_at is null and (h.until is null or h.until > %(now)s)
"""
CLOSE = """
update tickets_serviceterms t set ends_at = greatest(%(now)s, t.starts_at + interval '1 microsecond')
  from journeys_heldpackage h
 where h.id = any(%(ids)s) and t.customer_id = h.customer_id and t.source like '%% #' || h.id
   and (t.ends_at is null or t.ends_at > %(now)s)
"""


def promise(ids: list[int]) -> None:
    """Write down the terms of these holdings, from now on until their last day."""
    _run(PROMISE, ids)


def close(ids: list[int]) -> None:
    """Their terms end now; clocks that run keep what they froze."""
    _run(CLOSE, ids)


def _run(statement: str, ids: list[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"ids": ids, "now": timezone.now()})
