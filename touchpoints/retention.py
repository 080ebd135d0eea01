"""How long this room keeps what nobody needs any more."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from scrm.kernel.registry import Retention, retentions
from touchpoints import touchmap
from touchpoints.models import Attachment, Delivery, Inbox, LookLink, Visitor


def raw_arrivals(before: datetime) -> int:
    """The raw form of what was worked on; the key stays, so that a repeat is known."""
    return Inbox.forget_bodies(before)


def dead_arrivals(before: datetime) -> int:
    """What was given up and nobody looked at again."""
    return Inbox.objects.dead().filter(received_at__lt=before).exclude(body="").update(body="")


def deliveries(before: datetime) -> int:
    return Delivery.objects.filter(at__lt=before).delete()[0]


def visitors(before: datetime) -> int:
    """Pages of the brand's site that opened a chat and never wrote, once their token ended."""
    return Visitor.objects.filter(until__lt=before, conversation=None).delete()[0]


def look_links(before: datetime) -> int:
    """Links to look boards that ended; the boards stay."""
    return LookLink.objects.filter(until__lt=before).delete()[0]


def register() -> None:
    for each in (
        Retention("raw_arrivals", _("The raw form of what arrived, once it was worked on"), 30, raw_arrivals),
        Retention("dead_arrivals", _("The content of arrivals that were given up"), 90, dead_arrivals),
        Retention("touch_days", _("Daily figures of touchpoints"), 400, touchmap.forget_days),
        Retention("visitors", _("Chats that were opened and never written in"), 1, visitors),
        Retention("attachments", _("Files of conversations and cases"), 1095, Attachment.lapse),
        Retention("look_links", _("Links to look boards that opened long ago"), 30, look_links),
        Retention("deliveries", _("Digests of signed calls"), 30, deliveries),
    ):
        retentions.add(each.name, each)
