"""An online guide for who looks for a gift, and how far its visitors of a month came."""

import hashlib
from datetime import datetime, timedelta

from journeys import guides
from journeys.models import Guide, GuideAnswer, GuideSession, Question
from loyalty.models import CouponTemplate
from scrm.kernel.words import words
from touchpoints.models import Channel

ASKED = ("gift-for", "gift-budget")
BEGAN = 146
# Of a hundred who began: answered the first, the second and so saw goods, opened one, talked.
CAME = (88, 74, 41, 17)


def plant(moment: datetime) -> None:
    channel = Channel.objects.filter(code="web").first()
    questions = {one.code: one for one in Question.objects.filter(code__in=ASKED)}
    if channel is None or len(questions) < len(ASKED):
        return
    guide = guides.make(
        "gift", by=None, questions=[questions[code] for code in ASKED], channel=channel,
        name=words("替您挑一份礼", "替您挑一份禮", "A gift, chosen with you"),
        hello=words("两个问题，就给您几样。", "兩個問題，就給您幾樣。", "Two questions, then a few ideas."),
        coupon=CouponTemplate.objects.claimable(moment).filter(products__contains=["R08"]).first(),
    )  # fmt: skip
    _walk(guide, [questions[code] for code in ASKED], moment)


def _walk(guide: Guide, asked: list[Question], moment: datetime) -> None:
    offered = {one.pk: list(one.answers.all()) for one in asked}
    sessions = []
    for number in range(BEGAN):
        at = moment - timedelta(minutes=40 + number * 290)
        luck = (number * 61 + 7) % 100  # each of a hundred once
        saw, opened, talked = (at if luck < share else None for share in CAME[1:])
        sessions.append(GuideSession(
            guide=guide, digest=hashlib.sha256(f"demo {number}".encode()).digest(), language="zh-hans", began_at=at,
            until=at + timedelta(days=1), shown=["R08-M"] if saw else [], shown_at=saw,
            opened="R08-M" if opened else "", opened_at=opened, talked_at=talked,
        ))  # fmt: skip
    made = GuideSession.objects.bulk_create(sessions)
    GuideAnswer.objects.bulk_create(
        GuideAnswer(session=one, question=question, answer=offered[question.pk][number % len(offered[question.pk])],
                    at=one.began_at)
        for number, one in enumerate(made)
        for question, share in zip(asked, CAME, strict=False) if (number * 61 + 7) % 100 < share
    )  # fmt: skip
