"""Pages of a long list: by the last row seen, never by counting."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page_of(rows: QuerySet[M], *, order: Sequence[str], cursor: str | None, size: int = 25) -> Page[M]:
    """The rows after `cursor` in `order` (all ascending or all descending; the last name must be unique).

    A cursor that is not ours counts as none: the reader gets the first page, not an error.
    """
    descending = order[0].startswith("-")
    names = [name.lstrip("-") for name in order]
    after = _decoded(cursor, len(names))
    if after is not None:
        try:
            rows = rows.filter(_beyond(names, after, "lt" if descending else "gt"))
        except (ValidationError, ValueError, TypeError, OverflowError):
            pass  # a cursor somebody wrote: no such moment or number
    return cut(list(rows.order_by(*order)[: size + 1]), order=order, size=size)


def cut(found: list[Row], *, order: Sequence[str], size: int) -> Page[Row]:
    """A page of rows already read in `order`; one more than `size` of them says that there is another."""
    names = [name.lstrip("-") for name in order]
    more = found[:size]
    last = more[-1] if len(found) > size else None
    return Page(more, None if last is None else _encoded([_value(last, name) for name in names]))


def _beyond(names: list[str], values: list[Any], operator: str) -> Q:
    # (a, b) < (x, y) spelled so that an index on (a, b) serves it: a <= x AND (a < x OR b < y)
    first = Q(**{f"{names[0]}__{operator}e": values[0]})
    beyond = Q()
    for position, name in enumerate(names):
        same = Q(**dict(zip(names[:position], values[:position], strict=True)))
        beyond |= same & Q(**{f"{name}__{operator}": values[position]})
    return first & beyond


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row.isoformat() if hasattr(row, "isoformat") else row


def _encoded(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _decoded(cursor: str | None, length: int) -> list[Any] | None:
    if not cursor or len(cursor) > 500:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(values, list) or len(values) != length:
        return None
    return values if all(_is_plain(value) for value in values) else None


def _is_plain(value: Any) -> bool:
    """A number, or a text that the database can hold: no NUL, no half of a character."""
    if not isinstance(value, str):
        return isinstance(value, int)
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
