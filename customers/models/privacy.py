"""That somebody was forgotten: who, which records, when, and by whose hand; never what was known."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from staff.models import User


class Erasure(models.Model):
    """One person's erasure. `records` are the ids of all their joined records, this one first."""

    class Cause(models.TextChoices):
        ASKED = "asked", _("The customer asked")
        LAPSED = "lapsed", _("Kept long enough")
        REPLAYED = "replayed", _("Erased again after a restore")

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="erasure")
    records = models.JSONField(default=list)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.ASKED)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("erasure"), _("erasures")

    def __str__(self) -> str:
        return f"{self.customer_id} {self.at:%F}"
