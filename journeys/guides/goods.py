"""The goods at the end of a guide, each with its reasons, and the coupon that fits one of them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from commerce.models import Product
from customers.models import Tag
from journeys.models import GuideSession, Question, QuestionAnswer
from journeys.recommending import Pick, Reason, for_customer, for_nobody
from loyalty.basket_of import Scanned, basket_of
from loyalty.models import CouponTemplate
from loyalty.models.giving import why_not

COUNT = 4


@dataclass(frozen=True)
class Good:
    product: Product
    reasons: list[str]


def answers_of(session: GuideSession) -> list[QuestionAnswer]:
    rows = session.answers.select_related("answer__question__scene", "answer__need").order_by("at", "pk")
    return [row.answer for row in rows]


def goods_of(session: GuideSession) -> list[Good]:
    """What fits the answers; where the catalogue marks nothing for them, what fits without them."""
    asked = session.guide.questions
    answers = answers_of(session)
    needs = [code for one in answers for code in (one.value, one.need.code if one.need else "") if code]
    tapped = {one.question_id for one in answers}  # what is answered now counts more than what was known before
    needs += [tag.value for tag in known_of(session, [one for one in asked if one.pk not in tapped])]
    scene = asked[0].scene if asked else None
    picks = _found(session, scene=scene.code if scene else "", needs=list(dict.fromkeys(needs))) or _found(session)
    called = {one.value: str(one) for one in answers} | ({scene.code: str(scene)} if scene else {})
    return [Good(pick.product, _reasons(pick, called)) for pick in picks]


def _reasons(pick: Pick, called: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(words for one in pick.reasons if (words := _said(one, called))))


def _said(reason: Reason, called: dict[str, str]) -> str:
    """The reason in the visitor's words: what was answered is called as it was offered, a bare code never."""
    if reason.kind == "sold":
        return reason.sentence
    # The sentences for staff count and date what somebody did; a page of the shop says no more than this.
    short = {
        "refill": _("You may be running low"), "together": _("Goes with what you have"),
        "browsed": _("You looked at it"), "heard": _("Fits you"), "told": _("Fits you"),
    }  # fmt: skip
    scenes = [called[code] for code in reason.values.get("scenes", ()) if code in called]
    return _("Fits: %(scenes)s") % {"scenes": " · ".join(scenes)} if scenes else short.get(reason.kind, "")


def known_of(session: GuideSession, asked: list[Question]) -> list[Tag]:
    """What is known already of what is asked, of somebody whom we know."""
    if not session.knows:
        return []
    dimensions = [one.dimension_id for one in asked]
    live = Tag.objects.live().select_related("dimension").filter(customer=session.customer, dimension__in=dimensions)
    return [tag for tag in live if tag.confidence_now]


def _found(session: GuideSession, **asked: Any) -> list[Pick]:
    if session.knows and session.customer is not None:
        return for_customer(session.customer, count=COUNT, **asked).picks
    return for_nobody(count=COUNT, **asked).picks


def fitting_coupon(session: GuideSession, goods: list[Good]) -> CouponTemplate | None:
    """The guide's coupon while this person may take it, and where it is good for one of the goods."""
    template = session.guide.coupon
    if template is None or not CouponTemplate.objects.claimable().filter(pk=template.pk).exists():
        return None
    if session.knows and session.customer_id is not None and why_not(template, session.customer_id):
        return None
    rows = [Scanned(one.product.code, one.product.price or 0) for one in goods]
    basket = basket_of(rows, products={one.product.code: one.product for one in goods})
    return template if any(template.rule.covers(line) for line in basket.lines) else None
