"""A points programme: what a point is worth, when it counts, when it ends, and how fractions are rounded."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField, words

MAIN = "main"


def never_earning() -> list[str]:
    return ["points", "gift_card"]


class ProgrammeManager(models.Manager["Programme"]):
    def main(self) -> "Programme":
        """The brand's own programme; a house that has set up nothing gets one with a plain rule."""
        found = self.filter(code=MAIN).first()
        if found is not None:
            return found
        from loyalty.models.earning import EarnRule

        made, new = self.get_or_create(code=MAIN, defaults={"name": words("积分", "積分", "Points")})
        if new:
            EarnRule.objects.get_or_create(
                programme=made, code="base", version=1,
                defaults={"kind": EarnRule.Kind.BASE, "name": words("消费积分", "消費積分", "Points for purchases"),
                          "points": 1, "per": 100, "starts_on": date(2000, 1, 1), "published_at": timezone.now()},
            )  # fmt: skip
        return made


class Programme(models.Model):
    """`value_points` points are worth `value_minor` minor units; amounts are in `currency`."""

    class Rounding(models.TextChoices):
        FLOOR = "floor", _("full units only")
        HALF_UP = "half_up", _("half up")

    class Window(models.TextChoices):
        ROLLING = "rolling", _("the last twelve months")
        YEAR = "year", _("the calendar year")

    class Qualify(models.TextChoices):
        SPEND = "spend", _("what was spent")
        POINTS = "points", _("points earned by purchases")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    currency = models.CharField(max_length=3, default=settings.BASE_CURRENCY)
    rounding = models.CharField(max_length=8, choices=Rounding, default=Rounding.FLOOR)
    pending_days = models.PositiveSmallIntegerField(default=7, help_text=_("Days until points of a purchase count."))
    lot_months = models.PositiveSmallIntegerField(
        default=12, help_text=_("Points end on the last day of the n-th month after they count; 0: never.")
    )
    value_points = models.PositiveIntegerField(default=100)
    value_minor = models.PositiveIntegerField(default=100)
    spend_step = models.PositiveIntegerField(default=100)
    spend_share = models.PositiveSmallIntegerField(default=50, help_text=_("Percent of a bill that points may pay."))
    never_earns = models.JSONField(default=never_earning, help_text=_("Tenders that earn nothing."))
    transfers = models.BooleanField(default=False)
    undo_minutes = models.PositiveSmallIntegerField(default=5)
    qualify_by = models.CharField(max_length=6, choices=Qualify, default=Qualify.SPEND)
    qualify_window = models.CharField(max_length=7, choices=Window, default=Window.ROLLING)
    notice_days = models.PositiveSmallIntegerField(default=30)
    grace_days = models.PositiveSmallIntegerField(default=60)

    objects = ProgrammeManager()

    class Meta:
        verbose_name, verbose_name_plural = _("programme"), _("programmes")
        constraints = [
            models.CheckConstraint(condition=Q(spend_share__lte=100), name="programme_share"),
            models.CheckConstraint(
                condition=Q(value_points__gt=0) & Q(spend_step__gt=0), name="programme_points_have_a_value"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def lot_ends(self, counts_from: datetime) -> datetime | None:
        """When points that count from a moment end: after the last day of the n-th month, in the brand's zone."""
        if not self.lot_months:
            return None
        local = timezone.localtime(counts_from)
        month = local.year * 12 + local.month + self.lot_months  # the first month they are gone
        return local.replace(year=month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)

    def window_begins(self, on: date) -> date:
        """The first day of the window that counts for levels on a day."""
        if self.qualify_window == self.Window.YEAR:
            return on.replace(month=1, day=1)
        return on - timedelta(days=364)

    def worth(self, points: int) -> int:
        """Minor units that points pay, whole units only."""
        return points * self.value_minor // self.value_points

    def price(self, minor: int) -> int:
        """The least points that pay an amount, in whole steps."""
        points = -(-minor * self.value_points // self.value_minor)
        return -(-points // self.spend_step) * self.spend_step

    def most_for(self, bill: int, available: int) -> int:
        """How many points may pay of a bill: whole steps, its share, no more than there are."""
        by_share = bill * self.spend_share // 100 * self.value_points // self.value_minor
        return max(0, min(by_share, available)) // self.spend_step * self.spend_step

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean(validate_unique=False, validate_constraints=False)
        super().save(*args, **kwargs)
