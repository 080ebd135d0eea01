"""What a customer is worth, may become worth, and wants of us: a value, a need, and how both were come by."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.money import to_minor
from staff.models import User

WORDS = 200


class Value(models.TextChoices):
    LOW = "low", _("Low value")
    MIDDLE = "middle", _("Middle value")
    HIGH = "high", _("High value")


class Need(models.TextChoices):
    STANDARD = "standard", _("Standard need")
    PERSONAL = "personal", _("Personal need")


def _two_thousand() -> int:
    return to_minor(Decimal(2_000), settings.BASE_CURRENCY)


def _ten_thousand() -> int:
    return to_minor(Decimal(10_000), settings.BASE_CURRENCY)


def _one_thousand() -> int:
    return to_minor(Decimal(1_000), settings.BASE_CURRENCY)


class ValueBorders(models.Model):
    """Where middle and high value begin, and which price is premium, in minor units; the latest row counts."""

    middle_from = models.BigIntegerField(_("middle value from"), default=_two_thousand)
    high_from = models.BigIntegerField(_("high value from"), default=_ten_thousand)
    premium_from = models.BigIntegerField(_("premium from a price of"), default=_one_thousand)
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("borders of value"), _("borders of value")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(middle_from__gt=0, premium_from__gt=0), name="borders_above_zero"),
            models.CheckConstraint(condition=Q(high_from__gt=F("middle_from")), name="borders_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.middle_from} · {self.high_from}"

    @classmethod
    def current(cls) -> "ValueBorders":
        """The latest; before anybody set any, the first ones of every brand (not stored)."""
        return cls.objects.first() or cls()


class OutlookQuerySet(models.QuerySet["Outlook"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class Outlook(models.Model):
    """One row per customer of whom something is known; what is not known is null, never 0.

    Money is minor units of the base currency, net of refunds. `clv` is revenue without margin: the mean of a day of
    purchase × such days a year × 3 years × the share still active. `reasons` holds the numbers each figure was made
    of. What a person said of the need (NeedWord) stands in need, need_by, need_set_at and need_why.
    """

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.PROTECT, related_name="outlook")
    value = models.CharField(max_length=6, choices=Value, null=True)
    paid = models.BigIntegerField(null=True)  # in the last 365 days
    potential = models.PositiveSmallIntegerField(null=True)
    need = models.CharField(max_length=8, choices=Need, null=True)
    need_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    need_set_at = models.DateTimeField(null=True)
    need_why = models.CharField(max_length=WORDS, blank=True)
    clv = models.BigIntegerField(null=True)
    churn = models.PositiveSmallIntegerField(null=True)
    upsell = models.PositiveSmallIntegerField(null=True)
    reasons = models.JSONField(default=dict)
    as_of = models.DateField()

    objects = OutlookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("value and need"), _("values and needs")
        indexes = [models.Index(fields=["value", "need", "-customer"], name="outlook_cell")]
        constraints = [
            models.CheckConstraint(condition=Q(value=None) | Q(value__in=Value.values), name="outlook_value"),
            models.CheckConstraint(condition=Q(need=None) | Q(need__in=Need.values), name="outlook_need"),
            models.CheckConstraint(
                condition=Q(value=None, paid=None) | Q(value__isnull=False, paid__isnull=False, paid__gte=0),
                name="outlook_value_of_paid",
            ),
            models.CheckConstraint(condition=Q(potential=None) | Q(potential__lte=100), name="outlook_potential"),
            models.CheckConstraint(condition=Q(churn=None) | Q(churn__lte=100), name="outlook_churn"),
            models.CheckConstraint(condition=Q(upsell=None) | Q(upsell__lte=100), name="outlook_upsell"),
            models.CheckConstraint(condition=Q(clv=None) | Q(clv__gte=0), name="outlook_clv"),
            models.CheckConstraint(
                condition=Q(need_by=None, need_set_at=None, need_why="")
                | (Q(need_by__isnull=False, need_set_at__isnull=False, need__isnull=False) & ~Q(need_why="")),
                name="outlook_need_said_whole",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.cell}"

    @property
    def cell(self) -> str:
        return f"{self.value or '-'}.{self.need or '-'}"


class OutlookChange(models.Model):
    """When a customer moved from one cell (“value.need”, “-” for unknown) to another, and mostly why."""

    class Why(models.TextChoices):
        FIRST = "first", _("First time known")
        BOUGHT = "bought", _("Paid more within a year")
        PASSED = "passed", _("Purchases older than a year, or given back")
        ASKED = "asked", _("Asked for help with choosing")
        QUIET = "quiet", _("Asked less for help")
        SAID = "said", _("A colleague said so")
        BORDERS = "borders", _("The borders were changed")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    why = models.CharField(max_length=7, choices=Why)

    class Meta:
        verbose_name, verbose_name_plural = _("move between cells"), _("moves between cells")
        indexes = [
            models.Index(fields=["customer", "-on", "-id"], name="outlook_customer"),
            models.Index(fields=["on"], include=["before", "after", "why"], name="outlook_moves"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(before=F("after")), name="outlook_moved")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.before} → {self.after}"


class OutlookDirty(models.Model):
    """Customers of whom something was heard since their outlook was written; swept every half minute."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("customer to look at"), _("customers to look at")

    def __str__(self) -> str:
        return str(self.customer_id)

    @classmethod
    def mark(cls, *customers: int) -> None:
        rows = [OutlookDirty(customer_id=each) for each in sorted(set(customers))]
        OutlookDirty.objects.bulk_create(rows, ignore_conflicts=True)


class OutlookRun(models.Model):
    """One computation for everybody. `borders`: what it was cut at; `picture`: people per cell and overruled ones."""

    as_of = models.DateField()
    ran_at = models.DateTimeField(default=timezone.now)
    borders = models.JSONField(default=dict)
    picture = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("run of value and need"), _("runs of value and need")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.as_of}"
