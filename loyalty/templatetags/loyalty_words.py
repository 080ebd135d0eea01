"""Coupons, points and rings as pages show them."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty.models import Coupon, CouponTemplate, PointsEntry, Programme
from loyalty.terms import terms_of
from scrm.kernel import money

register = template.Library()
SOON = 14  # days


@register.simple_tag
def coupon_value(rule: CouponTemplate) -> SafeString:
    """The left side of a coupon: its value large, what it asks for below."""
    kind = CouponTemplate.Kind
    below = _("from %(amount)s") % {"amount": money.written(rule.threshold, "CNY")} if rule.threshold else ""
    if rule.kind == kind.AMOUNT:
        return format_html('<b class="num">{}</b>{}', money.written(rule.amount, "CNY"), below)
    if rule.kind == kind.PERCENT:
        return format_html('<b class="w num">−{} %</b>{}', rule.percent, below)
    if rule.kind == kind.STEP:
        less = f"−{rule.percent} %" if rule.percent else f"−{money.written(rule.amount, 'CNY')}"
        return format_html('<b class="w num">{}</b>{}', less, _("from %(n)s pieces") % {"n": rule.pieces})
    return format_html('<b class="w">{}</b>{}', rule.get_kind_display(), below)


@register.simple_tag
def coupon_end(coupon: Coupon) -> str:
    """The one thing that decides: days left when they are few, else the day it ends."""
    return end_words(coupon.valid_until)


def end_words(until: datetime | None) -> str:
    if until is None:
        return str(_("without an end"))
    last = timezone.localdate(until - timedelta(seconds=1))
    days = (last - timezone.localdate()).days
    if until <= timezone.now():
        return str(_("over since %(day)s") % {"day": f"{last:%Y-%m-%d}"})
    if days <= 0:
        return str(_("today is its last day"))
    if days <= SOON:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return str(_("until %(day)s") % {"day": f"{last:%Y-%m-%d}"})


@register.filter
def terms(rule: CouponTemplate) -> list[str]:
    """The terms in the reader's language, one sentence each."""
    return terms_of(rule)


@register.simple_tag
def explain(entry: PointsEntry) -> SafeString:
    """The arithmetic stored with a line, in the reader's words: a name and a number each."""
    return _explained(entry.explanation)


@register.simple_tag
def explain_part(part: Any) -> SafeString:
    return _explained(part.because)


def _explained(said: dict[str, Any]) -> SafeString:
    rows: list[tuple[Any, str]] = []
    if "rule" in said:
        rows.append((_("Rule"), f"{said['rule']} v{said.get('version', '')}"))
    if "basis" in said:
        rows.append((_("Amount that earns"), money.written(int(said["basis"]), "CNY", exact=True)))
    if "points" in said and "per" in said:
        rows.append((_("Points per amount"), f"{said['points']} / {money.written(int(said['per']), 'CNY')}"))
    for name, words in _EXPLAINED.items():
        if name in said:
            rows.append((words, str(said[name])))
    for name, words in _LEFT_OUT.items():
        if name in said.get("left_out", {}):
            rows.append((words, money.written(int(said["left_out"][name]), "CNY", exact=True)))
    if "rounding" in said:
        rows.append((_("Rounding"), str(Programme.Rounding(said["rounding"]).label)))
    if "why" in said:
        rows.append((_("Why nothing was earned"), str(_NOTHING.get(said["why"], said["why"]))))
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)


_EXPLAINED = {
    "factor": gettext_lazy("Multiplied by"), "level_factor": gettext_lazy("Multiplied for the level by"),
    "bonus": gettext_lazy("Extra points"), "refund": gettext_lazy("Refund"), "revision": gettext_lazy("Correction no."),
    "campaign": gettext_lazy("Campaign"), "gift": gettext_lazy("Gift"), "note": gettext_lazy("Remark"),
    "order": gettext_lazy("Order"),
}  # fmt: skip
_LEFT_OUT = {
    "tenders": gettext_lazy("Paid by points or gift card, earns nothing"),
    "lines": gettext_lazy("Fees and other lines that earn nothing"),
}
_NOTHING = {
    "unbalanced": gettext_lazy("the till's amounts do not add up; somebody must look at it"),
    "no_rule": gettext_lazy("no rule was in force for it"),
    "no_basis": gettext_lazy("nothing in it earns points"),
}


