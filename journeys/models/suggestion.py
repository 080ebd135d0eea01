"""What became of a piece that was suggested to a customer: shown, or not for her."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commerce.articles import names_of
from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words
from staff.models import User

AWAY = timedelta(days=180)  # so long “not for her” keeps it away
TAKE_BACK = timedelta(days=1)


class SuggestionWordQuerySet(models.QuerySet["SuggestionWord"]):
    def keep_away(self, customer: Customer, at: datetime) -> Self:
        """What is not suggested to this customer at that moment."""
        return self.filter(customer=customer, said=SuggestionWord.Said.NOT, at__gt=at - AWAY)

    def today(self) -> Self:
        return self.filter(day=timezone.localdate())


class SuggestionWord(models.Model):
    """One word about one article on one day; said again that day it takes the place of the former."""

    class Said(models.TextChoices):
        SHOWN = "shown", _("Suggested")
        NOT = "not", _("Not for them")

    TOLD = {Said.SHOWN: "suggested", Said.NOT: "declined"}

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    article = models.CharField(max_length=60)
    said = models.CharField(max_length=5, choices=Said)
    reasons = models.JSONField(default=list)  # kinds, the strongest first
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(default=timezone.localdate)
    at = models.DateTimeField(default=timezone.now)

    objects = SuggestionWordQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("word on a suggestion"), _("words on suggestions")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "article", "day"], condition=models.Q(came_as=None), name="suggestion_word_once"
            ),
            models.CheckConstraint(condition=~models.Q(article=""), name="suggestion_word_of_what"),
        ]
        indexes = [models.Index(fields=["customer", "-at"], name="suggestion_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.article}: {self.said}"

    @classmethod
    @transaction.atomic
    def say(cls, customer: Customer, article: str, said: str, *, by: User, reasons: list[str]) -> "SuggestionWord":
        """Write down what became of it; the same again changes nothing. Raises TransitionRefused for an odd word."""
        if said not in cls.Said.values:
            raise TransitionRefused(gettext("This is not on offer."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        mark: dict[str, Any] = {"customer": held, "came_as": None, "article": article, "day": timezone.localdate()}
        known = cls.objects.filter(**mark, said=said).first()
        if known is not None:
            return known
        made, _new = cls.objects.update_or_create(
            **mark, defaults={"said": said, "reasons": reasons[:5], "by": by, "at": timezone.now()}
        )
        made._tell(f"piece.{cls.TOLD[cls.Said(said)]}", by=by)
        return made

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after a day, or for somebody else's."""
        if not SuggestionWord.objects.filter(pk=self.pk, by=by, at__gte=timezone.now() - TAKE_BACK).delete()[0]:
            raise TransitionRefused(gettext("Only who said so takes it back, within a day."))
        self._tell("piece.taken_back", by=by)

    def _tell(self, kind: str, *, by: User) -> None:
        name = names_of([self.article]).get(self.article, Words())
        self.customer.record(kind, by=by, article=self.article, name=name)
