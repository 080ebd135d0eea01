"""Levels, points and coupons as fields of segments."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty.models import BulkIssue, CouponTemplate, Level
from loyalty.models.programme import MAIN
from scrm.kernel.registry import SegmentUse, segment_fields, segment_uses
from scrm.kernel.segment_field import HOW, LISTED, Asked, Given, OneOf, SegmentField, Several, remembered
from scrm.kernel.segment_rows import counted, since, standing

LOYALTY = _("Loyalty")


def _levels() -> list[tuple[str, Any]]:
    return [(level.code, level.name or level.code) for level in Level.objects.filter(programme__code=MAIN)]


def _templates() -> list[tuple[str, Any]]:
    return [(one.code, one.name or one.code) for one in CouponTemplate.objects.order_by("-pk")[:300]]


LEVEL = Several("one", _("Level"), choices=remembered(_levels))
COUPON = OneOf("coupon", _("Coupon"), choices=remembered(_templates))
STANDS = ("from loyalty_levelmembership x join loyalty_programme q on q.id = x.programme_id "
          "join loyalty_level l on l.id = x.level_id where x.ended_on is null and q.code = 'main'")  # fmt: skip


def _in_level(asked: Asked, given: Given) -> str:
    """Who stands in no level is where everybody begins."""
    codes, among = asked.put(list(given["one"])), asked.among("x.customer_id")
    text = (f"(c.id in (select x.customer_id {STANDS} and l.code = any({codes}){among}) "
            f"or (exists (select from loyalty_level l where l.rank = 0 and l.code = any({codes})) "
            f"and not c.id in (select x.customer_id {STANDS}{among})))")  # fmt: skip
    return f"(not {text})" if given["op"] == "is_not" else text


def _held(asked: Asked, given: Given) -> str:
    return (f"from loyalty_coupon x join loyalty_coupontemplate t on t.id = x.template_id "
            f"where x.state in ('issued', 'reserved') and x.valid_until >= {since(asked, 0)} "
            f"and t.code = {asked.put(given['coupon'])}")  # fmt: skip


def _used(asked: Asked, given: Given) -> str:
    return (f"from loyalty_redemption r join loyalty_coupon x on x.id = r.coupon_id "
            f"join loyalty_coupontemplate t on t.id = x.template_id where r.undone_at is null "
            f"and t.code = {asked.put(given['coupon'])} and r.at >= {since(asked, given['days'])}")  # fmt: skip


def _given(code: str) -> list[SegmentUse]:
    """Coupons that were, or are about to be, given to it."""
    bulks = BulkIssue.objects.filter(rule__segment=code).select_related("template").order_by("-pk")
    return [
        SegmentUse(gettext("Coupon “%(name)s”") % {"name": bulk.template}, reverse("loyalty:bulk", args=[bulk.pk]),
                   gettext("those given stay as they are"))
        for bulk in bulks[:10]
    ]  # fmt: skip


def register() -> None:
    segment_uses.add("coupons", _given)
    for field in (
        SegmentField("level", LOYALTY, _("Level"), (HOW, LEVEL), LISTED, _in_level,
                     lambda asked, given: f"(select max(l.code) {STANDS} and x.customer_id = c.id)",
                     lambda found: LEVEL.say([found]) if found else "–"),
        standing("points", LOYALTY, _("Points"), "x.available",
                 "from loyalty_pointsaccount x join loyalty_programme q on q.id = x.programme_id where q.code = 'main'",
                 default=100),
        counted("coupon_held", LOYALTY, _("Coupon in hand"), _held, slots=(COUPON,), windowed=False, clock=True,
                sentence="%(field)s “%(coupon)s” %(op)s %(n)s"),
        counted("coupon_used", LOYALTY, _("Coupon used"), _used, slots=(COUPON,),
                sentence=_("%(field)s “%(coupon)s” within %(days)s: %(op)s %(n)s")),
    ):  # fmt: skip
        segment_fields.add(field.name, field)
