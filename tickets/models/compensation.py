"""What was given to a customer to make something good, and who was asked when it was more than one may give."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models import Coupon, CouponTemplate, PointsEntry
from scrm.kernel.money import written
from staff.models import Absence, Membership, Store, User
from tickets.models.authority import Kind, Reason, StoreBudget
from tickets.models.ticket import Ticket


class CompensationQuerySet(models.QuerySet["Compensation"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and who looks after goodwill those of the own stores."""
        if not (user.may("goodwill.grant") or user.may("goodwill.report")):
            return self.none()
        if user.sees_whole_brand and user.may("goodwill.report"):
            return self
        theirs = Q(store__in=user.store_ids) if user.may("goodwill.report") else Q(pk=None)
        return self.filter(Q(by=user) | theirs)

    def standing(self) -> Self:
        """Given and not taken back."""
        return self.filter(state=Compensation.State.GRANTED)

    def to_review(self) -> Self:
        """Exceptions nobody has looked at yet."""
        return self.standing().filter(is_exception=True, reviewed_at=None)


class Compensation(models.Model):
    """One gift. `amount` is points, or minor units of the base currency; `value_minor` what it costs the house.

    granted (within one's authority, or as an exception) → taken_back; pending (asked) → granted, declined or withdrawn.
    """

    class State(models.TextChoices):
        GRANTED = "granted", _("given")
        PENDING = "pending", _("waits for approval")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        TAKEN_BACK = "taken_back", _("taken back")

    class Verdict(models.TextChoices):
        FINE = "fine", _("fine")
        NOT_AGAIN = "not_again", _("not again")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="compensations", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    budget = models.ForeignKey(StoreBudget, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    template = models.ForeignKey(CouponTemplate, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.PositiveIntegerField()
    value_minor = models.BigIntegerField()
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State)
    above = models.BooleanField(default=False)  # more than the giver's authority: somebody else answers for it
    is_exception = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    given_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64)
    digest = models.BinaryField(max_length=16)
    entry = models.OneToOneField(PointsEntry, null=True, on_delete=models.PROTECT, related_name="+")
    coupon = models.OneToOneField(Coupon, null=True, on_delete=models.PROTECT, related_name="+")
    taken_back_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_back_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict, blank=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reviewed_at = models.DateTimeField(null=True)
    review_words = models.CharField(max_length=300, blank=True)

    objects = CompensationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("goodwill"), _("goodwill")
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="compensation_once"),
            models.UniqueConstraint(
                fields=["ticket", "by"], condition=Q(is_exception=True, state="granted"), name="exception_once_a_case"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, value_minor__gte=0), name="compensation_has_a_size"),
            models.CheckConstraint(
                condition=Q(kind="coupon", template__isnull=False) | (~Q(kind="coupon") & Q(template=None)),
                name="compensation_coupon_names_which",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "taken_back"]) & Q(given_at=None, entry=None, coupon=None)
                | Q(state__in=["granted", "taken_back"], given_at__isnull=False)
                & (
                    Q(kind="points", entry__isnull=False, coupon=None)
                    | Q(kind="coupon", entry=None, coupon__isnull=False)
                    | Q(kind="money", entry=None, coupon=None)
                ),
                name="compensation_given_is_paid",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_at=None)
                | (~Q(verdict="") & Q(reviewed_at__isnull=False, is_exception=True) & ~Q(reviewed_by=F("by"))),
                name="exception_reviewed_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "at"], name="compensation_ticket"),
            models.Index(fields=["customer", "given_at"], name="compensation_customer"),
            models.Index(fields=["by", "given_at"], name="compensation_giver"),
            models.Index(fields=["store", "given_at"], name="compensation_store"),
            models.Index(fields=["given_at"], name="compensation_given"),
            models.Index(
                fields=["store", "given_at"], name="exception_to_review",
                condition=Q(is_exception=True, state="granted", reviewed_at=None),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.what} · {self.reason}"

    @property
    def what(self) -> str:
        """“300 points”, “¥50 off the bill”, or the coupon's name."""
        return str(self.template) if self.template_id else size(self.kind, self.amount)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, user: User) -> Self:
        """Who was asked, who stands in, the leads of the store, and head office."""
        if not user.may("goodwill.approve"):
            return self.none()
        if user.sees_whole_brand:
            return self
        near = Compensation.objects.filter(pk=OuterRef("compensation"), store__in=user.store_ids)
        return self.filter(Q(asked=user) | Q(substitute=user) | Exists(near))

    def open(self) -> Self:
        return self.filter(decided_at=None)


class Approval(models.Model):
    """The question to a lead whether more than one's authority may be given, answered by the deadline or passed on.

    open → approved, declined; withdrawn by who asked, or when the person is forgotten.
    """

    class Decision(models.TextChoices):
        NONE = "", _("open")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    compensation = models.ForeignKey(Compensation, on_delete=models.PROTECT, related_name="approvals")
    asked = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    substitute = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_for = models.PositiveIntegerField(null=True)  # what was asked for, when another amount was approved
    why = models.JSONField(default=list)  # which limits it is above: horizon, limit, what it would be
    made_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField()
    passed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=9, choices=Decision, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("approval of goodwill"), _("approvals of goodwill")
        constraints = [
            models.UniqueConstraint(fields=["compensation"], condition=Q(decided_at=None), name="approval_open_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="approval_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["approved", "declined"]) | Q(decided_by__isnull=False),
                name="approval_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(substitute=F("asked")), name="approval_substitute_is_another"),
        ]
        indexes = [
            models.Index(fields=["asked", "deadline"], name="approval_asked", condition=Q(decided_at=None)),
            models.Index(
                fields=["deadline"], name="approval_due", condition=Q(decided_at=None, passed_at=None)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.compensation_id} → {self.asked}"

    def may_be_decided_by(self, user: User, *, away: bool | None = None) -> bool:
        """Never the giver; the asked one at any time; the substitute, or head office, once the deadline is over or the
        asked one is away (looked up, unless the caller knows)."""
        if user.pk == self.compensation.by_id or not user.may("goodwill.approve"):
            return False
        if user.pk == self.asked_id:
            return True
        if user.pk != self.substitute_id and not user.sees_whole_brand:
            return False
        return self.deadline <= timezone.now() or (is_away(self.asked) if away is None else away)


def is_away(user: User) -> bool:
    """Absent today, or no longer in any role."""
    today = timezone.localdate()
    if Absence.objects.filter(user=user, starts_on__lte=today, ends_on__gte=today).exists():
        return True
    return not user.is_active or not Membership.objects.current().filter(user=user).exists()


def size(kind: str, amount: int) -> str:
    if kind == Kind.POINTS:
        return str(_("%(n)s points") % {"n": f"{amount:,}"})
    return written(amount, settings.BASE_CURRENCY)
