"""The bank of questions by scene, and what customers answered: each answer is a tag and a need."""

from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, NeedKind, NeedLog, Scene, Tag, TagDimension
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User

TAKE_BACK = timedelta(minutes=10)
PRESSED_TWICE = timedelta(seconds=10)


class Question(models.Model):
    """One question. In use → retired → in use. Of its dimension one live tag means it is known already."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    scene = models.ForeignKey(Scene, on_delete=models.PROTECT, related_name="questions")
    words = WordsField()
    dimension = models.ForeignKey(TagDimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField(default=50)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("question"), _("questions")
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return str(self.words) or self.code


class QuestionAnswer(models.Model):
    """One answer that is offered: the tag it becomes, and the need behind it."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers", db_index=False)
    place = models.PositiveSmallIntegerField()
    words = WordsField()
    value = models.CharField(max_length=60)
    need = models.ForeignKey(NeedKind, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("answer offered"), _("answers offered")
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["question", "value"], name="answer_value_once"),
            models.CheckConstraint(condition=~Q(value=""), name="answer_says_something"),
        ]

    def __str__(self) -> str:
        return str(self.words) or self.value


class ToldQuerySet(models.QuerySet["Told"]):
    def standing(self) -> Self:
        return self.filter(taken_back_at=None)


class Told(models.Model):
    """What one customer answered, with the tag and the need that came of it. standing → taken back."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="told", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    answer = models.ForeignKey(QuestionAnswer, on_delete=models.PROTECT, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, null=True, on_delete=models.SET_NULL, related_name="+")
    need = models.ForeignKey(NeedLog, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    objects = ToldQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("answer of a customer"), _("answers of customers")
        indexes = [models.Index(fields=["customer", "-at"], name="told_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.answer_id}"

    @classmethod
    @transaction.atomic
    def tell(cls, customer: Customer, answer: QuestionAnswer, *, by: User | None) -> "Told":
        """Write an answer down as tag and need. Pressed twice it is the same answer.

        Raises TransitionRefused for a retired question or answer, for what is known already, or a closed record.
        """
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        answer = QuestionAnswer.objects.select_related("question__scene", "question__dimension", "need").get(
            pk=answer.pk
        )
        question = answer.question
        if question.retired_at or answer.retired_at:
            raise TransitionRefused(gettext("This question is not asked any more."))
        lately = timezone.now() - PRESSED_TWICE
        pressed = cls.objects.standing().filter(customer=held, answer=answer, by=by, at__gt=lately).first()
        if pressed is not None:
            return pressed
        live = Tag.objects.live().select_related("dimension").filter(customer=held, dimension=question.dimension)
        if any(tag.confidence_now for tag in live):
            raise TransitionRefused(gettext("This is known already: nobody is asked twice."))
        told = dict(answer.words)
        tag = Tag.put(held, question.dimension, answer.value, by=by,
                      evidence=[{"question": question.code, "answer": answer.value}])  # fmt: skip
        need = NeedLog.hear(held, by=by, kind=answer.need, scene=question.scene,
                            words="" if answer.need else str(answer))  # fmt: skip
        held.record("question.answered", by=by, question=dict(question.words), answer=told)
        return cls.objects.create(customer=held, answer=answer, tag=tag, need=need, by=by)

    @transaction.atomic
    def take_back(self, *, by: User | None) -> None:
        """A slip: its tag and need go with it. Raises TransitionRefused after ten minutes, or for somebody else's."""
        mine = Told.objects.standing().filter(pk=self.pk, by=by, at__gte=timezone.now() - TAKE_BACK)
        if not mine.update(taken_back_at=timezone.now()):
            raise TransitionRefused(gettext("Only who wrote it takes it back, within ten minutes."))
        if self.tag is not None and self.tag.ended_at is None:
            self.tag.take_off(by=by)
        if self.need is not None and self.need.may_be_taken_back:
            self.need.take_back(by=by)
        self.customer.record("question.taken_back", by=by, question=dict(self.answer.question.words))
