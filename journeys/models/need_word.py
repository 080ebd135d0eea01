"""What a colleague said of a customer's need: it stands over whatever is computed."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.outlook import WORDS, Need
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

TAKE_BACK = timedelta(minutes=10)


class NeedWordQuerySet(models.QuerySet["NeedWord"]):
    def standing(self) -> Self:
        return self.filter(taken_back_at=None)


class NeedWord(models.Model):
    """One word about one customer's need; the latest that stands counts, and an empty one leaves it to the figures."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="need_words", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    need = models.CharField(max_length=8, choices=Need, blank=True)
    why = models.CharField(max_length=WORDS)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    objects = NeedWordQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("word on a need"), _("words on needs")
        indexes = [
            models.Index(fields=["customer", "-at", "-id"], name="need_word_standing", condition=Q(taken_back_at=None))
        ]
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="need_word_says_why")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.need or '-'}"

    @classmethod
    def say(cls, customer: Customer, need: str, *, by: User, why: str) -> "NeedWord":
        """Write it down. Raises TransitionRefused for no such need, without a reason, or for a closed record."""
        why = " ".join(why.split())[:WORDS]
        if need and need not in Need.values:
            raise TransitionRefused(gettext("Choose one of the needs."))
        if not why:
            raise TransitionRefused(gettext("Say in a few words what makes you think so."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        return cls.objects.create(customer=held, need=need, why=why, by=by)

    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after ten minutes, or for somebody else's."""
        mine = NeedWord.objects.standing().filter(pk=self.pk, by=by, at__gte=timezone.now() - TAKE_BACK)
        if not mine.update(taken_back_at=timezone.now()):
            raise TransitionRefused(gettext("Only who said so takes it back, within ten minutes."))
