"""Where contacts use a segment: which way is tried for an occasion."""

from typing import Any

from django.utils.translation import gettext as _

from scrm.kernel.registry import SegmentUse, segment_uses
from scrm.kernel.segment_field import remembered
from touchpoints.models import ChannelChoice


def _chosen() -> list[tuple[str, Any]]:
    rows = ChannelChoice.objects.exclude(segment=None).select_related("scene", "segment").order_by("scene__code")
    return [(row.segment.code, row.scene) for row in rows if row.segment is not None]


CHOSEN = remembered(_chosen)


def of_segment(code: str) -> list[SegmentUse]:
    effect = _("who comes in or leaves is reached the other way from the next contact on")
    return [
        SegmentUse(_("Contact “%(name)s”") % {"name": scene}, "", effect) for asked, scene in CHOSEN() if asked == code
    ]


def register() -> None:
    segment_uses.add("contacts", of_segment)
