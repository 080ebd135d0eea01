"""Somebody came to a store: who received, what was tried, what was said about it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from customers.models import Customer
from staff.models import Store, User


class Visit(models.Model):
    """One visit of one recognised customer; open until the customer is seen off or the store closes."""

    class RecognisedBy(models.TextChoices):
        TAIL = "tail", _("Phone tail")
        PHONE = "phone", _("Full number")
        CODE = "code", _("Member code")
        QR = "qr", _("QR")
        NAME = "name", _("Name")
        ORDER = "order", _("Order number")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="visits", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="visits", db_index=False)
    received_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    recognised_by = models.CharField(max_length=6, choices=RecognisedBy, blank=True)
    arrived_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    mistaken = models.BooleanField(default=False)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("visit"), _("visits")
        indexes = [
            models.Index(fields=["store", "-arrived_at"], name="visit_store"),
            models.Index(fields=["customer", "-arrived_at"], name="visit_customer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "store"], condition=Q(left_at=None), name="visit_open_once"),
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~Q(source_ref=""), name="visit_source_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.store_id} {self.arrived_at}"


class Trial(models.Model):
    """One piece tried on during a visit, and what came of it."""

    class Result(models.TextChoices):
        BOUGHT = "bought", _("Bought")
        KEPT = "kept", _("Put aside")
        REFUSED = "refused", _("Refused")

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="trials")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    sku = models.CharField(max_length=60, blank=True)
    result = models.CharField(max_length=8, choices=Result)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("try-on"), _("try-ons")

    def __str__(self) -> str:
        return f"{self.sku} {self.result}"
