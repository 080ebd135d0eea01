"""The use of a coupon: a row that stays as history when it is undone, returned or lost to another till."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty.models.account import OtherPayload
from loyalty.models.programme import Programme
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User

if TYPE_CHECKING:
    from loyalty.models.coupon import Coupon
    from loyalty.models.using import Use


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def visible_to(self, user: User) -> Self:
        """What was used in a person's stores, and by the customers the person may see."""
        from loyalty.models.coupon import Coupon

        if not user.may("customer.read"):
            return self.none()
        if user.sees_whole_brand:
            return self
        coupons = Coupon.objects.visible_to(user).filter(pk=OuterRef("coupon"))
        return self.filter(Q(store__in=user.store_ids) | Exists(coupons))

    def standing(self) -> Self:
        return self.filter(undone_at=None)

    def same(self, coupon: "Coupon", use: "Use") -> "Redemption | None":
        """The first use under this source and key. Raises OtherPayload when it was another one."""
        found = self.filter(source=use.source, source_ref=use.key).first()
        if found is not None and (found.coupon_id, found.off, found.currency) != (coupon.pk, use.off, use.currency):
            raise OtherPayload(gettext("This key was used for something else."))
        return found


class Redemption(models.Model):
    """One use of a coupon. At most one stands: an undone or returned one stays as history.

    `off` is what it took off, in minor units of `currency`; `record` the customer record that used it.
    """

    coupon = models.ForeignKey("loyalty.Coupon", on_delete=models.PROTECT, related_name="redemptions")
    record = models.BigIntegerField()
    at = models.DateTimeField()
    business_date = models.DateField()
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    order_source = models.CharField(max_length=60, blank=True)
    order_ref = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3)
    off = models.BigIntegerField(default=0)
    basket = models.BigIntegerField(default=0)
    explanation = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    undone_why = models.CharField(max_length=10, blank=True)  # “undone” at the counter, “refund”, “conflict”

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("redemption"), _("redemptions")
        constraints = [
            models.UniqueConstraint(fields=["coupon"], name="redemption_one_stands", condition=Q(undone_at=None)),
            models.UniqueConstraint(fields=["source", "source_ref"], name="redemption_source_once"),
        ]
        indexes = [
            models.Index(fields=["order_source", "order_ref"], name="redemption_order", condition=~Q(order_ref="")),
            models.Index(fields=["at"], name="redemption_at"),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.at}"

    @property
    def undo_until(self) -> datetime:
        """The end of the time the counter has to take it back."""
        return self.at + timedelta(minutes=Programme.objects.main().undo_minutes)

    @transaction.atomic
    def undo(self, *, by: User) -> None:
        """Take this use back at the counter: of two clicks one wins. Raises TransitionRefused."""
        if self.undo_until < timezone.now():
            raise TransitionRefused(gettext("The time to take this back is over; a refund gives the coupon back."))
        if not self.coupon._take_back(self, why="undone", by=by):
            raise TransitionRefused(gettext("This was taken back already."))

    def lose(self, why: str) -> None:
        """Another use stands instead; the caller holds the coupon's lock."""
        Redemption.objects.filter(pk=self.pk, undone_at=None).update(undone_at=timezone.now(), undone_why=why)
