"""The goods at the end of a guide, each with its reasons, and the coupon that fits one of them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce, NullIf

from commerce.models import Product, Stock
from customers.models import Scene
from journeys.models import GuideSession, QuestionAnswer
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
    """What fits the answers."""
    answers = answers_of(session)
    scene = answers[0].question.scene if answers else None
    needs = [answer.need.code for answer in answers if answer.need]
    return _picked(session, scene.code if scene else "", needs)


def _picked(session: GuideSession, scene: str, needs: list[str]) -> list[Good]:
    held = Stock.objects.filter(product=OuterRef("pk"), quantity__gte=1, store__closed_on=None)
    goods = Product.objects.filter(Exists(held), kind=Product.Kind.GOODS, price__gt=0).exclude(
        attributes__has_key="past"
    )
    goods = goods.filter(attributes__scenes__contains=[scene]) if scene else goods
    named = str(Scene.objects.filter(code=scene).first() or "")
    rows = goods.annotate(article=Coalesce(NullIf("parent", Value("")), "code")).select_related("category")
    return [Good(one, [named] if named else []) for one in rows.order_by("article", "code").distinct("article")[:COUNT]]


def fitting_coupon(session: GuideSession, goods: list[Good]) -> CouponTemplate | None:
    """The guide's coupon while customers may take it, and where it is good for one of the goods."""
    template = session.guide.coupon
    if template is None or not CouponTemplate.objects.claimable().filter(pk=template.pk).exists():
        return None
    rows = [Scanned(one.product.code, one.product.price or 0) for one in goods]
    basket = basket_of(rows, products={one.product.code: one.product for one in goods})
    return template if any(template.rule.covers(line) for line in basket.lines) else None
