"""What one customer bought, by article, and what of it runs out about now."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from commerce.articles import common_name
from journeys.recommending.picks import Reason
from scrm.kernel.words import Words

OF_HERS = 730  # days of purchases that are looked at
RESTS = 60  # days in which what was bought is not shown again, unless it runs out
EARLY, LATE = 0.15, 1.5  # of the gap: from so long before it ends, until so long after
OWN_TIMES = 3  # purchases that make a gap of one's own
REFILL = 40  # points: a need with a day
# An article is called by what the names of all its sizes and colours share, not by the one that was bought.
BOUGHT = """
select b.*, jsonb_build_array(b.one) || coalesce(
         (select jsonb_agg(n.name) from commerce_product n where n.parent = b.article and n.parent <> ''), '[]') from (
select coalesce(nullif(p.parent, ''), p.code) as article, count(distinct o.business_date), min(o.business_date),
       max(o.business_date) as last, (array_agg(exists (select from commerce_refundline r where r.order_line_id = l.id)
                                                order by o.business_date desc, l.id desc))[1],
       max(case when p.attributes ->> 'refill_days' ~ '^[0-9]{1,4}$' then (p.attributes ->> 'refill_days')::int end),
       f.gap, f.people, (array_agg(p.name order by p.code))[1] as one
  from commerce_order o join commerce_orderline l on l.order_id = o.id join commerce_product p on p.id = l.product_id
  left join commerce_articlefigure f on f.article = coalesce(nullif(p.parent, ''), p.code)
 where o.customer_id = %s and o.state <> 'cancelled' and o.business_date > %s and l.quantity > 0 and p.kind = 'goods'
 group by 1, f.gap, f.people) b
"""


@dataclass(frozen=True)
class Bought:
    """One article as she bought it; `returned`: the latest of it came back."""

    days: int
    first: date
    last: date
    returned: bool
    lasts: int | None  # as the catalogue says
    gap: int | None  # as people come back
    people: int | None
    one: str  # the bought piece's name, words as JSON
    names: str  # that and those of all sizes and colours, as JSON

    @property
    def name(self) -> Words:
        return common_name([Words(one) for one in json.loads(self.names)])

    def refill(self, today: date) -> Reason | None:
        """That it runs out about now; None otherwise."""
        ago = (today - self.last).days
        runs_out = self.lasts or self.gap
        if self.days >= OWN_TIMES and runs_out:
            gap, of = max(1, round((self.last - self.first).days / (self.days - 1))), "own"
        elif self.gap:
            gap, of = self.gap, "people"
        elif self.lasts:
            gap, of = self.lasts, "catalogue"
        else:
            return None
        if not gap * (1 - EARLY) <= ago <= gap * LATE:
            return None
        values = {"of": of, "gap": gap, "ago": ago, "times": self.days, "people": self.people}
        return Reason("refill", REFILL, values)

    def rests(self, today: date) -> bool:
        return (today - self.last).days < RESTS


def bought_of(customer: int, today: date) -> dict[str, Bought]:
    """By article. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT, [customer, today - timedelta(days=OF_HERS)])
        return {row[0]: Bought(*row[1:]) for row in cursor.fetchall()}
