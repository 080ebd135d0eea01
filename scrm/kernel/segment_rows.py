"""Fields of segments over rows of a customer: how many within a window, how much, in each of several months.

`rows` is the text a room wrote, from “from” on, with alias x for the table that has `customer_id`; values go into it
by `asked.put`. The customers come as a list (`c.id in (…)`), so that PostgreSQL reads each table once for everybody.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scrm.kernel.segment_field import (
    HOW_MUCH,
    PLAIN,
    SIGNS,
    Asked,
    Given,
    Number,
    SegmentField,
    Slot,
    minor,
    said_in,
)

Rows = Callable[[Asked, Given], str]

DAYS = Number("days", _("Within days"), 90, 1, 3650, "days")
TIMES = Number("times", _("Times a month, at least"), 1, 1, 1000, "times")


def having(asked: Asked, rows: str, sql: str, sign: str, wanted: int, *, grouped: bool = True) -> str:
    """Customers whose rows come to so much; who has no row comes to 0."""
    flat = {">=": wanted <= 0, "<=": wanted >= 0, "=": wanted == 0}[sign]  # whether nothing at all is enough
    if flat and sign == ">=":
        return "true"
    turned = {"<=": ">", "=": "<>"}[sign] if flat else sign
    held = f"select x.customer_id {rows} and x.customer_id is not null{asked.among('x.customer_id')}"
    ends = "group by 1 having" if grouped else "and"
    return f"({'not ' if flat else ''}c.id in ({held} {ends} {sql} {turned} {asked.put(wanted)}))"


def standing(
    name: str, group: Any, words: Any, sql: str, rows: str, *, unit: str = "", default: int = 1
) -> SegmentField:
    """A number in a table with at most one row a customer, such as an account."""

    def condition(asked: Asked, given: Given) -> str:
        wanted = minor(given["n"]) if unit == "money" else given["n"]
        return having(asked, rows, sql, SIGNS[given["op"]], wanted, grouped=False)

    return SegmentField(
        name, group, words, (HOW_MUCH, Number("n", words, default, 0, 1_000_000_000, unit)), PLAIN, condition,
        lambda asked, given: f"(select {sql} {rows} and x.customer_id = c.id limit 1)", said_in(unit),
    )  # fmt: skip


def counted(
    name: str, group: Any, words: Any, rows: Rows, *, slots: tuple[Slot, ...] = (), sql: str = "count(*)",
    unit: str = "times", sentence: Any = "", default: int = 1, windowed: bool = True,
    clock: bool = False,
) -> SegmentField:  # fmt: skip
    """How many rows, or how much they come to; with `windowed` within so many days."""
    said = sentence or (_("%(field)s within %(days)s: %(op)s %(n)s") if windowed else PLAIN)

    def condition(asked: Asked, given: Given) -> str:
        wanted = minor(given["n"]) if unit == "money" else given["n"]
        return having(asked, rows(asked, given), sql, SIGNS[given["op"]], wanted)

    def value(asked: Asked, given: Given) -> str:
        return f"(select {sql} {rows(asked, given)} and x.customer_id = c.id)"

    asks = (*slots, *((DAYS,) if windowed else ()), HOW_MUCH, Number("n", _("How many"), default, 0, 100_000_000, unit))
    return SegmentField(name, group, words, asks, said, condition, value, said_in(unit),
                        clock=windowed or clock)  # fmt: skip


def in_each_month(
    name: str, group: Any, words: Any, rows: Rows, *, month_of: Callable[[Asked], str], slots: tuple[Slot, ...],
    sentence: Any, most: int = 24,
) -> SegmentField:  # fmt: skip
    """At least so often in each of N months on end: those up to this one, or, while it is young, up to the last."""

    def months(asked: Asked, given: Given, mine: str = "") -> str:
        return (f"select x.customer_id, {month_of(asked)} as month {rows(asked, given)} "
                f"and x.customer_id is not null{mine or asked.among('x.customer_id')} "
                f"group by 1, 2 having count(*) >= {asked.put(given['times'])}")  # fmt: skip

    def condition(asked: Asked, given: Given) -> str:
        this, n = asked.today.replace(day=1), asked.put(given["months"])
        now, before = asked.put(back(this, given["months"] - 1)), asked.put(back(this, given["months"]))
        return (f"(c.id in (select y.customer_id from ({months(asked, given)}) y group by 1 "
                f"having count(*) filter (where y.month >= {now}) = {n} "
                f"or count(*) filter (where y.month >= {before} and y.month < {asked.put(this)}) = {n}))")  # fmt: skip

    def value(asked: Asked, given: Given) -> str:
        return (f"(select string_agg(to_char(y.month, 'YYYY-MM'), ', ' order by y.month) from ("
                f"{months(asked, given, ' and x.customer_id = c.id')}) y)")  # fmt: skip

    asks = (*slots, Number("months", _("How many months"), 3, 2, most, "months"), TIMES)
    return SegmentField(name, group, words, asks, sentence, condition, value, lambda found: found or "–", clock=True)


def back(month: date, by: int) -> date:
    """The first day of the month so many months before."""
    count = month.year * 12 + month.month - 1 - by
    return date(count // 12, count % 12 + 1, 1)


def local_day(column: str, asked: Asked) -> str:
    """A moment as a day of the brand's zone."""
    return f"({column} at time zone {asked.put(settings.TIME_ZONE)})::date"


def local_month(column: str) -> Callable[[Asked], str]:
    return lambda asked: f"date_trunc('month', {column} at time zone {asked.put(settings.TIME_ZONE)})::date"


def since(asked: Asked, days: int) -> str:
    """The moment at which the day so many days ago began."""
    return f"({asked.put(asked.day_before(days))}::timestamp at time zone {asked.put(settings.TIME_ZONE)})"
