"""The timeline lines of the shop floor."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.kinds import word_of
from scrm.kernel.registry import EventKind, event_kinds


def _visit(event: Any) -> str:
    minutes = event.details.get("minutes")
    if minutes:
        return _("Came to the store, stayed %(minutes)s min") % {"minutes": minutes}
    return _("Came to the store")


def _trial(event: Any) -> str:
    details = event.details
    pieces, bought = int(details.get("pieces") or 0), int(details.get("bought") or 0)
    said = ngettext(
        "Tried on %(pieces)s piece, bought %(bought)s", "Tried on %(pieces)s pieces, bought %(bought)s", pieces
    ) % {"pieces": pieces, "bought": bought}
    reasons = "、".join(str(reason) for reason in details.get("reasons") or [])
    refused = _("not taken: %(reasons)s") % {"reasons": reasons}
    return f"{said} · {refused}" if reasons else said


def _contact(words: Any) -> Any:
    """A sentence about a contact, by its occasion."""
    return lambda event: words % {"scene": word_of(event.details.get("scene_name")) or _("a contact")}


def _refused(event: Any) -> str:
    from touchpoints.models import Outreach  # the timeline is read where models are there

    reason = event.details.get("reason", "")
    why = Outreach.Reason(reason).label if reason in Outreach.Reason.values else reason
    said = {"scene": word_of(event.details.get("scene_name")) or _("a contact"), "why": why}
    if until := event.details.get("until"):
        return _("Held back: %(scene)s · %(why)s, until %(until)s") % (said | {"until": _day(until)})
    return _("Not sent: %(scene)s · %(why)s") % said


def _day(text: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(text)), "m-d H:i")


def register() -> None:
    for kind in (
        EventKind("message.received", "message", "message", lambda event: _("Wrote to us"), tone="told"),
        EventKind("message.sent", "message", "send", lambda event: _("We answered")),
        EventKind("relation.begun", "profile", "user-plus", lambda event: _("Added a colleague as a contact")),
        EventKind("relation.ended", "profile", "user-off", lambda event: _("Removed a colleague from the contacts")),
        EventKind("outreach.sent", "message", "send", _contact(gettext_lazy("Contacted: %(scene)s"))),
        EventKind("outreach.failed", "message", "x", _contact(gettext_lazy("Could not be reached: %(scene)s"))),
        EventKind("outreach.held", "message", "clock", _refused),
        EventKind("outreach.refused", "message", "x", _refused),
        EventKind("visit.made", "visit", "building-store", _visit, tone="brand"),
        EventKind("visit.mistaken", "visit", "user-off", lambda event: _("Opened by mistake, not a visit")),
        EventKind("trial.logged", "visit", "hanger", _trial),
    ):
        event_kinds.add(kind.name, kind)
