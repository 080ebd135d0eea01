"""The timeline lines of what an advisor does for a client."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.kinds import word_of
from journeys.grid import name_of
from journeys.models import HealthWord, Need, OpenInterest
from journeys.models.care import Reason
from journeys.packages.drafting import CELLS
from scrm.kernel.registry import EventKind, event_kinds
from scrm.kernel.words import Words
from staff.names import staff_name


def _named(choices: Any, code: str) -> str:
    return str(choices(code).label) if code in choices.values else code


def _care(words: Any) -> Any:
    def sentence(event: Any) -> str:
        said = words % {"reason": _named(Reason, str(event.details.get("reason", "")))}
        outcome = str(event.details.get("said", ""))
        return f"{said} · {outcome}" if outcome else str(said)

    return sentence


def _interest(words: Any) -> Any:
    def sentence(event: Any) -> str:
        stage = _named(OpenInterest.Stage, str(event.details.get("stage", "")))
        return str(words % {"what": event.details.get("what", ""), "stage": stage})

    return sentence


def _health(event: Any) -> str:
    return _("The advisor's word of the week: %(word)s") % {
        "word": _named(HealthWord.Word, str(event.details.get("word", "")))
    }


def _need(event: Any) -> str:
    need, why = str(event.details.get("need", "")), str(event.details.get("why", ""))
    said = (
        _("Need set by a colleague: %(need)s") % {"need": _named(Need, need)} if need else _("Need left to the figures")
    )
    return f"{said} · {why}" if why else said


def _passed(event: Any) -> str:
    people = {"before": staff_name(event.details.get("before")), "after": staff_name(event.details.get("after"))}
    said = _("From advisor %(before)s to %(after)s") % people
    return f"{said} · {event.details['note']}" if event.details.get("note") else said


def _package(words: Any) -> Any:
    def sentence(event: Any) -> str:
        details = event.details
        said = str(words % {"name": str(Words(details.get("name") or {})),
                            "benefit": str(Words(details.get("benefit") or {}))})  # fmt: skip
        why = details.get("why") or (name_of(details["cell"]) if details.get("cell") in CELLS else "")
        return f"{said} · {why}" if why else said

    return sentence


def _piece(words: Any) -> Any:
    def sentence(event: Any) -> str:
        return str(words % {"what": word_of(event.details.get("name")) or event.details.get("article", "")})

    return sentence


def _told_first(event: Any) -> str:
    said = _("Told of new goods first: %(name)s") % {"name": str(Words(event.details.get("name") or {}))}
    return f"{said} · {event.details['said']}" if event.details.get("said") else said


def _reserved(words: Any) -> Any:
    return lambda event: str(
        words % {"name": str(Words(event.details.get("name") or {})), "when": event.details.get("when", "")}
    )


def _content(words: Any) -> Any:
    return lambda event: str(words % {"title": str(Words(event.details.get("name") or {}))})


def _question(words: Any) -> Any:
    def sentence(event: Any) -> str:
        return str(words % {"question": str(Words(event.details.get("question") or {})),
                            "answer": str(Words(event.details.get("answer") or {}))})  # fmt: skip

    return sentence


def _guide(event: Any) -> str:
    answers = int(event.details.get("answers") or 0)
    return ngettext(
        "Came from the guide “%(guide)s” with %(n)s answer", "Came from the guide “%(guide)s” with %(n)s answers",
        answers,
    ) % {"guide": word_of(event.details.get("guide")), "n": answers}  # fmt: skip


def register() -> None:
    for kind in (
        EventKind("care.done", "message", "heart-handshake", _care(gettext_lazy("Cared for: %(reason)s"))),
        EventKind("care.taken_back", "profile", "arrow-back-up", _care(gettext_lazy("Care taken back: %(reason)s"))),
        EventKind("advisor.changed", "profile", "switch-horizontal", _passed),
        EventKind("health.said", "profile", "heart", _health),
        EventKind("need_type.set", "profile", "adjustments", _need),
        EventKind("need_type.taken_back", "profile", "arrow-back-up",
                  lambda event: _("A word on the need taken back, a slip")),
        EventKind("interest.began", "profile", "star", _interest(gettext_lazy("Considers: %(what)s")), tone="told"),
        EventKind("interest.moved", "profile", "star", _interest(gettext_lazy("Considers %(what)s: %(stage)s"))),
        EventKind("interest.won", "profile", "circle-check",
                  _interest(gettext_lazy("Bought what was considered: %(what)s"))),
        EventKind("interest.lost", "profile", "circle-x", _interest(gettext_lazy("Not bought after all: %(what)s"))),
        EventKind("interest.reopened", "profile", "arrow-back-up",
                  _interest(gettext_lazy("Considered again: %(what)s"))),
        EventKind("package.given", "profile", "package", _package(gettext_lazy("Has the package %(name)s"))),
        EventKind("package.ended", "profile", "package-off", _package(gettext_lazy("The package %(name)s ended"))),
        EventKind("package.used", "profile", "gift", _package(gettext_lazy("Used of %(name)s: %(benefit)s"))),
        EventKind("package.use_taken_back", "profile", "arrow-back-up",
                  _package(gettext_lazy("A use of %(name)s taken back, a slip"))),
        EventKind("release.told", "message", "sparkles", _told_first, tone="told"),
        EventKind("release.taken_back", "profile", "arrow-back-up",
                  _package(gettext_lazy("A word on %(name)s taken back, a slip"))),
        EventKind("piece.suggested", "profile", "sparkles", _piece(gettext_lazy("Suggested: %(what)s"))),
        EventKind("piece.declined", "profile", "circle-x", _piece(gettext_lazy("Not for them: %(what)s")), tone="told"),
        EventKind("piece.taken_back", "profile", "arrow-back-up",
                  _piece(gettext_lazy("A word on %(what)s taken back, a slip"))),
        EventKind("playbook.left", "profile", "logout", _package(gettext_lazy("Taken out of the playbook %(name)s"))),
        EventKind("resource.reserved", "profile", "calendar-check",
                  _reserved(gettext_lazy("Reserved %(name)s for %(when)s"))),
        EventKind("resource.released", "profile", "calendar-x",
                  _reserved(gettext_lazy("Released %(name)s of %(when)s"))),
        EventKind("content.sent", "message", "book", _content(gettext_lazy("Sent to read: %(title)s"))),
        EventKind("content.opened", "message", "book", _content(gettext_lazy("Opened: %(title)s"))),
        EventKind("content.helped", "message", "book", _content(gettext_lazy("It helped: %(title)s")), tone="told"),
        EventKind("question.answered", "profile", "message-circle",
                  _question("%(question)s %(answer)s"), tone="told"),
        EventKind("guide.talked", "message", "compass", _guide, tone="told"),
        EventKind("question.taken_back", "profile", "arrow-back-up",
                  _question(gettext_lazy("An answer taken back, a slip: %(question)s"))),
    ):  # fmt: skip
        event_kinds.add(kind.name, kind)
