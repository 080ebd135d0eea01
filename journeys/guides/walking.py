"""A visitor's way through a guide: what is left to ask, what is shown, the coupon, and the way to a person."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commerce.models import Product
from customers.models import Customer
from journeys.guides.goods import Good, answers_of, fitting_coupon, goods_of, known_of
from journeys.models import GuideSession, Question, QuestionAnswer, Told
from journeys.models.question import TAKE_BACK
from loyalty.models import Coupon
from loyalty.models.coupon import CouponQuerySet
from loyalty.models.giving import why_not
from loyalty.terms import terms_of, value_text
from scrm.kernel.money import written
from scrm.kernel.refusals import TransitionRefused
from touchpoints import chat
from touchpoints.models import Visitor

SOURCE = "guide"


def questions_left(session: GuideSession) -> list[Question]:
    """Those not answered yet; of somebody known what is known is not asked again."""
    asked = session.guide.questions
    done = set(session.answers.values_list("question", flat=True))
    known = {tag.dimension_id for tag in known_of(session, asked)}
    return [one for one in asked if one.pk not in done and one.dimension_id not in known]


@transaction.atomic
def state_of(session: GuideSession) -> dict[str, Any]:
    """What the page shows now: the next question, or goods with a coupon and the way to a person."""
    asked, left = session.guide.questions, questions_left(session)
    if left:
        question = left[0]
        offered = question.answers.filter(retired_at=None)
        return {
            "step": "question", "number": len(asked) - len(left) + 1, "of": len(asked), "code": question.code,
            "words": str(question), "answers": [{"value": one.value, "words": str(one)} for one in offered],
        }  # fmt: skip
    goods = goods_of(session)
    codes = [one.product.code for one in goods]
    first = session.note("shown", shown=codes)
    if not first and session.shown != codes:  # a change of mind: the moment stays the first one's
        GuideSession.objects.filter(pk=session.pk).update(shown=codes)
    session.shown = codes
    tell_answers(session)
    return {
        "step": "goods", "goods": [_told(session, one.product, one.reasons) for one in goods],
        "coupon": _offered(session, goods),
    }  # fmt: skip


def _told(session: GuideSession, product: Product, reasons: list[str]) -> dict[str, Any]:
    link = session.guide.goods_link
    return {
        "code": product.code, "name": str(product), "reasons": reasons,
        "price": "" if product.price is None else written(product.price, settings.BASE_CURRENCY),
        "link": link.replace("{code}", quote(product.code, safe="")) if link else "",
    }  # fmt: skip


def _offered(session: GuideSession, goods: list[Good]) -> dict[str, Any] | None:
    if (coupon := _held(session)) is not None:
        return told_of(coupon)
    template = None if _had(session) else fitting_coupon(session, goods)
    if template is None:
        return None
    return {"name": str(template), "value": value_text(template), "terms": terms_of(template), "code": "",
            "mine": session.knows}  # fmt: skip


def told_of(coupon: Coupon) -> dict[str, Any]:
    return {"name": str(coupon.template), "value": value_text(coupon.template), "terms": terms_of(coupon.template),
            "code": coupon.shown_code, "mine": True}  # fmt: skip


def _held(session: GuideSession) -> Coupon | None:
    """What this guide gave the customer, in whichever visit and to whichever record, while it may be used."""
    return _given(session).usable().order_by("pk").first() if session.knows else None


def _given(session: GuideSession) -> CouponQuerySet:
    rows = Coupon.objects.select_related("template").filter(customer=session.customer)
    return rows.filter(source=SOURCE, source_ref__startswith=f"{session.guide_id}:")


def _had(session: GuideSession) -> bool:
    """Whether this guide gave its present coupon to the customer, used by now or over."""
    return session.knows and _given(session).filter(template=session.guide.coupon_id).exists()


@transaction.atomic
def take_coupon(session: GuideSession) -> Coupon:
    """The guide's coupon for somebody known, once a person. Raises TransitionRefused, also for a visitor unknown."""
    if not session.knows or session.customer is None:
        raise TransitionRefused(_("Tell us in the chat who you are, and the coupon is yours."))
    holder, _came_as = Customer.objects.holder_of(session.customer.pk)  # a merge waits until it is given
    if holder != session.customer.pk:
        session.customer = Customer.objects.get(pk=holder)
    coupon = _held(session)
    if coupon is None:
        coupon = _claim(session, session.customer)
    session.note("coupon", coupon=coupon)
    session.coupon = coupon
    return coupon


