"""How close a client is, in the advisor's one word a week."""

from datetime import date, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

WORDS = 200


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


class HealthWord(models.Model):
    """One word about one client in one week; said again within the week it takes the place of the former."""

    class Word(models.TextChoices):
        CLOSE = "close", _("Close")
        STEADY = "steady", _("Steady")
        COOLING = "cooling", _("Cooling off")
        LEAVING = "leaving", _("About to leave")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="health_words", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    week = models.DateField()
    word = models.CharField(max_length=7, choices=Word)
    why = models.CharField(max_length=WORDS, blank=True)
    said_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("word of health"), _("words of health")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "week"], condition=models.Q(came_as=None), name="health_word_once_a_week"
            ),
            models.CheckConstraint(
                condition=models.Q(word__in=("close", "steady")) | ~models.Q(why=""), name="health_word_says_why"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-week"], name="health_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.word}"

    @classmethod
    @transaction.atomic
    def say(cls, customer: Customer, word: str, *, by: User, why: str = "") -> "HealthWord":
        """This week's word. Raises TransitionRefused for a word there is not, or a worry without its reason."""
        why = " ".join(why.split())[:WORDS]
        if word not in cls.Word.values:
            raise TransitionRefused(gettext("Choose one of the words."))
        if word in (cls.Word.COOLING, cls.Word.LEAVING) and not why:
            raise TransitionRefused(gettext("Say in a few words what makes you think so."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        said = {"word": word, "why": why, "said_by": by, "said_at": timezone.now()}
        week = week_of(timezone.localdate())
        made, _new = cls.objects.update_or_create(customer=customer, came_as=None, week=week, defaults=said)
        customer.record("health.said", by=by, word=word)
        return made
