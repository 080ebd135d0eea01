"""What others say: studies and reports, with where they come from, what they may be used for, and until when."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.circle import Company
from staff.models import User


class OutsideSignalQuerySet(models.QuerySet["OutsideSignal"]):
    def current(self, on: date | None = None) -> Self:
        """Not past the day until which it may be used."""
        return self.filter(expires_on__gte=on or timezone.localdate())


class OutsideSignal(models.Model):
    """One finding from outside. It is never mixed with own figures and never about a private person."""

    class Kind(models.TextChoices):
        TREND = "trend", _("Trend study")
        CREDIT = "credit", _("Credit report")
        TRADE = "trade", _("Trade report")
        SCENE = "scene", _("Scene research")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    title = models.CharField(_("title"), max_length=160)
    finding = models.TextField(_("finding"), max_length=2000)
    source = models.CharField(_("source"), max_length=160)
    source_ref = models.CharField(max_length=120, blank=True)
    licence = models.CharField(_("licence"), max_length=160)
    url = models.URLField(_("address"), max_length=400, blank=True)
    published_on = models.DateField(_("published"))
    expires_on = models.DateField(_("may be used until"))
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.PROTECT, related_name="signals", verbose_name=_("company")
    )
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = OutsideSignalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("outside signal"), _("outside signals")
        constraints = [
            models.CheckConstraint(condition=Q(expires_on__gte=F("published_on")), name="signal_expires_after"),
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~Q(source_ref=""), name="signal_source_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_current(self) -> bool:
        return self.expires_on >= timezone.localdate()
