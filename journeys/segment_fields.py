"""Value, need and the advisor's word as fields of segments."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from journeys.models import HealthWord
from journeys.models.health import week_of
from journeys.models.outlook import Need, Value
from scrm.kernel.registry import segment_fields
from scrm.kernel.segment_field import HOW, LISTED, Asked, Given, SegmentField, Several
from scrm.kernel.segment_rows import standing

OUTLOOK = _("Value and need")
ROWS = "from journeys_outlook x where true"
LATELY = timedelta(weeks=1)  # a word of this week or the last


def _one_of(
    name: str, words: Any, sql: str, choices: Any, rows: Callable[[Asked], str], *, clock: bool = False
) -> SegmentField:
    """A code that is worked out or said, of at most one row a customer; who has none is none of them."""
    one = Several("one", words, choices=lambda: list(choices.choices))

    def condition(asked: Asked, given: Given) -> str:
        codes, among = asked.put(list(given["one"])), asked.among("x.customer_id")
        held = f"c.id in (select x.customer_id {rows(asked)} and {sql} = any({codes}){among})"
        return f"(not {held})" if given["op"] == "is_not" else f"({held})"

    def value(asked: Asked, given: Given) -> str:
        return f"(select {sql} {rows(asked)} and x.customer_id = c.id limit 1)"

    return SegmentField(name, OUTLOOK, words, (HOW, one), LISTED, condition, value,
                        lambda found: one.say([found]) if found else "–", clock=clock)  # fmt: skip


def _words(asked: Asked) -> str:
    """The last word of each customer, when it is of this week or the last."""
    since = asked.put(week_of(asked.today) - LATELY)
    return (f"from (select distinct on (customer_id) customer_id, word from journeys_healthword "
            f"where week >= {since} order by customer_id, week desc, id desc) x where true")  # fmt: skip


def register() -> None:
    for field in (
        _one_of("value_now", _("Value now"), "x.value", Value, lambda asked: ROWS),
        _one_of("need_type", _("Kind of need"), "x.need", Need, lambda asked: ROWS),
        standing("potential", OUTLOOK, _("Potential"), "x.potential", ROWS, default=60),
        standing("expected", OUTLOOK, _("Expected revenue"), "x.clv", ROWS, unit="money", default=5_000),
        standing("may_leave", OUTLOOK, _("May leave"), "x.churn", ROWS, default=50),
        standing("room_for_more", OUTLOOK, _("Room for more"), "x.upsell", ROWS, default=50),
        _one_of("health", _("Advisor's word of the week"), "x.word", HealthWord.Word, _words, clock=True),
    ):
        segment_fields.add(field.name, field)
