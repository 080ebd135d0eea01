"""The timeline lines of points, levels and coupons."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.kinds import word_of
from loyalty.models import PointsEntry
from scrm.kernel.registry import EventKind, event_kinds


def _reason(event: Any) -> str:
    code = event.details.get("reason", "")
    return str(PointsEntry.Reason(code).label) if code in PointsEntry.Reason.values else ""


def _points(event: Any) -> str:
    points = int(event.details.get("points") or 0)
    return f"{'−' if points < 0 else '+'}{abs(points):,}" if points else ""


def _earned(event: Any) -> str:
    said = _("Points earned: %(reason)s") % {"reason": _reason(event)}
    return said + " · " + _("they count later") if event.details.get("until") else said


def _spent(event: Any) -> str:
    return _("Points used: %(reason)s") % {"reason": _reason(event)}


def _returned(event: Any) -> str:
    return _("Points given back: %(reason)s") % {"reason": _reason(event)}


def _taken_back(event: Any) -> str:
    said = _("Points taken back: %(reason)s") % {"reason": _reason(event)}
    debt = int(event.details.get("debt") or 0)
    if debt > 0:
        return said + " · " + ngettext("%(n)s point is owed", "%(n)s points are owed", debt) % {"n": f"{debt:,}"}
    return said


def _coupon(event: Any) -> str:
    return word_of(event.details.get("coupon")) or event.details.get("template", "")


def _issued(event: Any) -> str:
    return _("Coupon given: %(coupon)s") % {"coupon": _coupon(event)}


def _redeemed(event: Any) -> str:
    return _("Coupon used: %(coupon)s") % {"coupon": _coupon(event)}


def _coupon_back(event: Any) -> str:
    return _("Coupon given back: %(coupon)s") % {"coupon": _coupon(event)}


def _coupon_gone(event: Any) -> str:
    return _("Coupon taken out: %(coupon)s") % {"coupon": _coupon(event)}


def _level(event: Any) -> str:
    return word_of(event.details.get("level")) or event.details.get("code", "")


def register() -> None:
    for kind in (
        EventKind("points.earned", "loyalty", "coins", _earned, _points),
        EventKind("points.spent", "loyalty", "coins", _spent, _points),
        EventKind("points.returned", "loyalty", "coins", _returned, _points),
        EventKind("points.taken_back", "loyalty", "coins", _taken_back, _points),
        EventKind("points.adjusted", "loyalty", "coins",
                  lambda event: _("Points corrected: %(reason)s") % {"reason": _reason(event)}, _points),
        EventKind("points.transferred", "loyalty", "coins", lambda event: _("Points given on"), _points),
        EventKind("points.ended", "loyalty", "coins", lambda event: _("Points whose time was over"), _points),
        EventKind("coupon.issued", "loyalty", "ticket", _issued),
        EventKind("coupon.redeemed", "loyalty", "ticket", _redeemed),
        EventKind("coupon.returned", "loyalty", "ticket", _coupon_back),
        EventKind("coupon.cancelled", "loyalty", "ticket-off", _coupon_gone),
        EventKind("level.reached", "loyalty", "arrow-up", lambda e: _("Reached %(level)s") % {"level": _level(e)}),
        EventKind("level.given", "loyalty", "arrow-up", lambda e: _("Was given %(level)s") % {"level": _level(e)}),
        EventKind("level.warned", "loyalty", "bell",
                  lambda e: _("%(level)s is at risk: told so") % {"level": _level(e)}),
        EventKind("level.lowered", "loyalty", "arrow-down", lambda e: _("Is %(level)s now") % {"level": _level(e)}),
        EventKind("privilege.used", "loyalty", "star",
                  lambda e: _("Privilege used: %(name)s") % {"name": word_of(e.details.get("name"))}),
        EventKind("gift.taken", "loyalty", "gift",
                  lambda e: _("Gift for points: %(name)s") % {"name": word_of(e.details.get("name"))}, _points),
    ):  # fmt: skip
        event_kinds.add(kind.name, kind)
