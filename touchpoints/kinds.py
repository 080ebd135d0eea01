"""The timeline lines of the shop floor."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


def register() -> None:
    for kind in (
        EventKind("visit.made", "visit", "building-store", _visit, tone="brand"),
        EventKind("visit.mistaken", "visit", "user-off", lambda event: _("Opened by mistake, not a visit")),
        EventKind("trial.logged", "visit", "hanger", _trial),
    ):
        event_kinds.add(kind.name, kind)
