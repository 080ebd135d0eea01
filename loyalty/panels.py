"""The wallet's block on the customer page: one query, whatever lies in it."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.registry import Panel, panels
from scrm.kernel.words import Words

GLANCE = """
select coalesce(a.available, 0), coalesce(a.pending, 0), coalesce(a.debt, 0), l.name, l.rank, m.until, m.warned_on,
  (select count(*) from loyalty_coupon c where c.customer_id = %(customer)s and c.state = 'issued'
     and (c.valid_until is null or c.valid_until > %(now)s)),
  n.points, n.ends_at
from (select %(customer)s::bigint as customer_id) p
left join loyalty_programme g on g.code = 'main'
left join loyalty_pointsaccount a on a.customer_id = p.customer_id and a.programme_id = g.id
left join lateral (
  select o.ends_at, sum(o.remaining) as points from loyalty_pointslot o
  where o.account_id = a.id and o.remaining > 0 and o.state = 'open' and o.ends_at > %(now)s
  group by 1 order by 1 limit 1) n on n.ends_at <= %(soon)s
left join loyalty_levelmembership m on m.customer_id = p.customer_id and m.programme_id = g.id and m.ended_on is null
left join loyalty_level l on l.programme_id = g.id and l.rank = coalesce(m.rank, 0)
"""


def wallet(request: Any, customer: Customer) -> dict[str, Any]:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(GLANCE, {"customer": customer.pk, "now": now, "soon": now + timedelta(days=45)})
        row = cursor.fetchone()
    available, pending, debt, name, rank, until, warned_on, coupons, ending, next_end = row
    return {
        "available": available, "pending": pending, "debt": debt, "level": _words(name), "rank": rank, "until": until,
        "warned_on": warned_on, "coupons": coupons, "ending": ending, "next_end": _moment(next_end),
    }  # fmt: skip


def _words(name: Any) -> Words | None:
    return None if name is None else Words(json.loads(name) if isinstance(name, str) else name)


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def register() -> None:
    panel = Panel("wallet", "right", 25, "loyalty/panels/_wallet.html", wallet, ("points.", "coupon.", "level."))
    panels.add(panel.name, panel)
