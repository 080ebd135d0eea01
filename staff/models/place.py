"""Where the brand works: regions, stores, teams and their opening hours."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField


class Region(models.Model):
    code = models.SlugField(max_length=20, unique=True)
    name = WordsField()

    class Meta:
        verbose_name, verbose_name_plural = _("region"), _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Calendar(models.Model):
    """Opening hours: weekly rows, split shifts included, and the days that differ."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    zone = models.CharField(max_length=40, default="Asia/Shanghai")

    class Meta:
        verbose_name, verbose_name_plural = _("calendar"), _("calendars")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def shifts_on(self, day: date) -> list[tuple[time, time]]:
        """The open hours of a day, local to the calendar: a named day wins over its weekday."""
        special = [(row.opens, row.closes) for row in self.days.all() if row.day == day]
        usual = [(row.opens, row.closes) for row in self.hours.all() if row.weekday == day.weekday()]
        return sorted((opens, closes) for opens, closes in special or usual if opens and closes)

    def closes_after(self, moment: datetime) -> datetime | None:
        """The end of the last shift of that local day, or None when the day has none left."""
        local = moment.astimezone(ZoneInfo(self.zone))
        for _opens, closes in reversed(self.shifts_on(local.date())):
            end = datetime.combine(local.date(), closes, tzinfo=local.tzinfo)
            return end if end > local else None
        return None


class CalendarHours(models.Model):
    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text=_("0 is Monday."))
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(condition=models.Q(closes__gt=models.F("opens")), name="hours_close_after_open"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}–{self.closes}"


class CalendarDay(models.Model):
    """One day that differs: a holiday (no hours) or a make-up working day (its own hours)."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    name = WordsField(blank=True)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["day", "opens"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Store(models.Model):
    class Kind(models.TextChoices):
        FLAGSHIP = "flagship", _("Flagship")
        HALL = "hall", _("Experience hall")
        FULL = "full", _("Full store")
        EXPRESS = "express", _("Express")
        ONLINE = "online", _("Online shop")

    class Scene(models.TextChoices):
        MALL = "mall", _("Mall")
        OFFICE = "office", _("Office district")
        CAMPUS = "campus", _("Campus")
        COMMUNITY = "community", _("Neighbourhood")

    code = models.CharField(max_length=40, unique=True)
    name = WordsField()
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="stores")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FULL)
    scene = models.CharField(max_length=10, choices=Scene, blank=True)
    city = WordsField(blank=True)
    district = WordsField(blank=True)
    area_m2 = models.PositiveIntegerField(null=True, blank=True)
    features = models.JSONField(default=list, blank=True)
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="stores")
    zone = models.CharField(max_length=40, default="Asia/Shanghai")
    currency = models.CharField(max_length=3, default="CNY")
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("store"), _("stores")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def closing_time(self, now: datetime, *, fallback_hour: int) -> datetime:
        """When today ends here; a store without hours, or already closed, counts until the fallback or an hour more."""
        if self.calendar is not None and (end := self.calendar.closes_after(now)) is not None:
            return end
        local = now.astimezone(ZoneInfo(self.zone))
        end = local.replace(hour=fallback_hour, minute=0, second=0, microsecond=0)
        return max(end, local + timedelta(hours=1))


class Team(models.Model):
    """People who work together; it may belong to a store or serve a region."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    store = models.ForeignKey(Store, null=True, blank=True, on_delete=models.PROTECT, related_name="teams")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="teams")

    class Meta:
        verbose_name, verbose_name_plural = _("team"), _("teams")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code
