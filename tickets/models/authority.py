"""What a front-line person may give by themselves to make something good, for what, and out of which budget."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from staff.models import Role, Store, User


class Kind(models.TextChoices):
    POINTS = "points", _("Points")
    COUPON = "coupon", _("Coupon")
    MONEY = "money", _("Off the bill")


class Reason(models.Model):
    """Why something is given. Its amounts of points and its coupons are offered as one tap each."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    points = models.JSONField(
        _("amounts of points offered"), default=list, blank=True, help_text=_("A list of numbers, such as [100, 300].")
    )
    coupons = models.JSONField(
        _("coupons offered"), default=list, blank=True,
        help_text=_("A list of codes of coupons; only these are given for this reason."),
    )  # fmt: skip
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("reason of goodwill"), _("reasons of goodwill")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def clean(self) -> None:
        if not _list_of(self.points, lambda one: isinstance(one, int) and 0 < one < 10**7):
            raise ValidationError({"points": _("A list of numbers, such as [100, 300].")})
        if not _list_of(self.coupons, lambda one: isinstance(one, str)):
            raise ValidationError({"coupons": _("A list of codes of coupons; only these are given for this reason.")})


class AuthorityQuerySet(models.QuerySet["Authority"]):
    def of(self, user: User, kind: str, *, reason: Reason | None = None, grade: str = "") -> "Authority | None":
        """The row that counts: of each role the most particular one (reason before level), of several roles the widest.

        None: nothing may be given.
        """
        fits = self.filter(Q(reason=None) | Q(reason=reason), grade__in={"", grade}, role__in=user.roles, kind=kind)
        best: dict[str, Authority] = {}
        for row in fits.order_by("pk"):
            known = best.get(row.role)
            if known is None or row.particular > known.particular:
                best[row.role] = row
        return max(best.values(), key=lambda row: (row.per_act, row.pk), default=None)


class Authority(models.Model):
    """Limits of one role: points for points, minor units of the base currency for coupons and money off.

    An act is one gift; a case and a customer's 90 days count what everybody gave; a day counts what the giver gave by
    themselves. Empty: no limit of that kind. A more particular row replaces a general one whole, it is not added.
    """

    role = models.CharField(_("role"), max_length=10, choices=Role)
    kind = models.CharField(_("what"), max_length=6, choices=Kind)
    reason = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text=_("Empty: any reason.")
    )
    grade = models.SlugField(_("level"), max_length=40, blank=True, help_text=_("Code of a level; empty: any."))
    per_act = models.PositiveIntegerField(_("at once"), help_text=_("0 gives nothing."))
    per_case = models.PositiveIntegerField(_("per case"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("per day"), null=True, blank=True)
    per_customer = models.PositiveIntegerField(_("per customer in 90 days"), null=True, blank=True)
    exception_max = models.PositiveIntegerField(
        _("exception for the customer"), default=0,
        help_text=_("Up to this much a day above the limits, once per case, with words that are read later."),
    )  # fmt: skip

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("authority"), _("authorities")
        ordering = ["role", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "kind", "reason", "grade"], nulls_distinct=False, name="authority_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.get_kind_display()}"

    @property
    def particular(self) -> int:
        return (2 if self.reason_id else 0) + (1 if self.grade else 0)


class StoreBudget(models.Model):
    """What goodwill may cost a store in one month, in minor units of the base currency, and what it cost so far.

    Without a month the row is what each new month begins with; without a store it is for every store that has none of
    its own, and for cases of no store.
    """

    store = models.ForeignKey(Store, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField(_("month"), null=True, blank=True, help_text=_("Its first day; empty: every new month."))
    limit = models.BigIntegerField(_("limit"))
    used = models.BigIntegerField(_("used"), default=0, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("budget of goodwill"), _("budgets of goodwill")
        ordering = ["-month", "store"]
        constraints = [
            models.UniqueConstraint(fields=["store", "month"], nulls_distinct=False, name="goodwill_budget_once"),
            models.CheckConstraint(condition=Q(used__gte=0, used__lte=F("limit")), name="goodwill_budget_holds"),
            models.CheckConstraint(condition=Q(month=None) | Q(month__day=1), name="goodwill_budget_whole_months"),
            models.CheckConstraint(condition=~Q(month=None) | Q(used=0), name="goodwill_budget_rule_uses_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.store or '—'} {self.month or ''}"

    @classmethod
    def shown_of(cls, store: Store | None, *, on: date | None = None) -> "StoreBudget | None":
        """The running row of a store's month, or what it would begin with; nothing is written."""
        month = _first_day(on)
        mine = cls.objects.filter(Q(month=month) | Q(month=None), Q(store=store) | Q(store=None, month=None))
        rows = {(row.store_id, row.month): row for row in mine}
        own = store.pk if store else None
        return rows.get((own, month)) or rows.get((own, None)) or rows.get((None, None))

    @classmethod
    def of(cls, store: Store | None, *, on: date | None = None) -> "StoreBudget | None":
        """The running row, begun when the month is new; None where nobody set a budget."""
        shown = cls.shown_of(store, on=on)
        if shown is None or shown.month is not None:
            return shown
        return cls.objects.get_or_create(store=store, month=_first_day(on), defaults={"limit": shown.limit})[0]

    @property
    def left(self) -> int:
        return self.limit - self.used

    def take(self, minor: int) -> bool:
        """Use that much of it, if there is as much. One conditional UPDATE: it can never be overdrawn."""
        return self._move(minor, Q(used__lte=F("limit") - minor))

    def put_back(self, minor: int) -> bool:
        return self._move(-minor, Q(used__gte=minor))

    @transaction.atomic
    def _move(self, minor: int, holds: Any) -> bool:
        return bool(StoreBudget.objects.filter(holds, pk=self.pk).update(used=F("used") + minor))


def _list_of(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and len(value) <= 12 and all(fits(one) for one in value)


def _first_day(on: date | None) -> date:
    """Of a month of the brand's, whatever zone the reader chose."""
    return (on or timezone.localdate(timezone=timezone.get_default_timezone())).replace(day=1)
