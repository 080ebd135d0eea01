"""The timeline lines this room writes: what each is called, how it reads, what stands at its right."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.fact_names import fact_name
from customers.models import Purpose
from scrm.kernel.registry import EventKind, event_kinds
from scrm.kernel.words import Words


def word_of(value: Any) -> str:
    """A detail that is plain text or a text in three languages."""
    return str(Words(value)) if isinstance(value, dict) else str(value or "")


def _session(event: Any) -> str:
    details = event.details
    what = word_of(details.get("category")) or _("the shop")
    views = int(details.get("views") or 0)
    return ngettext("Looked at %(what)s, %(views)s page", "Looked at %(what)s, %(views)s pages", views) % {
        "what": what, "views": views,
    }  # fmt: skip


def _told(event: Any) -> str:
    return _("Told us: %(key)s") % {"key": fact_name(str(event.details.get("key", "")))}


def _about(words: Any) -> Any:
    return lambda event: words % {"key": fact_name(str(event.details.get("key", "")))}


def _need(event: Any) -> str:
    need, scene = word_of(event.details.get("kind_name")) or _("a need"), word_of(event.details.get("scene_name"))
    said = {"need": need, "scene": scene}
    return _("Needs: %(need)s · %(scene)s") % said if scene else _("Needs: %(need)s") % said


def _consent(given: bool) -> Any:
    def sentence(event: Any) -> str:
        purpose = event.details.get("purpose", "")
        what = Purpose(purpose).label if purpose in Purpose.values else _("something")
        return (_("Allows: %(what)s") if given else _("No longer allows: %(what)s")) % {"what": what}

    return sentence


def _merged(event: Any) -> str:
    return _("The record %(number)s was joined to this one") % {"number": event.details.get("other", "")}


def _unmerged(event: Any) -> str:
    return _("Taken apart again from %(number)s") % {"number": event.details.get("other", "")}


def _joined_circle(event: Any) -> str:
    return _("Named as one of a company") if "company" in event.details else _("Became a member of a household")


def _left_circle(event: Any) -> str:
    return _("No longer one of a company") if "company" in event.details else _("Left a household")


def _tag(words: Any) -> Any:
    return lambda event: words % {"value": word_of(event.details.get("value")) or "–"}


def register() -> None:
    for kind in (
        EventKind("customer.joined", "profile", "user-plus", lambda event: _("Joined")),
        EventKind("browse.session", "browse", "eye", _session),
        EventKind("customer.merged", "profile", "git-merge", _merged),
        EventKind("customer.unmerged", "profile", "git-branch", _unmerged),
        EventKind("circle.joined", "profile", "users", _joined_circle),
        EventKind("circle.left", "profile", "users", _left_circle),
        EventKind("consent.given", "profile", "circle-check", _consent(True), tone="told"),
        EventKind("consent.withdrawn", "profile", "circle-x", _consent(False), tone="told"),
        EventKind("need.heard", "message", "bulb", _need, tone="told"),
        EventKind("need.met", "message", "check", lambda event: _("A need was met")),
        EventKind("need.unmet", "message", "x", lambda event: _("A need could not be met")),
        EventKind("need.taken_back", "profile", "arrow-back-up", lambda event: _("A need taken back, a slip")),
        EventKind(
            "record.written",
            "profile",
            "folder",
            lambda event: _("Record file written: %(kind)s") % {"kind": word_of(event.details.get("kind_name")) or "–"},
        ),
        EventKind("tag.put", "profile", "tag", _tag(gettext_lazy("Tagged: %(value)s"))),
        EventKind("tag.taken_off", "profile", "tag-off", _tag(gettext_lazy("Tag taken off: %(value)s"))),
        EventKind("tag.put_back", "profile", "tag", _tag(gettext_lazy("Tag put back: %(value)s"))),
        EventKind("task.planned", "profile", "calendar-plus", lambda event: _("A next step was planned")),
        EventKind("task.done", "profile", "checks", lambda event: _("A step was done")),
        EventKind("task.dropped", "profile", "x", lambda event: _("A step was dropped")),
        EventKind("task.reopened", "profile", "arrow-back-up", lambda event: _("A step is to do again")),
        EventKind(
            "preference.said",
            "profile",
            "adjustments-horizontal",
            lambda event: _("Said how to be reached"),
            tone="told",
        ),
        EventKind("fact.told", "message", "quote", _told, tone="told"),
        EventKind(
            "fact.forgotten",
            "profile",
            "eraser",
            lambda event: _("Something told was forgotten at the customer's wish"),
        ),
        EventKind("fact.remembered", "profile", "arrow-back-up", lambda event: _("A wish to forget was taken back")),
        EventKind("fact.pinned", "profile", "pin", _about(gettext_lazy("Put first: %(key)s"))),
        EventKind("fact.unpinned", "profile", "pin", _about(gettext_lazy("No longer put first: %(key)s"))),
        EventKind(
            "fact.taken_back",
            "profile",
            "arrow-back-up",
            _about(gettext_lazy("Taken back, a slip: %(key)s")),
        ),
    ):
        event_kinds.add(kind.name, kind)
