"""Who left a segment, when and why: one row for each time somebody went."""

from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.segment import Segment
from staff.models import User


class SegmentLeavingQuerySet(models.QuerySet["SegmentLeaving"]):
    def visible_to(self, user: User) -> Self:
        """Of the customers the reader may see; whoever sees the whole brand is spared the question."""
        if user.sees_whole_brand:
            return self
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class SegmentLeaving(models.Model):
    """That a customer left a segment. A row never changes; who comes back keeps it."""

    class Cause(models.TextChoices):
        RULE = "rule", _("the rule")
        BLOCK = "block", _("blocked")
        UNPINNED = "unpinned", _("the pin ended")
        RETIRED = "retired", _("the segment went out of use")
        CLOSED = "closed", _("the record was closed")

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="leavings", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField()  # the rule that ran then
    cause = models.CharField(max_length=8, choices=Cause)
    lines = models.JSONField(default=list)  # places in that rule that said no: ["0", "2.1"]
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=200, blank=True)

    objects = SegmentLeavingQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("who left a segment"), _("who left segments")
        indexes = [
            models.Index(fields=["segment", "-at", "-id"], name="segment_leaving_newest"),
            models.Index(fields=["customer"], name="segment_leaving_customer"),
            BrinIndex(fields=["at"], name="segment_leaving_at"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(cause="block") | ~Q(why=""), name="segment_leaving_block_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.customer_id} {self.cause}"
