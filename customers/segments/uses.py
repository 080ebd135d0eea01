"""Where this room uses a segment: in other segments, and in rules that tag."""

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Segment, TagRule
from customers.segments.rules import running_rules, segments_in
from scrm.kernel.registry import SegmentUse, segment_uses


def in_segments(code: str) -> list[SegmentUse]:
    askers = [asker for asker, rule in running_rules().items() if code in segments_in(rule)]
    if not askers:
        return []
    return [
        SegmentUse(_("Segment “%(name)s”") % {"name": one}, reverse("segments:show", args=[one.code]),
                   _("its people change with it, within seconds"))
        for one in Segment.objects.filter(code__in=askers)
    ]  # fmt: skip


def in_tags(code: str) -> list[SegmentUse]:
    rules = TagRule.objects.filter(used=True, what=TagRule.What.MEMBER, key=code).select_related("dimension")
    return [SegmentUse(_("Tag “%(name)s”") % {"name": rule}, "", _("who comes in is tagged; who leaves keeps the tag"))
            for rule in rules[:20]]  # fmt: skip


def register() -> None:
    segment_uses.add("segments", in_segments)
    segment_uses.add("tags", in_tags)
