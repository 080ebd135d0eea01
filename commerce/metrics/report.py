"""What `metrics --source` tells: every class with its size, its range and its sales."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from commerce.metrics.computing import borders, compute
from commerce.models import Order
from scrm.kernel import money

METHODS = ("ntile", "cut")
LETTERS = (("r", "-newness"), ("f", "orders"), ("m", "spent"))


def report(
    *, source: str | None = None, as_of: date | None = None, methods: tuple[str, ...] = METHODS
) -> dict[str, Any]:
    """The classes of one source's customers (or of all); without a day, the day after the last order."""
    as_of = as_of or _day_after(source)
    with transaction.atomic(), connection.cursor() as cursor:
        compute(cursor, as_of=as_of, source=source)
        cursor.execute("select count(*), count(*) filter (where orders > 1), count(*) filter (where days > 1) "
                       "from metrics_next")  # fmt: skip
        customers, repeated, on_two_days = cursor.fetchone()
        found: dict[str, Any] = {"as_of": as_of.isoformat(), "customers": customers}
        for method in methods:
            found[method] = _classes(cursor, "" if method == "ntile" else "_cut")
        if "cut" in methods:
            found["cut"] |= _cut_points(cursor)
        return found | {
            "customers_2plus_orders": repeated,
            "repeat_rate": round(repeated / customers, 6) if customers else 0,
            "customers_2plus_purchase_days": on_two_days,
            "second_purchase_day_within_30d_of_first": _second_within(cursor, 30, source=source),
        }  # fmt: skip


def _day_after(source: str | None) -> date:
    orders = Order.objects.exclude(state=Order.State.CANCELLED)
    if source is not None:
        orders = orders.filter(source=source)
    last: date | None = orders.aggregate(last=Max("business_date"))["last"]
    return (last or date.today()) + timedelta(days=1)


def _classes(cursor: Any, suffix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for letter, value in LETTERS:
        cursor.execute(
            f"select {letter}{suffix}, count(*), min({value}), max({value}), sum(spent) from metrics_next "
            f"group by 1 order by 1"
        )
        convert = _major if letter == "m" else int
        found[f"{letter}s"] = {
            str(grade): {"n": count, "min": convert(low), "max": convert(high), "sum_sales": _major(spent)}
            for grade, count, low, high, spent in cursor.fetchall()
        }
    cell = f"(r{suffix}, f{suffix}, m{suffix})"
    cursor.execute(f"select count(*) filter (where {cell} = (5, 5, 5)), count(*) filter (where {cell} = (1, 1, 1)), "
                   f"count(distinct {cell}) from metrics_next")  # fmt: skip
    found["n_555"], found["n_111"], found["n_distinct_cells"] = cursor.fetchone()
    return found


def _cut_points(cursor: Any) -> dict[str, Any]:
    points = borders(cursor)["points"]
    found: dict[str, Any] = {
        "points": {"r_neg": points["r"], "f": points["f"], "m": [round(value / _unit(), 6) for value in points["m"]]}
    }
    for letter, _value in LETTERS:
        cursor.execute(f"select {letter}_cut, count(*) from metrics_next group by 1 order by 1")
        found[f"{letter}c"] = {str(grade): count for grade, count in cursor.fetchall()}
    return found


def _unit() -> int:
    return int(10 ** money.digits(settings.BASE_CURRENCY))


def _major(minor: Any) -> float:
    return round(float(minor) / _unit(), money.digits(settings.BASE_CURRENCY))


def _second_within(cursor: Any, days: int, *, source: str | None) -> int:
    only = "and source = %(source)s" if source is not None else ""
    cursor.execute(
        f"""select count(*) from (
              select min(business_date) filter (where nth = 2) - min(business_date) as gap
              from (select customer_id, business_date,
                           row_number() over (partition by customer_id order by business_date) as nth
                    from commerce_order where customer_id is not null and not (state = 'cancelled') {only}
                    group by customer_id, business_date) d
              group by customer_id) g
            where gap <= %(days)s""",
        {"source": source, "days": days},
    )
    found: int = cursor.fetchone()[0]
    return found
