"""The timeline lines of purchases."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.kinds import word_of
from scrm.kernel import money
from scrm.kernel.registry import EventKind, event_kinds


def _order(event: Any) -> str:
    details = event.details
    pieces = int(details.get("pieces") or 0)
    first = word_of(details.get("first"))
    number = details.get("number", "")
    if not first:
        return _("Order %(number)s") % {"number": number}
    return ngettext(
        "Order %(number)s: %(first)s", "Order %(number)s: %(first)s and more, %(pieces)s pieces", max(pieces, 1)
    ) % {"number": number, "first": first, "pieces": pieces}


def _cancelled(event: Any) -> str:
    return _("Order %(number)s cancelled") % {"number": event.details.get("number", "")}


def _changed(event: Any) -> str:
    return _("Order %(number)s corrected by the till") % {"number": event.details.get("number", "")}


def _refund(event: Any) -> str:
    details = event.details
    said = _("Refund for order %(number)s") % {"number": details.get("order", "")}
    reason = word_of(details.get("reason"))
    return f"{said} · {reason}" if reason else said


def _total(event: Any) -> str:
    return money.written(event.details.get("total", 0), event.details.get("currency", "CNY"))


def _back(event: Any) -> str:
    return money.written(-event.details.get("amount", 0), event.details.get("currency", "CNY"))


def register() -> None:
    for kind in (
        EventKind("order.placed", "order", "receipt", _order, _total),
        EventKind("order.paid", "order", "receipt", _order, _total),
        EventKind("order.changed", "order", "receipt", _changed, _total),
        EventKind("order.cancelled", "order", "receipt-off", _cancelled),
        EventKind("refund.made", "order", "receipt-refund", _refund, _back),
    ):
        event_kinds.add(kind.name, kind)
