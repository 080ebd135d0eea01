"""Reading across orders, payments and refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count

from commerce.models import Order, OrderLine

PAID_AND_BACK = """
select store_id, till, business_date, tender, sum(n)::int, sum(captured)::bigint, sum(refunded)::bigint
from (
  select o.store_id, o.till, o.business_date, p.kind as tender, 1 as n, p.amount as captured, 0 as refunded
  from commerce_order o join commerce_payment p on p.order_id = o.id
  where o.business_date between %(from)s and %(to)s and not (o.state = 'cancelled') and p.voided_at is null {here}
  union all
  select o.store_id, o.till, o.business_date, o.tender, 0, 0, o.amount
  from commerce_refund o where o.business_date between %(from)s and %(to)s {here}
) moved
group by 1, 2, 3, 4
order by 3 desc, 1, 2, 4
limit %(limit)s
"""


@dataclass(frozen=True)
class TillDay:
    """What one till took and gave back on one business day by one tender, in minor units."""

    store: int | None
    till: str
    day: date
    tender: str
    count: int
    captured: int
    refunded: int

    @property
    def net(self) -> int:
        return self.captured - self.refunded


def payments_per_till_and_day(
    day_from: date, day_to: date, store_ids: Sequence[int] | None, *, limit: int = 2000
) -> list[TillDay]:
    """The rows a till's own cash report is held against; `store_ids` None means every store."""
    here = "" if store_ids is None else "and o.store_id = any(%(stores)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            PAID_AND_BACK.format(here=here),
            {"from": day_from, "to": day_to, "stores": list(store_ids or ()), "limit": limit},
        )
        return [TillDay(*row) for row in cursor.fetchall()]


def spent_between(customers: list[int], first: date, last: date) -> dict[int, int]:
    """What each customer spent on these days, net of refunds made on them, in minor units of the base currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select customer_id, sum(amount)::bigint from (
                 select customer_id, base_total as amount from commerce_order
                  where customer_id = any(%(ids)s) and business_date between %(first)s and %(last)s
                    and state = 'paid'
                 union all
                 select customer_id, -base_amount from commerce_refund
                  where customer_id = any(%(ids)s) and business_date between %(first)s and %(last)s) moves
               group by 1""",
            {"ids": customers, "first": first, "last": last},
        )
        return dict(cursor.fetchall())


def bought_of(ids: list[int], category: str, since: datetime) -> dict[int, int]:
    """How many orders of these customers since a moment held goods of a category."""
    lines = OrderLine.objects.filter(
        order__customer__in=ids, order__placed_at__gte=since, product__category__code=category
    ).exclude(order__state=Order.State.CANCELLED)
    return dict(lines.order_by().values_list("order__customer").annotate(Count("order", distinct=True)))
