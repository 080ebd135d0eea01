"""What a customer has told us, once, so that nobody asks again."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from staff.models import User


class Fact(models.Model):
    """A value under a key, who told it, where and when. A pinned one is a concern and stands first on every screen."""

    class Concern(models.TextChoices):
        SAFETY = "safety", _("Safety")
        WORDS = "words", _("Own words")
        SIZES = "sizes", _("Sizes")
        CONTACT = "contact", _("Contact")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="facts", db_index=False)
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=500)
    note = models.CharField(max_length=500, blank=True)
    concern = models.CharField(max_length=8, choices=Concern, default=Concern.OTHER)
    pinned = models.BooleanField(default=False)
    told_by = models.CharField(max_length=80, blank=True)
    heard_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    told_at = models.DateTimeField(default=timezone.now)
    confirmed_count = models.PositiveIntegerField(default=0)
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="former", db_index=False
    )

    class Meta:
        verbose_name, verbose_name_plural = _("fact"), _("facts")
        indexes = [
            models.Index(fields=["customer", "-told_at"], name="fact_customer", condition=Q(superseded_by=None)),
            models.Index(fields=["customer"], name="fact_person"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