def _claim(session: GuideSession, customer: Customer) -> Coupon:
    if _had(session):
        raise TransitionRefused(_("You had this coupon already."))
    template = session.guide.coupon
    if template is not None and (why := why_not(template, customer.pk)):
        raise TransitionRefused(why)
    template = fitting_coupon(session, goods_of(session))
    if template is None:
        raise TransitionRefused(_("This coupon is not given any more."))
    key = f"{session.guide_id}:{customer.pk}:{template.pk}"
    coupon = template.claim_for(customer, channel="web", source=SOURCE, key=key)
    if not Coupon.objects.usable().filter(pk=coupon.pk).exists():  # the same key gives one that was cancelled since
        raise TransitionRefused(_("You had this coupon already."))
    return coupon


@transaction.atomic
def recognise(session: GuideSession, visitor: Visitor | None) -> None:
    """Whoever the chat knows by now is this visitor; what was answered before is told then."""
    if session.visitor is None and visitor is not None and visitor.channel_id == session.guide.channel_id:
        GuideSession.objects.filter(pk=session.pk, visitor=None).update(visitor=visitor)
        session.visitor = visitor
    talk = session.visitor.conversation if session.visitor is not None else None
    if session.customer_id is not None or talk is None or talk.customer.provisional or talk.customer.erased_at:
        return
    # A merge of either waits; the conversation went along with one that came before.
    holder, came_as = Customer.objects.holder_of(talk.customer_id)
    if GuideSession.objects.filter(pk=session.pk, customer=None).update(customer=holder, came_as=came_as):
        session.customer = Customer.objects.get(pk=holder)
        if session.shown_at is not None:
            tell_answers(session)


@transaction.atomic
def hand_over(session: GuideSession, visitor: Visitor) -> None:
    """To a person, with what was answered and seen as the first words of the chat; a second press says nothing twice.

    Raises TransitionRefused for a chat of another channel than the guide's.
    """
    if visitor.channel_id != session.guide.channel_id:
        raise TransitionRefused(_("This chat is closed. Load the page anew."))
    with translation.override(session.language):
        words = memory_of(session)
    chat.hear(visitor, words, client_id=f"guide-{session.pk}")
    talk = visitor.conversation
    assert talk is not None
    if session.note("talked", visitor=visitor, customer=talk.customer):
        session.visitor, session.customer = visitor, talk.customer
        talk.customer.record("guide.talked", channel="web", guide=dict(session.guide.name),
                             answers=session.answers.count())  # fmt: skip
        tell_answers(session)


def memory_of(session: GuideSession) -> str:
    """What was answered and seen, in the visitor's language."""
    lines = [_("I come from “%(guide)s”.") % {"guide": session.guide}]
    lines += [f"{answer.question} {answer}" for answer in answers_of(session)]
    if session.shown:
        names = {one.code: str(one) for one in Product.objects.filter(code__in=session.shown)}
        seen = "、".join(names[code] for code in session.shown if code in names)
        lines.append(_("I was shown: %(goods)s") % {"goods": seen})
    return "\n".join(lines)


def tell_answers(session: GuideSession) -> None:
    """At the customer each answer becomes a tag and a need; what is known already stays as it is. In a transaction."""
    if session.customer_id is None:
        return
    holder, _came_as = Customer.objects.holder_of(session.customer_id)
    customer = Customer.objects.get(pk=holder)
    for answer in answers_of(session):
        _tell(session, customer, answer)


def _tell(session: GuideSession, customer: Customer, answer: QuestionAnswer) -> None:
    try:
        with transaction.atomic():
            told = Told.objects.standing().filter(customer=customer, answer=answer, by=None)
            if told.filter(at__gte=session.began_at).exists():
                return
            _unsay(customer, answer)
            Told.tell(customer, answer, by=None)
    except TransitionRefused:
        pass  # known, or out of the bank meanwhile


def _unsay(customer: Customer, answer: QuestionAnswer) -> None:
    """What was answered to the same question a moment ago and is answered otherwise now, as a slip."""
    since = timezone.now() - TAKE_BACK
    slips = Told.objects.standing().filter(customer=customer, by=None, at__gte=since).exclude(answer=answer)
    for slip in slips.filter(answer__question=answer.question_id).select_related(
        "customer", "answer__question", "tag", "need"
    ):
        slip.take_back(by=None)
