"""Cases as fields of segments."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from scrm.kernel.registry import segment_fields
from scrm.kernel.segment_field import Asked, Given, OneOf, remembered
from scrm.kernel.segment_rows import counted, since
from tickets.models import Topic
from tickets.models.topic import LIVE

CASES = _("Cases")
ANY = ("any", _("any topic"))


def _topics() -> list[tuple[str, Any]]:
    return [ANY, *((topic.code, topic.name or topic.code) for topic in Topic.objects.order_by("code"))]


TOPIC = OneOf("topic", _("Topic"), "any", remembered(_topics))


def _of(asked: Asked, given: Given) -> str:
    if given["topic"] == "any":
        return ""
    return f" and x.topic_id in (select k.id from tickets_topic k where k.code = {asked.put(given['topic'])})"


def _open(asked: Asked, given: Given) -> str:
    return f"from tickets_ticket x where x.state = any({asked.put(list(map(str, LIVE)))}){_of(asked, given)}"


def _within(asked: Asked, given: Given) -> str:
    return (f"from tickets_ticket x where x.merged_into_id is null "
            f"and x.opened_at >= {since(asked, given['days'])}{_of(asked, given)}")  # fmt: skip


def register() -> None:
    for field in (
        counted("open_cases", CASES, _("Open cases"), _open, slots=(TOPIC,), windowed=False, unit="",
                sentence=_("%(field)s of “%(topic)s”: %(op)s %(n)s")),
        counted("cases_within", CASES, _("Cases"), _within, slots=(TOPIC,), unit="",
                sentence=_("%(field)s of “%(topic)s” within %(days)s: %(op)s %(n)s")),
    ):  # fmt: skip
        segment_fields.add(field.name, field)
