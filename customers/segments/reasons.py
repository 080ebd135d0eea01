"""Why somebody is in a segment or not: the rule line by line, with this person's own value."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models.segment import Rule
from customers.segments.compiling import joined, tables_of
from customers.segments.rules import below, conditions, field_of, kind_of
from customers.segments.sentences import said
from scrm.kernel.segment_field import Asked, listing


@dataclass(frozen=True)
class Line:
    """One condition: whether it holds, whether that is wanted here, what it asks, what stands there."""

    path: str
    holds: bool
    wanted: bool
    words: str
    field: str
    value: str

    @property
    def good(self) -> bool:
        return self.holds == self.wanted


@dataclass(frozen=True)
class Reason:
    """One person under one rule."""

    fits: bool
    lines: list[Line]

    @property
    def missing(self) -> list[Line]:
        return [line for line in self.lines if not line.good]

    def __str__(self) -> str:
        """In short: what holds, with its value."""
        held = [line for line in self.lines if line.holds and line.wanted]
        return listing([f"{line.field} {line.value}".strip() for line in held[:3]], apart=True)


def explain(rule: Rule, ids: list[int], *, today: date | None = None) -> dict[int, Reason]:
    """Customers by id, in one query; who was joined or erased has no reason."""
    leaves = list(conditions(rule))
    if not ids or not leaves:
        return {}
    asked = Asked(today or timezone.localdate(), some=True)
    asked.values["only"] = list(ids)
    true = {path: field_of(one).condition(asked, one) for path, one in leaves}
    columns = [text for path, one in leaves for text in (true[path], field_of(one).value(asked, one))]
    with connection.cursor() as cursor:
        cursor.execute(f"select c.id, {joined(rule, true)}, {', '.join(columns)} {tables_of(rule, asked)}",
                       asked.values)  # fmt: skip
        rows = cursor.fetchall()
    unasked = unwanted(rule)
    return {row[0]: Reason(row[1], _lines(leaves, unasked, row[2:])) for row in rows}


def _lines(leaves: list[tuple[str, Rule]], unasked: dict[str, bool], cells: tuple[Any, ...]) -> list[Line]:
    lines = []
    for place, (path, one) in enumerate(leaves):
        field = field_of(one)
        value = field.say(cells[2 * place + 1])
        lines.append(Line(path, cells[2 * place], not unasked[path], said(one), str(field.words), value))
    return lines


def unwanted(part: Rule, path: str = "", turned: bool = False) -> dict[str, bool]:
    """Which conditions stand under an odd number of “none of these”."""
    kind = kind_of(part)
    if kind is None:
        return {path: turned}
    found: dict[str, bool] = {}
    for place, one in enumerate(part[kind]):
        found |= unwanted(one, below(path, place), turned != (kind == "not"))
    return found
