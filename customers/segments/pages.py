"""What the pages of segments read: one segment with its people and reasons, and the segments of one customer."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from customers.models import Customer, Segment, SegmentMember, SegmentVersion
from customers.models.segment import Rule, SegmentQuerySet
from customers.segments.reasons import explain
from customers.segments.refreshing import weeks
from customers.segments.rules import RuleRefused, checked
from customers.segments.sentences import sentence
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.registry import SegmentUse, segment_uses
from staff.models import User

Via = SegmentMember.Via


def listed(reader: User, *, cursor: str | None) -> Page[Segment]:
    """Segments with their sentence, the newest first."""
    page = page_of(Segment.objects.visible_to(reader).select_related("owner"), order=("-id",), cursor=cursor)
    rules = _rules(page.rows)
    for one in page.rows:
        one.says = in_words(rules.get(one.pk))  # type: ignore[attr-defined]
    return page


def people(segment: Segment, reader: User, *, rule: Rule | None, via: str, cursor: str | None) -> Page[SegmentMember]:
    """Its people the reader may see, the newest first, each with the reason."""
    seen = Customer.objects.visible_to(reader).filter(pk=OuterRef("customer"))
    rows = SegmentMember.objects.filter(segment=segment).select_related("customer", "by")
    rows = rows.filter(via=via) if via in (Via.PIN, Via.BLOCK) else rows.inside()
    if not reader.sees_whole_brand:
        rows = rows.filter(Exists(seen))
    page = page_of(rows, order=("-entered_at", "-id"), cursor=cursor)
    reasons = explain(rule, [row.customer_id for row in page.rows]) if rule else {}
    for row in page.rows:
        row.reason = str(reasons.get(row.customer_id, ""))  # type: ignore[attr-defined]
    return page


def with_hands(rows: SegmentQuerySet) -> SegmentQuerySet:
    """With how many are kept in (`pinned`) and out (`blocked`) by hand, which no rule changes."""

    def how_many(via: str) -> Coalesce:
        members = SegmentMember.objects.filter(segment=OuterRef("pk"), via=via).order_by()
        return Coalesce(Subquery(members.values("segment").annotate(n=Count("pk")).values("n")), 0)

    return rows.annotate(pinned=how_many(Via.PIN), blocked=how_many(Via.BLOCK))


def history(segment: Segment) -> list[SegmentVersion]:
    rows = list(segment.versions.select_related("by")[:20])
    for row in rows:
        row.says = in_words(row.rule)  # type: ignore[attr-defined]
    return rows


def uses(segment: Segment) -> list[SegmentUse]:
    return [use for find in segment_uses.all() for use in find(segment.code)]


def picture(segment: Segment) -> dict[str, Any]:
    """Bars up for who came, down for who left, per week; numbers are SVG lengths."""
    rows = weeks(segment)
    most = max((max(came, left) for _monday, came, left in rows), default=0) or 1
    bars = [
        {"x": place * 24 + 4, "up": 44 * came // most, "y": 48 - 44 * came // most, "down": 44 * left // most,
         "week": monday, "came": came, "left": left}
        for place, (monday, came, left) in enumerate(rows)
    ]  # fmt: skip
    said = {"came": sum(came for _monday, came, _left in rows), "left": sum(left for _monday, _came, left in rows)}
    return {"bars": bars, "says": _("In the last 12 weeks %(came)s came and %(left)s left") % said, **said}


def of_customer(reader: User, customer: Customer) -> list[SegmentMember]:
    """The live segments a customer is in, or kept out of by hand, with the reason."""
    rows = SegmentMember.objects.filter(customer=customer, segment__in=Segment.objects.visible_to(reader).live())
    found = list(rows.select_related("segment", "by").order_by("-entered_at")[:20])
    rules = _rules([row.segment for row in found])
    for row in found:
        rule = rules.get(row.segment_id)
        if row.via == Via.RULE and rule:
            row.reason = str(explain(rule, [customer.pk]).get(customer.pk, ""))  # type: ignore[attr-defined]
    return found


def in_words(rule: Rule | None) -> str:
    """The rule as a sentence; one whose field or value is gone says that."""
    if rule is None:
        return ""
    try:
        return sentence(rule)
    except (LookupError, RuleRefused):
        return _("This rule asks for something that is not there any more.")


def running_rule(segment: Segment) -> Rule | None:
    """The rule that runs, or the newest draft of one that never ran."""
    return _rules([segment]).get(segment.pk)


def usable(rule: Rule | None) -> Rule:
    """A rule for the builder to begin with."""
    try:
        return checked(rule, unfinished=True)
    except RuleRefused:
        return {"all": []}


def _rules(segments: Sequence[Segment]) -> dict[int, Rule]:
    found: dict[int, Rule] = {}
    running = {segment.pk: segment.version for segment in segments}
    for row in SegmentVersion.objects.filter(segment__in=running).order_by("segment", "number"):
        if running[row.segment_id] in (0, row.number):
            found[row.segment_id] = row.rule
    return found
