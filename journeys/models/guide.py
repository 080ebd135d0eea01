"""An online guide: two or three questions, goods with reasons, a coupon, and the way to a person."""

import secrets
from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.question import Question, QuestionAnswer
from loyalty.models import Coupon, CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User
from touchpoints.models import Channel, Visitor
from touchpoints.models.channel import hook_digest

LIVES = timedelta(hours=24)
FEWEST, MOST = 2, 3


class GuideQuerySet(models.QuerySet["Guide"]):
    def in_use(self) -> Self:
        return self.filter(retired_at=None)


class Guide(models.Model):
    """What operators set up. In use → retired → in use; what was answered stays with its session."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField()
    hello = WordsField(blank=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="guides")
    coupon = models.ForeignKey(CouponTemplate, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    goods_link = models.CharField(max_length=300, blank=True)  # where a piece stands in the shop: {code} is its code
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("online guide"), _("online guides")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def questions(self) -> list[Question]:
        """Those that are asked, in order; one out of the bank or without an answer is passed over."""
        offered = QuestionAnswer.objects.filter(question=models.OuterRef("question"), retired_at=None)
        rows = self.asked.filter(models.Exists(offered), question__retired_at=None)
        return [row.question for row in rows.select_related("question__scene", "question__dimension").order_by("place")]


class GuideQuestion(models.Model):
    """One question of the bank in a guide."""

    guide = models.ForeignKey(Guide, on_delete=models.CASCADE, related_name="asked", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("question of a guide"), _("questions of guides")
        constraints = [models.UniqueConstraint(fields=["guide", "question"], name="guide_asks_once")]

    def __str__(self) -> str:
        return f"{self.guide_id} {self.question_id}"


class GuideSession(models.Model):
    """One visitor's way through a guide; each step has its moment, and what has none was left before it.

    began → answered (rows) → saw goods → opened one, took the coupon, talked: in any order, each once.
    """

    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="sessions", db_index=False)
    digest = models.BinaryField(max_length=32, unique=True)
    language = models.CharField(max_length=8)
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    visitor = models.ForeignKey(Visitor, null=True, on_delete=models.SET_NULL, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="guide_sessions")
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    shown = models.JSONField(default=list)  # codes of goods
    shown_at = models.DateTimeField(null=True)
    opened = models.CharField(max_length=60, blank=True)  # the first piece that was opened
    opened_at = models.DateTimeField(null=True)
    coupon = models.ForeignKey(Coupon, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    coupon_at = models.DateTimeField(null=True)
    talked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("way through a guide"), _("ways through guides")
        indexes = [
            models.Index(fields=["guide", "-began_at"], name="guide_session_began"),
            models.Index(fields=["began_at"], name="guide_session_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(opened="", opened_at=None) | (~Q(opened="") & Q(opened_at__isnull=False)),
                name="guide_opened_has_moment",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.guide_id} {self.began_at:%Y-%m-%d %H:%M}"

    @classmethod
    def begin(cls, guide: Guide, *, language: str, visitor: Visitor | None) -> "tuple[GuideSession, str]":
        """A new way through it and its token, which nobody can read again. A chat that knows its customer counts."""
        token = secrets.token_urlsafe(24)
        talk = visitor.conversation if visitor is not None else None
        known = talk.customer if talk is not None and not talk.customer.provisional else None
        made = cls.objects.create(
            guide=guide, digest=hook_digest(token), language=language, until=timezone.now() + LIVES, visitor=visitor,
            customer=known,
        )  # fmt: skip
        return made, token

    @classmethod
    def holding(cls, token: str) -> "GuideSession | None":
        """The session of a living token; wrong, old and shortened ones look the same, as does a retired guide's."""
        if not 20 <= len(token) <= 64:
            return None
        rows = cls.objects.select_related(
            "guide__channel", "guide__coupon", "customer", "visitor__conversation__customer"
        )
        return rows.filter(digest=hook_digest(token), until__gt=timezone.now(), guide__retired_at=None).first()

    @property
    def knows(self) -> bool:
        """Whether it is somebody's whom we know, not a page that only began to chat."""
        return self.customer is not None and not self.customer.provisional and self.customer.erased_at is None

    @transaction.atomic
    def answer(self, question: str, value: str) -> None:
        """One tap; another one to the same question is a change of mind. Raises TransitionRefused for what is not
        offered."""
        offered = QuestionAnswer.objects.filter(
            question__code=question[:40], value=value[:60], retired_at=None, question__retired_at=None,
            question__in=GuideQuestion.objects.filter(guide=self.guide_id).values("question"),
        ).first()  # fmt: skip
        if offered is None:
            raise TransitionRefused(gettext("This is not on offer."))
        GuideAnswer.objects.update_or_create(
            session=self, question_id=offered.question_id, defaults={"answer": offered, "at": timezone.now()}
        )

    def note(self, step: str, **more: object) -> bool:
        """Write a step down at its first time; whether it was. Steps: shown, opened, coupon, talked."""
        first = GuideSession.objects.filter(pk=self.pk, **{f"{step}_at": None})
        return bool(first.update(**{f"{step}_at": timezone.now()}, **more))


class GuideAnswer(models.Model):
    """What was tapped at one question."""

    session = models.ForeignKey(GuideSession, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+", db_index=False)
    answer = models.ForeignKey(QuestionAnswer, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("answer in a guide"), _("answers in guides")
        constraints = [models.UniqueConstraint(fields=["session", "question"], name="guide_answer_once")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.answer_id}"
