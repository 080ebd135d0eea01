"""The computation itself: one temporary table with a row per customer who bought.

Definitions: r by NTILE over the last day, f over orders, m over what was spent net of refunds; ties by the customer's
key. The second method cuts at the 20, 40, 60 and 80 % points (PERCENTILE_CONT): equal values, equal class.
"""

from datetime import date
from typing import Any

from django.db import DataError, transaction

DORMANT_DAYS = 180
NEW_DAYS = 60
SHORTEST_RHYTHM = 14
LATE_FACTOR = 2
SETTLED_DAYS = 4
RECENT_DAYS = 90

# The one place of the stage rule; b is a row of what was bought, %(as_of)s the day it stands for.
STAGE = f"""
case
  when %(as_of)s::date - last_on >= {DORMANT_DAYS} then 'dormant'
  when %(as_of)s::date - first_on <= {NEW_DAYS} then 'new'
  when %(as_of)s::date - last_on > {LATE_FACTOR} * greatest(
         coalesce((last_on - first_on)::numeric / nullif(days - 1, 0), 0), {SHORTEST_RHYTHM})
       and days > 1 then 'declining'
  when days < {SETTLED_DAYS} then 'growing'
  -- sped up: in the recent weeks twice as many days of purchase as the own rhythm gives
  when recent * (last_on - first_on) >= 2 * {RECENT_DAYS} * (days - 1) then 'growing'
  else 'mature'
end
"""

# Read from the index order_metrics alone: it holds all of this, customer by customer, day by day.
BOUGHT = f"""
select customer_id, min(business_date) as first_on, max(business_date) as last_on, count(*)::integer as orders,
       count(distinct business_date)::integer as days, sum(base_total)::bigint as spent,
       (count(distinct business_date) filter (where business_date > %(as_of)s::date - {RECENT_DAYS}))::integer as recent
from commerce_order
where customer_id is not null and not (state = 'cancelled') and business_date <= %(as_of)s {{only}}
group by customer_id
"""

NET = """
select b.customer_id, first_on, last_on, orders, days, (spent - coalesce(back.amount, 0))::bigint as spent,
       last_on - %(as_of)s::date as newness, {stage} as lifecycle
from ({bought}) b
left join (select customer_id, sum(base_amount) as amount from commerce_refund
           where customer_id is not null and business_date <= %(as_of)s {only} group by customer_id) back
  using (customer_id)
"""

MEASURED = (("r", "newness"), ("f", "orders"), ("m", "spent"))
CUTS = "percentile_cont(array[.2, .4, .6, .8]) within group (order by {})"


def compute(cursor: Any, *, as_of: date, source: str | None = None) -> None:
    """Fill the temporary table metrics_next for everybody, or for one source's orders."""
    only = "and source = %(source)s" if source is not None else ""
    values = {"as_of": as_of, "source": source}
    cursor.execute("set local work_mem = '256MB'")
    cursor.execute("drop table if exists metrics_net, metrics_tie, metrics_next")
    cursor.execute(f"create temp table metrics_net on commit drop as {_net(only)}", values)
    cursor.execute("analyze metrics_net")
    _order_equals(cursor, source, values)
    # Value and tie in one number: a single key sorts far quicker than two.
    one = "({}::bigint * (select count(*) + 1 from metrics_tie) + tie)"
    cursor.execute(
        f"""create temp table metrics_next on commit drop as
            with cut as materialized (
              select {CUTS.format("newness")} as r, {CUTS.format("orders")} as f, {CUTS.format("spent")} as m
              from metrics_net),
            graded as (
              select customer_id,
                ntile(5) over (order by {one.format("newness")})::smallint as r,
                ntile(5) over (order by {one.format("orders")})::smallint as f,
                ntile(5) over (order by {one.format("spent")})::smallint as m
              from metrics_net join metrics_tie using (customer_id))
            select n.*, g.r, {_above("newness", "cut.r")} as r_cut, g.f, {_above("orders", "cut.f")} as f_cut,
              g.m, {_above("spent", "cut.m")} as m_cut
            from metrics_net n join graded g using (customer_id), cut"""
    )


