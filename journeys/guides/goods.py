"""The goods at the end of a guide, each with its reasons, and the coupon that fits one of them."""

from dataclasses import dataclass
from typing import Any

from commerce.models import Product
from journeys.models import GuideSession, QuestionAnswer
from journeys.recommending import Pick, for_customer, for_nobody
from loyalty.basket_of import Scanned, basket_of
from loyalty.models import CouponTemplate

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
    answers = answers_of(session)
    scene = answers[0].question.scene.code if answers else ""
    needs = [code for one in answers for code in (one.value, one.need.code if one.need else "") if code]
    picks = _found(session, scene=scene, needs=needs) or _found(session)
    return [Good(pick.product, [reason.sentence for reason in pick.reasons]) for pick in picks]


def _found(session: GuideSession, **asked: Any) -> list[Pick]:
    if session.knows and session.customer is not None:
        return for_customer(session.customer, count=COUNT, **asked).picks
    return for_nobody(count=COUNT, **asked).picks


def fitting_coupon(session: GuideSession, goods: list[Good]) -> CouponTemplate | None:
    """The guide's coupon while customers may take it, and where it is good for one of the goods."""
    template = session.guide.coupon
    if template is None or not CouponTemplate.objects.claimable().filter(pk=template.pk).exists():
        return None
    rows = [Scanned(one.product.code, one.product.price or 0) for one in goods]
    basket = basket_of(rows, products={one.product.code: one.product for one in goods})
    return template if any(template.rule.covers(line) for line in basket.lines) else None
