"""The timeline lines of cases."""

from collections.abc import Callable
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scrm.kernel.registry import EventKind, event_kinds
from scrm.kernel.words import Words
from staff.names import staff_name, store_name
from tickets.models.compensation import size


def _case(words: Any) -> Callable[[Any], str]:
    return lambda event: words % {
        "number": event.details.get("case", ""), "subject": event.details.get("subject", ""),
        "store": store_name(event.details.get("store_id")), "who": staff_name(event.details.get("to")),
        "why": event.details.get("why", ""), "other": event.details.get("other", ""),
    }  # fmt: skip


def _promised(event: Any) -> str:
    due = parse_datetime(str(event.details.get("due", "")))
    when = date_format(localtime(due), "SHORT_DATETIME_FORMAT") if due else ""
    return _("Promised by %(when)s: %(words)s") % {"when": when, "words": event.details.get("words", "")}


def _moved(event: Any) -> str:
    words = {"waiting": _("Case %(number)s waits for the customer"), "held": _("Case %(number)s waits: %(why)s")}
    return _case(words.get(event.details.get("now", ""), _("Case %(number)s is in work again")))(event)


def _goodwill(words: Any) -> Callable[[Any], str]:
    def sentence(event: Any) -> str:
        reason = Words(event.details.get("reason") or {})
        said = words % {"number": event.details.get("case", ""), "reason": str(reason) or "—"}
        return said + " · " + _("an exception for the customer") if event.details.get("exception") is True else said

    return sentence


def _gift(event: Any) -> str:
    coupon = str(Words(event.details.get("coupon") or {}))
    amount = int(event.details.get("amount") or 0)
    return coupon or (size(event.details.get("what", ""), amount) if amount else "")


def register() -> None:
    for kind in (
        EventKind("case.opened", "case", "inbox", _case(gettext_lazy("Case %(number)s: %(subject)s"))),
        EventKind("case.assigned", "case", "user-check", _case(gettext_lazy("Case %(number)s is with %(who)s"))),
        EventKind("case.moved", "case", "clock-pause", _moved),
        EventKind("case.promised", "case", "flag", _promised, tone="brand"),
        EventKind("case.handed_over", "case", "building-store",
                  _case(gettext_lazy("Case %(number)s was handed to %(store)s"))),
        EventKind("case.picked_up", "case", "scan", _case(gettext_lazy("Case %(number)s was picked up at %(store)s"))),
        EventKind("case.returned", "case", "corner-up-left",
                  _case(gettext_lazy("Case %(number)s came back from %(store)s"))),
        EventKind("goodwill.granted", "case", "gift",
                  _goodwill(gettext_lazy("Made good in case %(number)s: %(reason)s")), _gift, tone="brand"),
        EventKind("goodwill.declined", "case", "gift-off",
                  _goodwill(gettext_lazy("More was asked for in case %(number)s and declined: %(reason)s")), _gift),
        EventKind("goodwill.taken_back", "case", "arrow-back-up",
                  _goodwill(gettext_lazy("Goodwill of case %(number)s taken back: %(reason)s")), _gift),
        EventKind("case.resolved", "case", "circle-check", _case(gettext_lazy("Done: %(subject)s")), tone="brand"),
        EventKind("case.merged", "case", "git-merge",
                  _case(gettext_lazy("Case %(other)s was joined to case %(number)s"))),
        EventKind("case.unmerged", "case", "arrow-back-up",
                  _case(gettext_lazy("Cases %(number)s and %(other)s as they were before"))),
        EventKind("case.split", "case", "arrows-split-2",
                  _case(gettext_lazy("Case %(other)s came out of case %(number)s"))),
        EventKind("case.reopened", "case", "rotate", _case(gettext_lazy("Opened again: %(subject)s")), tone="late"),
    ):  # fmt: skip
        event_kinds.add(kind.name, kind)
