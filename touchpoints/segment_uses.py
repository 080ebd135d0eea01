"""Where contacts use a segment: which way is tried for an occasion."""

from django.utils.translation import gettext as _

from scrm.kernel.registry import SegmentUse, segment_uses
from touchpoints.models import ChannelChoice


def of_segment(code: str) -> list[SegmentUse]:
    rows = ChannelChoice.objects.filter(segment__code=code).select_related("scene").order_by("scene__code")
    return [
        SegmentUse(_("Contact “%(name)s”") % {"name": row.scene}, "",
                   _("who comes in or leaves is reached the other way from the next contact on"))
        for row in rows[:20]
    ]  # fmt: skip


def register() -> None:
    segment_uses.add("contacts", of_segment)
