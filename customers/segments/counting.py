"""How many a rule means while it is being built: each condition alone, so far, and only through it; a few people."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from django.db import OperationalError, connection, transaction

from customers.models import Customer
from customers.models.segment import Rule
from customers.segments import reaching
from customers.segments.building import at
from customers.segments.compiling import Compiled, compiled, joined
from customers.segments.reaching import PART
from customers.segments.reasons import unwanted
from customers.segments.rules import below, kind_of
from customers.segments.sentences import said
from scrm.kernel.registry import Reach
from staff.models import User

SLICES = 10  # of an exact count that takes longer
LONGEST = 1500  # ms a count may take before it is estimated


@dataclass
class Counts:
    """`lines`: path → (kind, how many). With `estimate` every figure is taken from a sample of two in a hundred."""

    people: int = 0
    everybody: int = 0
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)
    alone: dict[str, int] = field(default_factory=dict)
    estimate: bool = False
    failed: bool = False
    reach: Reach | None = None
    # Nobody fits: the condition without which most would, how many, in words.
    emptied: tuple[str, int, str] | None = None


@dataclass(frozen=True)
class Slice:
    """How far an exact count has come: slices done, what they held, and of which rule (its mark)."""

    done: int = 0
    people: int = 0
    everybody: int = 0
    mark: int = 0
    failed: bool = False

    @classmethod
    def read(cls, text: str) -> "Slice":
        """As it comes back from the page; what is not ours begins anew."""
        parts = text[:60].split("-")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            return cls()
        done, people, everybody, mark = map(int, parts)
        found = cls(done, people, everybody, mark)
        return found if found.done <= SLICES else cls()

    def __str__(self) -> str:
        return f"{self.done}-{self.people}-{self.everybody}-{self.mark}"

    @property
    def over(self) -> bool:
        return self.failed or self.done >= SLICES

    @property
    def of(self) -> int:
        return SLICES


def look(rule: Rule, reader: User, *, at_most: int = 4) -> tuple[Counts, list[Customer]]:
    """The figures and a few of the people the reader may see: exact within a second and a half, else an estimate from
    a sample, else nothing but that it could not be counted."""
    for share in (None, random.randrange(PART)):  # noqa: S311 — a sample, not a secret
        counts: Counts | None = None
        ids: list[int] = []
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                found, ids = _counted(cursor, rule, share, at_most)
                counts = found
                # What follows is in the same transaction: if only that takes too long, the figures stand.
                if not found.people and len(found.alone) > 1:
                    found.emptied = _emptied_by(cursor, rule, share)
                found.reach = reaching.of_rule(cursor, rule, found.people, sampled=found.estimate)
        except OperationalError:
            if counts is None:
                continue
        rows = Customer.objects.visible_to(reader).filter(pk__in=ids).order_by("pk")
        return counts, list(rows[:at_most]) if ids else []
    return Counts(failed=True), []


def on_with(rule: Rule, so_far: Slice) -> Slice:
    """One slice more of an exact count that takes long; the figures so far come from the page and go back to it.

    Those of another rule are worth nothing: it begins anew.
    """
    mark = crc32(json.dumps(rule, sort_keys=True).encode())
    if so_far.mark != mark:
        so_far = Slice(mark=mark)
    if so_far.over:
        return so_far
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            made = compiled(rule)
            names = {path: f"j.a{place}" for place, path in enumerate(made.leaves)}
            row, _few = _figured(cursor, made, [joined(rule, names)], so_far.done, SLICES)
    except OperationalError:
        return replace(so_far, failed=True)
    return Slice(so_far.done + 1, so_far.people + row[1], so_far.everybody + row[0], mark)


def _counted(cursor: Any, rule: Rule, share: int | None, at_most: int) -> tuple[Counts, list[int]]:
    """Everything in one statement: the conditions become columns once, the figures are counts over them; and a few of
    the people, others each time."""
    made = compiled(rule)
    names = {path: f"j.a{place}" for place, path in enumerate(made.leaves)}
    asked = {"": joined(rule, names)}
    kinds: dict[str, str] = {}
    for path, kind, text in _figures(rule, rule, names):
        asked[path], kinds[path] = text, kind
    draw = random.randrange(10_007)  # noqa: S311 — a sample, not a secret
    few = (f"array(select id from j where {asked['']} order by (id %% 10007 * 7919 + {draw}) %% 10007 "
           f"limit {at_most * 5:d})")  # fmt: skip
    scaled, ids = _figured(cursor, made, [*asked.values(), *names.values()], share, few=few)
    lines = {path: (kinds[path], value) for path, value in zip(asked, scaled[1:], strict=False) if path}
    alone = dict(zip(names, scaled[1 + len(asked) :], strict=True))
    return Counts(scaled[1], scaled[0], lines, alone, estimate=share is not None), ids


def _emptied_by(cursor: Any, rule: Rule, share: int | None) -> tuple[str, int, str] | None:
    """Which one condition keeps most people out of a rule nobody fits, and how many they are."""
    made, unasked = compiled(rule), unwanted(rule)
    names = {path: f"j.a{place}" for place, path in enumerate(made.leaves)}
    without = {path: joined(rule, names | {path: str(not unasked[path]).lower()}) for path in names
               if _stands_alone(rule, path)}  # fmt: skip
    if not without:
        return None
    figures, _few = _figured(cursor, made, list(without.values()), share)
    found = dict(zip(without, figures[1:], strict=True))
    path = max(found, key=lambda one: found[one])
    return (path, found[path], said(at(rule, path))) if found[path] else None


def _stands_alone(rule: Rule, path: str) -> bool:
    """Taking it away is the same as letting everybody pass it: not so for one of several in “any of these”."""
    above = at(rule, path.rpartition(".")[0])
    kind = kind_of(above)
    return kind in ("all", "not") or (kind == "any" and len(above[kind]) == 1)


def _figured(
    cursor: Any, made: Compiled, counts: list[str], share: int | None, of: int = PART, few: str = "array[]::bigint[]"
) -> tuple[list[int], list[int]]:
    """How many there are, and how many each count means, of all or of a part scaled up; and a few by their ids."""
    columns = "".join(f", ({sql}) as a{place}" for place, sql in enumerate(made.leaves.values()))
    cursor.execute(
        f"set local statement_timeout = {LONGEST if share is None else LONGEST * 2}; set local work_mem = '64MB'; "
        f"with j as materialized (select c.id{columns} {made.tables}{_part(share, of)}) "
        f"select {few}, count(*), {', '.join(f'count(*) filter (where {text})' for text in counts)} from j",
        made.values,
    )
    ids, *row = cursor.fetchone()
    return [value * (1 if share is None or of != PART else PART) for value in row], ids


def _part(share: int | None, of: int = PART) -> str:
    return "" if share is None else f" and c.id %% {of:d} = {share:d}"


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
