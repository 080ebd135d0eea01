"""Where playbooks use a segment: who comes into it comes in, a trigger is narrowed to it, a fork asks for it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.models import PlaybookVersion
from journeys.playbooks import flow
from scrm.kernel.registry import SegmentUse, segment_uses
from scrm.kernel.segment_field import remembered


def _running() -> list[tuple[str, Any]]:
    rows = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE, playbook__state__in=("live", "paused"))
    return [(row.playbook.code, row) for row in rows.select_related("playbook").order_by("playbook_id")]


RUNNING = remembered(_running)


def of_segment(code: str) -> list[SegmentUse]:
    """In versions that run; who is on the way by an earlier one finishes by it."""
    found = []
    for _code, version in RUNNING():
        trigger = version.content["trigger"]
        asked = any(step.get("segment") == code for step in flow.every(version.steps))
        if trigger.get("segment") == code:
            effect = _("who comes in from now on comes in here; who is on the way walks on")
        elif trigger.get("only") == code or asked:
            effect = _("is asked when somebody comes by; who passed it already stays where they are")
        else:
            continue
        named = _("Playbook “%(name)s”") % {"name": version.playbook}
        found.append(SegmentUse(named, reverse("journeys:playbook", args=[version.playbook.code]), effect))
    return found


def register() -> None:
    segment_uses.add("playbooks", of_segment)
