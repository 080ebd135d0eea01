"""How many of the people of a segment, or of a rule, may be contacted at all: never at the cost of the page."""

import random
from dataclasses import replace
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import ngettext

from customers.models import Segment
from customers.models.segment import Rule
from customers.segments.compiling import compiled
from scrm.kernel.registry import Reach, reaches
from scrm.kernel.segment_field import listing

PART = 50  # one in so many is looked at for an estimate
MANY = 20_000  # of more people than these a sample is asked
LONGEST = 700  # ms


def of_segment(segment: Segment) -> Reach | None:
    """Of its stored people; None when it took too long, or nobody knows about contacts."""
    share = random.randrange(PART) if segment.people > MANY else None  # noqa: S311 — a sample, not a secret
    ids = (
        "select s.customer_id as id from customers_segmentmember s "
        "where s.segment_id = %(segment)s and s.via <> 'block'"
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            return _asked(cursor, ids + _part("s.customer_id", share), {"segment": segment.pk}, share)
    except OperationalError:
        return None


def of_rule(cursor: Any, rule: Rule, people: int, *, sampled: bool) -> Reach | None:
    """Of whom a rule means now, in the caller's transaction. Raises OperationalError when it takes too long."""
    if not people:
        return None
    share = random.randrange(PART) if sampled or people > MANY else None  # noqa: S311 — a sample, not a secret
    made = compiled(rule)
    return _asked(cursor, made.ids + _part("c.id", share), made.values, share)


def said(reach: Reach) -> str:
    """Why the others may not: “310 have not agreed, 42 have no channel”."""
    parts = [
        (reach.not_agreed, ngettext("%(n)s has not agreed", "%(n)s have not agreed", reach.not_agreed)),
        (reach.no_way, ngettext("%(n)s has no channel", "%(n)s have no channel", reach.no_way)),
        (reach.paused, ngettext("%(n)s asked for a pause", "%(n)s asked for a pause", reach.paused)),
    ]
    return listing([words % {"n": f"{n:,}"} for n, words in parts if n])


def _asked(cursor: Any, ids: str, values: dict[str, Any], share: int | None) -> Reach | None:
    for count in reaches.all():
        return _scaled(count(cursor, ids, values, LONGEST), share)
    return None


def _scaled(found: Reach, share: int | None) -> Reach:
    if share is None:
        return found
    figures = {name: getattr(found, name) * PART for name in ("people", "reached", "not_agreed", "no_way", "paused")}
    return replace(found, **figures, estimate=True)


def _part(column: str, share: int | None) -> str:
    return "" if share is None else f" and {column} %% {PART} = {share:d}"