def compute_some(cursor: Any, *, as_of: date, customers: list[int], borders: dict[str, Any]) -> None:
    """Fill metrics_next for these customers, cut at the given borders."""
    values = {"as_of": as_of, "customers": customers}
    cursor.execute("drop table if exists metrics_next")
    classes = ", ".join(
        f"{_above(column, _array(borders[method][letter]))} as {letter}{'' if method == 'ntile' else '_cut'}"
        for method in ("ntile", "cut")
        for letter, column in (("r", "newness"), ("f", "orders"), ("m", "spent"))
    )
    only = "and customer_id = any(%(customers)s)"
    cursor.execute(
        f"create temp table metrics_next on commit drop as select n.*, {classes} from ({_net(only)}) n", values
    )


def _net(only: str) -> str:
    return NET.format(stage=STAGE, bought=BOUGHT.format(only=only), only=only)


def _order_equals(cursor: Any, source: str | None, values: dict[str, Any]) -> None:
    """Fill metrics_tie: the place of each customer among equals."""
    make = "create temp table metrics_tie on commit drop as"
    if source is None:
        try:
            # Member numbers are numbers nearly everywhere, and numbers sort twice as fast.
            with transaction.atomic():
                cursor.execute(
                    f"""{make} select n.customer_id, row_number() over (order by number::bigint, c.id)::integer as tie
                        from metrics_net n join customers_customer c on c.id = n.customer_id"""
                )
                return
        except DataError:
            pass
    cursor.execute(f"{make} {_ties(source)}", values)


def _ties(source: str | None) -> str:
    """The order among equals: by the source's own key, by the member number for everybody; digits as numbers."""
    if source is None:
        key, join = "number", ""
    else:
        key = "coalesce(k.source_ref, number)"
        join = """left join lateral (select source_ref from customers_sourcekey where kind = 'customers'
                  and object_id = c.id order by source <> %(source)s, id limit 1) k on true"""
    # A shorter number is a smaller one; leading zeros are cut, so this is the numeric order for digits.
    trimmed = f"ltrim({key}, '0')"
    return f"""select n.customer_id,
                 row_number() over (order by length({trimmed}), {trimmed}, c.id)::integer as tie
               from metrics_net n join customers_customer c on c.id = n.customer_id {join}"""


def _above(column: str, cuts: str) -> str:
    """1 + the number of cut points strictly below the value."""
    return f"(1 + {' + '.join(f'({column} > ({cuts})[{place}])::integer' for place in (1, 2, 3, 4))})::smallint"


def _array(values: list[float]) -> str:
    return f"array[{', '.join(repr(float(value)) for value in values)}]"


def borders(cursor: Any) -> dict[str, Any]:
    """The upper bounds of classes 1–4 per method; of recency as minus days, so that more is better everywhere."""
    asked = [
        f"max({column}) filter (where {letter}{suffix} <= {grade})"
        for suffix in ("", "_cut")
        for letter, column in MEASURED
        for grade in (1, 2, 3, 4)
    ]
    cursor.execute(f"select {', '.join(asked)} from metrics_next")
    # An empty class has the border of the one below it; with none below, of nobody.
    found = [-(10**15) if value is None else value for value in cursor.fetchone()]
    bounds = [found[place : place + 4] for place in range(0, len(found), 4)]
    letters = [letter for letter, _column in MEASURED]
    return {
        "ntile": dict(zip(letters, bounds[:3], strict=True)),
        "cut": dict(zip(letters, bounds[3:], strict=True)),
        "points": _points(cursor),
    }


def _points(cursor: Any) -> dict[str, list[float]]:
    cursor.execute(
        f"select {CUTS.format('newness')}, {CUTS.format('orders')}, {CUTS.format('spent')} from metrics_next"
    )
    r, f, m = cursor.fetchone()
    return {"r": r or [0.0] * 4, "f": f or [0.0] * 4, "m": m or [0.0] * 4}
