"""What became of a line of the care list: done with what came of it, put off, or not today and why."""

from datetime import date, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

TAKE_BACK = timedelta(minutes=10)
FARTHEST = timedelta(days=60)
WORDS = 300


class Reason(models.TextChoices):
    """Why somebody stands on the list, in the order in which they stand."""

    PROMISED = "promised", _("Promised")
    IN_STORE = "in_store", _("In the store now")
    BIRTHDAY = "birthday", _("Birthday")
    INTEREST = "interest", _("Next step of an interest")
    OVERDUE = "overdue", _("Was due and has not come")
    RHYTHM = "rhythm", _("Not seen for longer than agreed")
    COOLING = "cooling", _("You worry about them")
    FOLLOW_UP = "follow_up", _("After a service")


# For how many days a reason says nothing more once it was seen to.
RESTS = {
    Reason.PROMISED: 0, Reason.IN_STORE: 0, Reason.BIRTHDAY: 30, Reason.INTEREST: 0, Reason.OVERDUE: 14,
    Reason.RHYTHM: 1, Reason.COOLING: 7, Reason.FOLLOW_UP: 14,
}  # fmt: skip


class CareMarkQuerySet(models.QuerySet["CareMark"]):
    def still_says(self, today: date) -> Self:
        """Marks that keep their line off the list, or show it as done today."""
        return self.filter(Q(day=today) | Q(until__gt=today))


class CareMark(models.Model):
    """One line of one day. `until` is the day on which the same reason may bring the client back."""

    class Did(models.TextChoices):
        DONE = "done", _("Done")
        LATER = "later", _("Put off")
        NOT_TODAY = "not", _("Not today")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="care_marks", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    reason = models.CharField(max_length=9, choices=Reason)
    day = models.DateField()
    did = models.CharField(max_length=5, choices=Did)
    until = models.DateField()
    said = models.CharField(max_length=WORDS, blank=True)  # what came of it, or why not
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = CareMarkQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("care"), _("cares")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "reason", "day"], condition=Q(came_as=None), name="care_once_a_day"
            ),
            models.CheckConstraint(condition=~Q(did="not") | ~Q(said=""), name="care_not_today_says_why"),
        ]
        indexes = [
            models.Index(fields=["customer", "-day"], name="care_customer"),
            models.Index(fields=["day"], name="care_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.reason} {self.day}"

    @classmethod
    def finish(cls, customer: Customer, reason: str, *, by: User, outcome: str = "") -> "CareMark":
        """Seen to, with what came of it. Raises TransitionRefused when a colleague did it already today."""
        return cls._make(customer, reason, cls.Did.DONE, by=by, said=outcome, days=RESTS[Reason(reason)])

    @classmethod
    def put_off(cls, customer: Customer, reason: str, *, by: User, until: date) -> "CareMark":
        """Back on the list on a later day. Raises TransitionRefused for a day that is not ahead."""
        days = (until - timezone.localdate()).days
        if not 0 < days <= FARTHEST.days:
            raise TransitionRefused(gettext("Choose a day from tomorrow on, within two months."))
        return cls._make(customer, reason, cls.Did.LATER, by=by, days=days)

    @classmethod
    def leave_out(cls, customer: Customer, reason: str, *, by: User, why: str) -> "CareMark":
        """Not today, and why. Raises TransitionRefused without a reason."""
        if not why.strip():
            raise TransitionRefused(gettext("Say in a few words why not today."))
        return cls._make(customer, reason, cls.Did.NOT_TODAY, by=by, said=why, days=1)

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after ten minutes, or for somebody else's."""
        mine = CareMark.objects.filter(pk=self.pk, by=by, at__gte=timezone.now() - TAKE_BACK)
        if not mine.delete()[0]:
            raise TransitionRefused(gettext("Only who said so takes it back, within ten minutes."))
        if self.did == self.Did.DONE:
            self.customer.record("care.taken_back", by=by, reason=self.reason)

    @classmethod
    @transaction.atomic
    def _make(
        cls, customer: Customer, reason: str, did: "CareMark.Did", *, by: User, days: int, said: str = ""
    ) -> "CareMark":
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        today = timezone.localdate()
        made, new = cls.objects.get_or_create(
            customer=customer, came_as=None, reason=reason, day=today,
            defaults={"did": did, "until": today + timedelta(days=days), "said": " ".join(said.split())[:WORDS],
                      "by": by},
        )  # fmt: skip
        if not new:
            raise TransitionRefused(gettext("This was seen to today already."))
        if did == cls.Did.DONE:
            customer.record("care.done", by=by, reason=reason, said=made.said)
        return made
