"""Why a customer stands where they stand: the numbers, and the borders they were cut at, as sentences."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.metrics.computing import DORMANT_DAYS, LATE_FACTOR, NEW_DAYS, RECENT_DAYS, SETTLED_DAYS, SHORTEST_RHYTHM
from commerce.models import Order
from customers.models import Lifecycle, Metrics, MetricsRun
from scrm.kernel import money


@dataclass(frozen=True)
class Reason:
    """One thing we worked out: what it is about (r, f, m or stage), its class, and the sentence."""

    about: str
    grade: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def why(metrics: Metrics, run: MetricsRun | None = None) -> list[Reason]:
    """The reasons of a customer's classes and stage; the borders are those of the last computation."""
    run = run or MetricsRun.objects.first()
    borders = run.borders.get("ntile", {}) if run else {}
    return [
        Reason("r", str(metrics.r), _recency(metrics) + _between(metrics.r, borders.get("r"), _days)),
        Reason("f", str(metrics.f), _frequency(metrics) + _between(metrics.f, borders.get("f"), _orders)),
        Reason("m", str(metrics.m), _money(metrics) + _between(metrics.m, borders.get("m"), _amount)),
        Reason("stage", metrics.lifecycle, _stage(metrics)),
    ]


def _gap(metrics: Metrics) -> int:
    return (metrics.as_of - metrics.last_on).days


def _recency(metrics: Metrics) -> str:
    days = _gap(metrics)
    return ngettext(
        "Last bought %(days)s day before %(as_of)s.", "Last bought %(days)s days before %(as_of)s.", days
    ) % {"days": days, "as_of": metrics.as_of}  # fmt: skip


def _frequency(metrics: Metrics) -> str:
    return ngettext("%(orders)s order in all.", "%(orders)s orders in all.", metrics.orders) % {
        "orders": metrics.orders}  # fmt: skip


def _money(metrics: Metrics) -> str:
    return _("Spent %(amount)s net of refunds.") % {"amount": _amount(metrics.spent)}


def _between(grade: int, borders: list[float] | None, written: object) -> str:
    """“ Class 4 of 5: from above X to Y.”, by the borders of the classes around it."""
    if not borders:
        return ""
    say = written if callable(written) else str
    low = say(borders[grade - 2]) if grade > 1 else None
    high = say(borders[grade - 1]) if grade < 5 else None
    if low is None:
        text = (
            _("Class %(grade)s of 5: %(high)s or longer.")
            if say is _days
            else _("Class %(grade)s of 5: up to %(high)s.")
        )
    elif high is None:
        text = (
            _("Class %(grade)s of 5: more recent than %(low)s.")
            if say is _days
            else _("Class %(grade)s of 5: beyond %(low)s.")
        )
    else:
        text = _("Class %(grade)s of 5: between %(low)s and %(high)s.")
    return " " + text % {"grade": grade, "low": low, "high": high}


def _days(border: float) -> str:
    days = int(-border)
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


def _orders(border: float) -> str:
    return ngettext("%(orders)s order", "%(orders)s orders", int(border)) % {"orders": int(border)}


def _amount(minor: float) -> str:
    return money.written(round(minor), settings.BASE_CURRENCY)


def _stage(metrics: Metrics) -> str:
    gap, rhythm = _gap(metrics), metrics.rhythm_days
    numbers = {
        "gap": gap, "first": metrics.first_on, "days": metrics.days, "rhythm": max(rhythm or 0, SHORTEST_RHYTHM),
        "dormant": DORMANT_DAYS, "new": NEW_DAYS, "factor": LATE_FACTOR, "settled": SETTLED_DAYS,
        "recent": RECENT_DAYS,
    }  # fmt: skip
    if metrics.lifecycle == Lifecycle.DORMANT:
        return _("Dormant: %(gap)s days without a purchase, %(dormant)s or more.") % numbers
    if metrics.lifecycle == Lifecycle.NEW:
        return _("New: the first purchase was on %(first)s, at most %(new)s days ago.") % numbers
    if metrics.lifecycle == Lifecycle.DECLINING:
        return _(
            "Declining: %(gap)s days without a purchase, more than %(factor)s times the usual %(rhythm)s days."
        ) % numbers  # fmt: skip
    if metrics.lifecycle == Lifecycle.GROWING and metrics.days < SETTLED_DAYS:
        return ngettext(
            "Growing: %(days)s day of purchase so far, fewer than %(settled)s.",
            "Growing: %(days)s days of purchase so far, fewer than %(settled)s.", metrics.days,
        ) % numbers  # fmt: skip
    if metrics.lifecycle == Lifecycle.GROWING:
        numbers["lately"] = _recent_days(metrics)
        return _(
            "Growing: %(lately)s days of purchase in the last %(recent)s days, twice as many as usual."
        ) % numbers  # fmt: skip
    return _("Mature: %(days)s days of purchase, every %(rhythm)s days or so, the last %(gap)s days ago.") % numbers


def _recent_days(metrics: Metrics) -> int:
    since = metrics.as_of - timedelta(days=RECENT_DAYS)
    bought = Order.objects.filter(customer_id=metrics.customer_id, business_date__gt=since)
    days = bought.exclude(state=Order.State.CANCELLED).values("business_date").distinct()
    return days.filter(business_date__lte=metrics.as_of).count()
