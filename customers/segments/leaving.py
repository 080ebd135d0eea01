"""Who left a segment and why: written set by set beside the refresh, read by the page."""

from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Segment, SegmentLeaving, SegmentMember
from customers.models.segment import Rule
from customers.segments.building import at
from customers.segments.compiling import compiled, whole
from customers.segments.reasons import unwanted
from customers.segments.rules import RuleRefused, below, kind_of
from customers.segments.sentences import said
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.segment_field import listing
from staff.models import User

Cause = SegmentLeaving.Cause
NAMED = 5000  # of more who leave at once the version is told, not each one's line
NOTHING = "array[]::text[]"
INTO = ("insert into customers_segmentleaving (segment_id, customer_id, at, version, cause, lines, by_id, why) "
        "select %(segment)s, w.id, %(now)s, %(version)s, ")  # fmt: skip


def written(segment: Segment, left: list[int], *, cause: str, by: User | None, why: str = "") -> None:
    """By hand, or all of them."""
    if left:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{INTO} %(cause)s, '[]', %(by)s, %(why)s from unnest(%(left)s::bigint[]) w (id)",
                _values(segment, left, by) | {"cause": cause, "why": why},
            )


def written_by_rule(
    cursor: Any, segment: Segment, rule: Rule, left: list[int], *, freed: list[int], by: User | None, today: Any
) -> None:
    """Each with the lines that say no to this one now; `freed` are those whom only a pin had kept in."""
    if len(left) > NAMED:
        rule = {"all": []}
    made = compiled(rule, only=left, today=today)
    names = {path: f"j.a{place}" for place, path in enumerate(made.leaves)}
    columns = "".join(f", (({sql}) is true) as a{place}" for place, sql in enumerate(made.leaves.values()))
    cursor.execute(
        f"""with j as materialized (select c.id{columns} {made.tables})
            {INTO} case when j.id is null then 'closed' when w.id = any(%(freed)s) then 'unpinned' else 'rule' end,
              to_jsonb(case when j.id is null then {NOTHING} else {_saying_no(rule, names)} end), %(by)s, ''
            from unnest(%(left)s::bigint[]) w (id) left join j on j.id = w.id""",
        made.values | _values(segment, left, by) | {"only": left, "freed": freed},
    )


def leavers(
    segment: Segment, reader: User, *, cursor: str | None, rules: dict[int, Rule] | None = None
) -> Page[SegmentLeaving]:
    """Those the reader may see, the newest first, each with the reason in words and whether in again.

    `rules` are those read already, by version.
    """
    rows = SegmentLeaving.objects.visible_to(reader).filter(segment=segment).select_related("customer", "by")
    page = page_of(rows, order=("-at", "-id"), cursor=cursor)
    rules = dict(rules or {})
    if unread := {row.version for row in page.rows} - set(rules):
        rules |= dict(segment.versions.filter(number__in=unread).values_list("number", "rule"))
    members = SegmentMember.objects.filter(segment=segment, customer__in=[row.customer_id for row in page.rows])
    lives = page.rows and segment.state == Segment.State.LIVE
    again = set(members.inside().values_list("customer", flat=True)) if lives else set()
    for row in page.rows:
        row.reason = _reason(row, rules.get(row.version))  # type: ignore[attr-defined]
        row.again = row.customer_id in again  # type: ignore[attr-defined]
    return page


def _values(segment: Segment, left: list[int], by: User | None) -> dict[str, Any]:
    return {"segment": segment.pk, "now": timezone.now(), "version": segment.version, "left": left,
            "by": by.pk if by else None}  # fmt: skip


def _reason(row: SegmentLeaving, rule: Rule | None) -> str:
    if row.cause == Cause.BLOCK:
        return _("Blocked")
    if row.cause == Cause.RETIRED:
        return _("The segment went out of use")
    if row.cause == Cause.CLOSED:
        return _("The record was closed")
    gone, new = _lines(row.lines, rule)
    if row.cause == Cause.UNPINNED:
        fits_not = (
            [_("the rule does not mean this one: %(lines)s") % {"lines": listing(gone + new)}] if gone + new else []
        )
        return listing([_("The pin ended"), *fits_not], apart=True)
    parts = [_("no longer: %(lines)s") % {"lines": listing(gone)}] if gone else []
    parts += [_("now: %(lines)s") % {"lines": listing(new)}] if new else []
    return listing(parts, apart=True) or _("Version %(n)s does not mean this one") % {"n": row.version}


def _lines(places: list[str], rule: Rule | None) -> tuple[list[str], list[str]]:
    """What held before and does not now, and what should not hold and does."""
    gone: list[str] = []
    new: list[str] = []
    if rule is not None:
        unasked = unwanted(rule)
        for place in places:
            try:
                (new if unasked.get(place) else gone).append(said(at(rule, place)))
            except (LookupError, RuleRefused, TransitionRefused):
                continue  # a field that is not there any more
    return gone, new


def _saying_no(part: Rule, names: dict[str, str], path: str = "") -> str:
    """The places that make a part false, as an expression over the columns of its conditions."""
    kind = kind_of(part)
    if kind is None:
        return f"array['{path}']"
    inner = []
    for here, one, holds in _inside(part, names, path):
        if kind == "all":
            inner.append(f"case when {holds} then {NOTHING} else {_saying_no(one, names, here)} end")
        elif kind == "any":
            inner.append(_saying_no(one, names, here))
        else:
            inner.append(f"case when {holds} then {_saying_yes(one, names, here)} else {NOTHING} end")
    return f"({' || '.join(inner)})" if inner else NOTHING


def _saying_yes(part: Rule, names: dict[str, str], path: str) -> str:
    """The places that make a part true."""
    kind = kind_of(part)
    if kind is None:
        return f"array['{path}']"
    inner = []
    for here, one, holds in _inside(part, names, path):
        if kind == "all":
            inner.append(_saying_yes(one, names, here))
        elif kind == "any":
            inner.append(f"case when {holds} then {_saying_yes(one, names, here)} else {NOTHING} end")
        else:
            inner.append(_saying_no(one, names, here))
    return f"({' || '.join(inner)})" if inner else NOTHING


def _inside(part: Rule, names: dict[str, str], path: str) -> list[tuple[str, Rule, str]]:
    """What stands in a group and says something: its place, itself, whether it holds."""
    found = []
    for place, one in enumerate(part[kind_of(part) or "all"]):
        here = below(path, place)
        if holds := whole(one, names, here):
            found.append((here, one, holds))
    return found
