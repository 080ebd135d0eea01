"""The timeline lines of the shop floor."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.kinds import word_of
from scrm.kernel.registry import EventKind, event_kinds
from staff.names import staff_name
from touchpoints.models import Trial


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
    """A sentence about a contact, by its occasion and its campaign."""

    def sentence(event: Any) -> str:
        named = [word_of(event.details.get(name)) for name in ("scene_name", "campaign_name")]
        return str(words % {"scene": " · ".join(filter(None, named)) or _("a contact")})

    return sentence


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


RESULTS = {
    "bought": gettext_lazy("Tried on %(piece)s: bought"), "kept": gettext_lazy("Tried on %(piece)s: put aside"),
    "refused": gettext_lazy("Tried on %(piece)s: not taken"),
}  # fmt: skip


def _noted(event: Any) -> str:
    details = event.details
    piece = " ".join(part for part in (word_of(details.get("piece")), str(details.get("size") or "")) if part)
    said = str(RESULTS.get(details.get("result", ""), RESULTS["kept"])) % {"piece": piece}
    why = details.get("why", "")
    return f"{said} · {Trial.Why(why).label}" if why in Trial.Why.values else said


def _piece(words: Any) -> Any:
    return lambda event: words % {"piece": word_of(event.details.get("piece"))}


def _handed(event: Any) -> str:
    return _("Handed over to %(name)s") % {"name": staff_name(event.details.get("to")) or "–"}


def _time(words: Any) -> Any:
    def sentence(event: Any) -> str:
        details = event.details
        try:
            at = timezone.localtime(datetime.fromisoformat(str(details.get("starts", ""))))
        except ValueError:
            return str(words % {"what": word_of(details.get("what")), "when": "–"})
        return str(words % {"what": word_of(details.get("what")), "when": f"{at:%m-%d %H:%M}"})

    return sentence


def _call(event: Any) -> str:
    minutes = max(1, round(int(event.details.get("seconds") or 0) / 60))
    return ngettext("On the phone for %(n)s minute", "On the phone for %(n)s minutes", minutes) % {"n": minutes}


def _look(words: Any) -> Any:
    return lambda event: words % {"title": str(event.details.get("title", ""))}


def _answered(event: Any) -> str:
    details = event.details
    return _("Answered the looks “%(title)s”: %(liked)s liked, %(declined)s not") % {
        "title": details.get("title", ""), "liked": details.get("liked", 0), "declined": details.get("declined", 0)
    }  # fmt: skip


def register() -> None:
    for kind in (
        EventKind("message.received", "message", "message", lambda event: _("Wrote to us"), tone="told"),
        EventKind("call.made", "message", "phone", _call, tone="told"),
        EventKind("call.missed", "message", "phone-off", lambda event: _("Tried to call, nobody answered")),
        EventKind("message.sent", "message", "send", lambda event: _("We answered")),
        EventKind("relation.begun", "profile", "user-plus", lambda event: _("Added a colleague as a contact")),
        EventKind("relation.ended", "profile", "user-off", lambda event: _("Removed a colleague from the contacts")),
        EventKind("outreach.sent", "message", "send", _contact(gettext_lazy("Contacted: %(scene)s"))),
        EventKind("outreach.failed", "message", "x", _contact(gettext_lazy("Could not be reached: %(scene)s"))),
        EventKind("outreach.held", "message", "clock", _refused),
        EventKind("outreach.refused", "message", "x", _refused),
        EventKind("trial.noted", "visit", "hanger", _noted),
        EventKind("trial.taken_back", "visit", "arrow-back-up", lambda event: _("A try-on taken back, a slip")),
        EventKind(
            "match.liked", "visit", "thumb-up", _piece(gettext_lazy("Liked what was proposed: %(piece)s")), tone="told"
        ),
        EventKind("match.declined", "visit", "thumb-down", _piece(gettext_lazy("Not now: %(piece)s"))),
        EventKind("look.shared", "message", "send", _look(gettext_lazy("Looks laid out: %(title)s"))),
        EventKind("look.taken_back", "message", "arrow-back-up", _look(gettext_lazy("Looks taken back: %(title)s"))),
        EventKind("look.answered", "message", "hanger", _answered, tone="told"),
        EventKind(
            "look.wanted", "visit", "hanger", _look(gettext_lazy("Would like to try on: %(title)s")), tone="told"
        ),
        EventKind("look.saved", "message", "hanger", _look(gettext_lazy("Saved looks: %(title)s")), tone="told"),
        EventKind("look.closed", "message", "check", _look(gettext_lazy("Looks closed: %(title)s"))),
        EventKind("visit.handed_over", "visit", "user-share", _handed),
        EventKind("appointment.booked", "visit", "calendar-plus", _time(gettext_lazy("Booked: %(what)s, %(when)s"))),
        EventKind("appointment.moved", "visit", "calendar-event", _time(gettext_lazy("Moved: %(what)s, now %(when)s"))),
        EventKind("appointment.cancelled", "visit", "calendar-x", _time(gettext_lazy("Cancelled: %(what)s, %(when)s"))),
        EventKind(
            "appointment.kept", "visit", "calendar-check", _time(gettext_lazy("Came as booked: %(what)s, %(when)s"))
        ),
        EventKind("appointment.missed", "visit", "calendar-x", _time(gettext_lazy("Did not come: %(what)s, %(when)s"))),
        EventKind(
            "appointment.waited_for", "visit", "hourglass", _time(gettext_lazy("Waits for a place: %(what)s, %(when)s"))
        ),
        EventKind(
            "appointment.offered", "visit", "calendar-time", _time(gettext_lazy("A place is held: %(what)s, %(when)s"))
        ),
    ):
        event_kinds.add(kind.name, kind)
    for kind in (
        EventKind("visit.made", "visit", "building-store", _visit, tone="brand"),
        EventKind("visit.mistaken", "visit", "user-off", lambda event: _("Opened by mistake, not a visit")),
        EventKind("trial.logged", "visit", "hanger", _trial),
    ):
        event_kinds.add(kind.name, kind)
