"""How often an advisor sees a client: by level, or as the advisor says for this one."""

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models import Level
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

SHORTEST, LONGEST = 7, 365  # days
WITHIN = models.Q(days__gte=SHORTEST, days__lte=LONGEST)


class LevelRhythm(models.Model):
    """At least once in so many days for everybody of a level who has an advisor; a level without one has no rhythm."""

    level = models.OneToOneField(Level, on_delete=models.CASCADE, related_name="rhythm", verbose_name=_("level"))
    days = models.PositiveSmallIntegerField(_("days"))

    class Meta:
        verbose_name, verbose_name_plural = _("visit rhythm of a level"), _("visit rhythms of levels")
        ordering = ["level"]
        constraints = [models.CheckConstraint(condition=WITHIN, name="level_rhythm_days")]

    def __str__(self) -> str:
        return f"{self.level}: {self.days}"


class ClientRhythm(models.Model):
    """What the advisor says for one client instead; the level's holds again once it is taken away."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    days = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("visit rhythm of a client"), _("visit rhythms of clients")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(came_as=None), name="client_rhythm_once"
            ),
            models.CheckConstraint(condition=WITHIN, name="client_rhythm_days"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["customer"], name="client_rhythm_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.days}"

    @classmethod
    @transaction.atomic
    def say(cls, customer: Customer, days: int | None, *, by: User) -> None:
        """Once in so many days for this client; None leaves it to the level. Raises TransitionRefused beyond a year."""
        if days is not None and not SHORTEST <= days <= LONGEST:
            raise TransitionRefused(gettext("A rhythm is from a week to a year."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        own = cls.objects.filter(customer=customer, came_as=None)
        if days is None:
            own.delete()
        elif not own.update(days=days, set_by=by, set_at=timezone.now()):
            cls.objects.create(customer=customer, days=days, set_by=by)
