"""How many a rule means while it is being built: each condition alone, so far, and only through it; a few people."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction

from customers.models import Customer
from customers.models.segment import Rule
from customers.segments.compiling import compiled, joined
from customers.segments.rules import below, kind_of
from staff.models import User

LONGEST = 1500  # ms a count may take before it is estimated
PART = 50  # one in so many customers is looked at for an estimate


@dataclass
class Counts:
    """`lines`: path → (kind, how many). With `estimate` every figure is taken from a sample of two in a hundred."""

    people: int = 0
    everybody: int = 0
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)
    alone: dict[str, int] = field(default_factory=dict)
    estimate: bool = False
    failed: bool = False


def look(rule: Rule, reader: User, *, at_most: int = 4) -> tuple[Counts, list[Customer]]:
    """The figures and a few of the people the reader may see: exact within a second and a half, else an estimate from
    a sample, else nothing but that it could not be counted."""
    for share in (None, random.randrange(PART)):  # noqa: S311 — a sample, not a secret
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                counts = _counted(cursor, rule, share)
                ids = _some(cursor, rule, share, at_most) if counts.people else []
        except OperationalError:
            continue
        rows = Customer.objects.visible_to(reader).filter(pk__in=ids).order_by("pk")
        return counts, list(rows[:at_most]) if ids else []
    return Counts(failed=True), []


def _counted(cursor: Any, rule: Rule, share: int | None) -> Counts:
    """Everything in one statement: the conditions become columns once, the figures are counts over them."""
    made = compiled(rule)
    names = {path: f"j.a{place}" for place, path in enumerate(made.leaves)}
    asked = {"": joined(rule, names)}
    kinds: dict[str, str] = {}
    for path, kind, text in _figures(rule, rule, names):
        asked[path], kinds[path] = text, kind
    columns = [f"({sql}) as a{place}" for place, sql in enumerate(made.leaves.values())] or ["true as a0"]
    counts = [f"count(*) filter (where {text})" for text in [*asked.values(), *names.values()]]
    cursor.execute(
        f"set local statement_timeout = {LONGEST if share is None else LONGEST * 2}; set local work_mem = '64MB'; "
        f"with j as materialized (select {', '.join(columns)} {made.tables}{_part(share)}) "
        f"select count(*), {', '.join(counts)} from j",
        made.values,
    )
    row: tuple[int, ...] = cursor.fetchone()
    scaled = [value * (1 if share is None else PART) for value in row]
    lines = {path: (kinds[path], value) for path, value in zip(asked, scaled[1:], strict=False) if path}
    alone = dict(zip(names, scaled[1 + len(asked) :], strict=True))
    return Counts(scaled[1], scaled[0], lines, alone, estimate=share is not None)


def _some(cursor: Any, rule: Rule, share: int | None, at_most: int) -> list[int]:
    """A few of them, others each time."""
    made, draw = compiled(rule), random.randrange(10_007)  # noqa: S311 — a sample, not a secret
    cursor.execute(f"{made.ids}{_part(share)} order by (c.id %% 10007 * 7919 + {draw}) %% 10007 limit {at_most * 5:d}",
                   made.values)  # fmt: skip
    return [row[0] for row in cursor.fetchall()]


def _part(share: int | None) -> str:
    return "" if share is None else f" and c.id %% {PART} = {share:d}"


def _figures(rule: Rule, part: Rule, names: dict[str, str], path: str = "") -> Iterator[tuple[str, str, str]]:
    """For each condition what is told of it: so far, only through this, or how many it keeps out."""
    kind = kind_of(part)
    if kind is None:
        return
    whole, before = joined(rule, names), []
    for place, one in enumerate(part[kind]):
        here = below(path, place)
        if kind_of(one) is not None:
            yield from _figures(rule, one, names, here)
            continue
        before.append(names[here])
        without = joined(rule, names | {here: "false"})
        if kind == "all":
            yield here, "alone" if len(before) == 1 else "so_far", " and ".join(before)
        elif kind == "any":
            yield here, "only", f"{whole} and not ({without})"
        else:
            yield here, "kept_out", f"({without}) and not {whole}"
