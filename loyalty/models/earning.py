"""The rules by which purchases earn: versioned, dated, never changed once published."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Programme
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User, audit


class EarnRuleQuerySet(models.QuerySet["EarnRule"]):
    def in_force_on(self, day: date) -> Self:
        """The published rules of a day: of each code the newest version that has begun."""
        begun = self.filter(starts_on__lte=day).exclude(published_at=None)
        newest = begun.order_by("programme", "code", "-version").distinct("programme", "code").values("pk")
        return self.filter(pk__in=newest).filter(Q(ends_on=None) | Q(ends_on__gte=day))


class EarnRule(models.Model):
    """One version of one rule. draft → published; a published one is only replaced by the next version.

    A base rule gives `points` per `per` minor units (its factor is 1); a multiplier multiplies the base of the lines it
    names; a bonus gives `points` once for the order, the first order or the first of a category.
    """

    class Kind(models.TextChoices):
        BASE = "base", _("Points per amount")
        MULTIPLIER = "multiplier", _("Multiplied points")
        BONUS = "bonus", _("Extra points")

    class Occasion(models.TextChoices):
        ORDER = "order", _("each order")
        FIRST_ORDER = "first_order", _("the first order")
        NEW_CATEGORY = "new_category", _("the first of a category")

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="rules")
    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = WordsField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BASE)
    points = models.PositiveIntegerField(default=0)
    per = models.PositiveIntegerField(default=100, help_text=_("Minor units that give the points."))
    factor = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    occasion = models.CharField(max_length=12, choices=Occasion, default=Occasion.ORDER)
    conditions = models.JSONField(default=dict, blank=True)
    pending_days = models.PositiveSmallIntegerField(null=True, blank=True)
    campaign = models.SlugField(max_length=40, blank=True)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = EarnRuleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("earn rule"), _("earn rules")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code", "version"], name="earn_rule_version_once"),
            models.CheckConstraint(condition=Q(per__gt=0) & Q(factor__gt=0), name="earn_rule_positive"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="earn_rule_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.code} v{self.version}"

    def publish(self, *, by: User) -> None:
        """Put the draft in force from its first day on. Raises TransitionRefused when it is published already."""
        if not EarnRule.objects.filter(pk=self.pk, published_at=None).update(published_at=timezone.now()):
            raise TransitionRefused(_("This version is published; make the next one instead."))
        self.refresh_from_db()
        audit("points.rule_published", by=by, of=self, code=self.code, version=self.version)

    def next_version(self, *, by: User, starts_on: date) -> "EarnRule":
        """A draft of the next version, beginning on a day; the present one counts until then."""
        newest = EarnRule.objects.filter(programme=self.programme, code=self.code).order_by("-version").first()
        assert newest is not None
        fields = ("programme", "code", "name", "kind", "points", "per", "factor", "occasion", "conditions",
                  "pending_days", "campaign")  # fmt: skip
        return EarnRule.objects.create(
            **{name: getattr(self, name) for name in fields},
            version=newest.version + 1, starts_on=starts_on, ends_on=None, made_by=by,
        )  # fmt: skip
