"""Where customers meet the brand: who answers for each place, what it promises, and what became of that."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from staff.models import Calendar, Store, User
from touchpoints.models.channel import Way
from touchpoints.models.script import Script

STORE = "store"


class Stage(models.TextChoices):
    """Where in their way a customer is."""

    KNOW = "know", _("Gets to know")
    DECIDE = "decide", _("Chooses")
    BUY = "buy", _("Buys")
    USE = "use", _("Uses")
    AGAIN = "again", _("Buys again")
    TELL = "tell", _("Recommends or leaves")


class Touchpoint(models.Model):
    """One place of contact: a channel or the stores, at one stage."""

    Stage = Stage

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = WordsField(_("name"))
    stage = models.CharField(_("stage"), max_length=6, choices=Stage)
    way = models.CharField(_("way"), max_length=10, choices=[(STORE, _("Store")), *Way.choices])
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("store"),
        help_text=_("Empty: all stores."),
    )  # fmt: skip
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who answers for it")
    )
    standard = models.PositiveIntegerField(
        _("answered within minutes"), null=True, blank=True, help_text=_("Counted within the opening hours.")
    )
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("opening hours"),
        help_text=_("Empty: day and night."),
    )  # fmt: skip
    script = models.SlugField(_("script"), max_length=60, blank=True, help_text=_("The code of a script."))
    look = WordsField(_("how it should look and sound"), blank=True)
    used = models.BooleanField(_("in use"), default=True)
    place = models.PositiveSmallIntegerField(_("place"), default=50)

    class Meta:
        verbose_name, verbose_name_plural = _("touchpoint"), _("touchpoints")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(store=None) | Q(way=STORE), name="touchpoint_store_of_way"),
            models.CheckConstraint(condition=~Q(standard=0), name="touchpoint_standard_above_zero"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def clean(self) -> None:
        if self.store_id and self.way != STORE:
            raise ValidationError({"store": gettext("Only a touchpoint in the stores names a store.")})
        if self.script and not Script.objects.filter(code=self.script).exists():
            raise ValidationError({"script": gettext("There is no script with this code.")})

    @property
    def is_open(self) -> bool:
        if self.calendar is None:
            return True
        here = timezone.now().astimezone(ZoneInfo(self.calendar.zone))
        return any(opens <= here.time() < closes for opens, closes in self.calendar.shifts_on(here.date()))

    @property
    def hours_today(self) -> str:
        if self.calendar is None:
            return ""
        here = timezone.now().astimezone(ZoneInfo(self.calendar.zone))
        return ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in self.calendar.shifts_on(here.date()))


class TouchDay(models.Model):
    """What happened at a touchpoint on one day; `asked` are those whose answer came or is overdue."""

    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    volume = models.PositiveIntegerField()
    asked = models.PositiveIntegerField()
    within = models.PositiveIntegerField()
    reckoned_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("day of a touchpoint"), _("days of touchpoints")
        constraints = [
            models.UniqueConstraint(fields=["touchpoint", "day"], name="touch_day_once"),
            models.CheckConstraint(condition=Q(within__lte=models.F("asked")), name="touch_day_within_asked"),
        ]
        indexes = [models.Index(fields=["day"], name="touch_day_day")]

    def __str__(self) -> str:
        return f"{self.touchpoint_id} {self.day}"


def open_minutes(calendar: Calendar | None, start: datetime, end: datetime) -> float:
    """Minutes between two moments that fall into opening hours; without a calendar all of them."""
    if end <= start:
        return 0.0
    if calendar is None:
        return (end - start).total_seconds() / 60
    zone = ZoneInfo(calendar.zone)
    day, last, total = start.astimezone(zone).date(), end.astimezone(zone).date(), timedelta()
    while day <= last:
        for opens, closes in calendar.shifts_on(day):
            begins = max(start, datetime.combine(day, opens, zone))
            ends = min(end, datetime.combine(day, closes, zone))
            total += max(ends - begins, timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 60
