"""What goodwill cost in one month, and whether its customers bought again: beside cases that got none."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from staff.models import Store, User
from tickets.models import Reason

DAYS = 30

# Bought again: a paid order placed within 30 days after it was given. Only gifts whose 30 days are over count there,
# each customer once per line.
GIVEN = """
select g.store_id, g.reason_id, count(*), sum(g.value_minor), count(*) filter (where g.is_exception),
       count(*) filter (where g.above), count(distinct g.customer_id) filter (where g.given_at <= %(over)s),
       count(distinct g.customer_id) filter (where g.given_at <= %(over)s and exists (
         select from commerce_order o where o.customer_id = g.customer_id and o.state = 'paid'
           and o.placed_at > g.given_at and o.placed_at <= g.given_at + %(days)s))
from tickets_compensation g
where g.state = 'granted' and g.given_at >= %(start)s and g.given_at < %(end)s
  and (%(all)s or g.store_id = any(%(stores)s))
group by 1, 2
"""

# The other side: cases opened in the same month by customers who got no goodwill in it, counted from the opening.
WITHOUT = """
select t.store_id, count(distinct t.customer_id), count(distinct t.customer_id) filter (where exists (
         select from commerce_order o where o.customer_id = t.customer_id and o.state = 'paid'
           and o.placed_at > t.opened_at and o.placed_at <= t.opened_at + %(days)s))
from tickets_ticket t
where t.opened_at >= %(start)s and t.opened_at < least(%(end)s, %(over)s) and t.state <> 'merged'
  and (%(all)s or t.store_id = any(%(stores)s))
  and not exists (select from tickets_compensation g where g.customer_id = t.customer_id and g.state = 'granted'
                  and g.given_at >= %(start)s and g.given_at < %(end)s)
group by 1
"""


@dataclass
class Row:
    """One store and reason. `again` of `known` bought within 30 days; known counts whose 30 days are over."""

    store: Any
    reason: Any
    times: int
    cost: int
    exceptions: int
    approved: int
    known: int
    again: int

    @property
    def rate(self) -> float | None:
        return self.again / self.known if self.known else None


@dataclass
class Report:
    month: date
    rows: list[Row] = field(default_factory=list)
    without: list[tuple[Any, int, int]] = field(default_factory=list)  # store, customers, of them bought again

    @property
    def cost(self) -> int:
        return sum(row.cost for row in self.rows)

    @property
    def times(self) -> int:
        return sum(row.times for row in self.rows)

    @property
    def exceptions(self) -> int:
        return sum(row.exceptions for row in self.rows)

    @property
    def with_goodwill(self) -> tuple[int, int]:
        return sum(row.known for row in self.rows), sum(row.again for row in self.rows)

    @property
    def with_none(self) -> tuple[int, int]:
        return sum(known for _store, known, _again in self.without), sum(again for _s, _k, again in self.without)

    @property
    def before(self) -> date:
        return (self.month - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date | None:
        following = (self.month + timedelta(days=31)).replace(day=1)
        return following if following <= timezone.localdate(timezone=timezone.get_default_timezone()) else None


def report(month: date, *, reader: User) -> Report:
    """One month of the brand's calendar, of the stores the reader may see."""
    zone, now = timezone.get_default_timezone(), timezone.now()
    start = datetime.combine(month, time(), zone)
    end = datetime.combine((month + timedelta(days=31)).replace(day=1), time(), zone)
    values: dict[str, Any] = {
        "start": start, "end": end, "over": now - timedelta(days=DAYS), "days": timedelta(days=DAYS),
        "all": reader.sees_whole_brand, "stores": reader.store_ids,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, values)
        given = cursor.fetchall()
        cursor.execute(WITHOUT, values)
        without = cursor.fetchall()
    stores = Store.objects.in_bulk({row[0] for row in [*given, *without] if row[0]})
    reasons = Reason.objects.in_bulk({row[1] for row in given})
    rows = [Row(stores.get(each[0]), reasons[each[1]], each[2], int(each[3]), *each[4:]) for each in given]
    return Report(
        month,
        sorted(rows, key=lambda row: (row.store.code if row.store else "~", row.reason.place, row.reason.code)),
        sorted(
            ((stores.get(each[0]), *each[1:]) for each in without), key=lambda each: each[0].code if each[0] else "~"
        ),
    )


def month_of(text: str) -> date:
    """“2026-11”; this month for anything else, and for months ahead or before 2000."""
    today = timezone.localdate(timezone=timezone.get_default_timezone()).replace(day=1)
    try:
        found = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return today
    return found if date(2000, 1, 1) <= found <= today else today