@register.simple_tag
def fields(form: Any, names: str) -> SafeString:
    """Some fields of a form: label, field, what is wrong with it."""
    rows = []
    for name in names.split():
        field = form[name]
        wrong = format_html_join("", '<span class="s-bad">{}</span>', ((error,) for error in field.errors))
        if getattr(field.field.widget, "input_type", "") == "checkbox" and not hasattr(field.field, "choices"):
            rows.append(format_html('<label class="s-tickline">{} {}</label>{}', field, field.label, wrong))
        elif hasattr(field.field, "choices") and getattr(field.field.widget, "allow_multiple_selected", False):
            boxes = format_html_join("", '<label class="s-tickline">{}</label>', ((box,) for box in field))
            rows.append(format_html('<fieldset><legend>{}</legend><div class="s-ticks">{}</div>{}</fieldset>',
                                    field.label, boxes, wrong))  # fmt: skip
        else:
            rows.append(format_html('<label class="stack-s" for="{}">{}</label>{}{}', field.id_for_label, field.label,
                                    wrong, field))  # fmt: skip
    return format_html_join("", '<div class="s-field">{}</div>', ((row,) for row in rows))


@register.simple_tag
def left_out(reason: str) -> str:
    return str(_LEFT[reason]) if reason in _LEFT else reason


@register.simple_tag
def stopped_by(trouble: str) -> str:
    """Why a bulk issue came to a halt; an error of the database keeps its name, for whoever looks into the log."""
    return str(
        _TROUBLE.get(trouble) or _("Something broke (%(what)s). Go on, or tell an engineer.") % {"what": trouble}
    )


_TROUBLE = {
    "paused": gettext_lazy("The coupon was paused. Let it be given again, then go on."),
    "ended": gettext_lazy("The coupon has ended: the rest gets none."),
}  # fmt: skip


_LEFT = {
    "level": gettext_lazy("of another level"), "limit": gettext_lazy("have as many as they may"),
    "stock": gettext_lazy("beyond the stock"), "unknown": gettext_lazy("unknown numbers"),
    "twice": gettext_lazy("named twice"),
}  # fmt: skip


@register.simple_tag
def brand_name() -> str:
    return str(settings.SCRM_BRAND)


@register.filter
def last_day(until: datetime | None) -> str:
    """The last day on which something is good that ends at a moment: one second before midnight is the day before."""
    return "" if until is None else f"{timezone.localtime(until - timedelta(seconds=1)):%Y-%m-%d}"


@register.filter
def listed(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


@register.filter
def signed(points: Any) -> str:
    number = int(points or 0)
    return f"{'−' if number < 0 else '+'}{abs(number):,}"


@register.filter
def grouped(number: Any) -> str:
    return f"{int(number or 0):,}"


@register.simple_tag
def ring(name: str, percent: int, words: str) -> SafeString:
    """The level and its share to the next, drawn on the server; the words say it too."""
    turn = 2 * 3.14159 * 30
    return format_html(
        '<span class="s-lring" role="img" aria-label="{}"><svg viewBox="0 0 72 72" aria-hidden="true">'
        '<circle cx="36" cy="36" r="30" class="bg"/><circle cx="36" cy="36" r="30" class="fg" '
        'stroke-dasharray="{} {}" transform="rotate(-90 36 36)"/></svg><span>{}<small>{} %</small></span></span>',
        words, f"{turn * percent / 100:.1f}", f"{turn:.1f}", name, percent,
    )  # fmt: skip


@register.filter
def exact_time(at: datetime | None) -> str:
    """The time of day to the millisecond."""
    return "" if at is None else f"{timezone.localtime(at):%H:%M:%S.%f}"[:-3]
