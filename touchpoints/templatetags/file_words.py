"""Files of messages on a page, and what may be chosen."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from touchpoints.file_kinds import KINDS
from touchpoints.models import Message

register = template.Library()


@register.inclusion_tag("touchpoints/files/_files.html")
def message_files(message: Message, number: str = "") -> dict[str, Any]:
    """The files of one message, by the address of its conversation; without a number they are only named."""
    rows = message.attachments.all()
    return {"files": [(one, reverse("talks:file", args=[number, one.pk]) if number else "") for one in rows]}


@register.simple_tag
def accepted_files() -> str:
    return ",".join(f".{ending}" for _type, endings in KINDS.values() for ending in endings)


@register.simple_tag
def files_limit() -> str:
    """What may be chosen, in words."""
    said = {"n": settings.ATTACHMENTS_MOST, "mb": settings.ATTACHMENT_BYTES // 2**20}
    return _("Up to %(n)s files of %(mb)s MB: pictures, PDF, text, Word, Excel, sound, MP4.") % said
