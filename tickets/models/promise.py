"""What we said we would do, by when: the clock of one metric of one case, and what it was set by."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.words import WordsField
from staff.models import Calendar, User
from staff.working_time import Span, due_after, worked_between
from tickets.models.ticket import Ticket
from tickets.models.topic import Topic


class Metric(models.TextChoices):
    FIRST = "first", _("First answer")
    NEXT = "next", _("Next answer")
    ONSITE = "onsite", _("On site")
    END = "end", _("The end")
    OWN = "own", _("Own word")  # a promise a colleague made, with a moment of its own


class PromiseTarget(models.Model):
    """What the brand promises as a rule; the most particular row counts: topic and level, topic, level, everybody."""

    metric = models.CharField(_("promise"), max_length=6, choices=[c for c in Metric.choices if c[0] != Metric.OWN])
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    grade = models.CharField(_("level"), max_length=20, blank=True, help_text=_("The code of a level."))
    minutes = models.PositiveIntegerField(_("minutes of working time"))
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Without one every hour of the day counts."),
    )  # fmt: skip

    class Meta:
        verbose_name, verbose_name_plural = _("promise as a rule"), _("promises as a rule")
        ordering = ["metric", "topic", "grade"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "topic", "grade"], name="target_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="target_minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} {self.minutes} min"


class ServiceTerms(models.Model):
    """What one customer is promised beyond the rule by a service package; a clock freezes what it used."""

    class Term(models.TextChoices):
        FIRST = "first", _("Minutes to the first answer")
        NEXT = "next", _("Minutes to the next answer")
        ONSITE = "onsite", _("Minutes until somebody is there")
        END = "end", _("Minutes until it is done")
        BOOST = "boost", _("Points ahead in the queue")
        AUTHORITY = "authority", _("Goodwill points allowed on top")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="terms", db_index=False)
    term = models.CharField(max_length=10, choices=Term)
    value = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=120)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("service terms"), _("service terms")
        indexes = [models.Index(fields=["customer", "term"], name="terms_customer")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="terms_end_later"),
        ]

    def __str__(self) -> str:
        return f"{self.get_term_display()}: {self.value}"


class PromiseClock(models.Model):
    """One promise of one case. Running → paused → running … → met, or given up with its case.

    Target, calendar and where they came from are frozen at the start. `cycle` counts reopenings and further answers.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    metric = models.CharField(max_length=6, choices=Metric)
    cycle = models.PositiveSmallIntegerField(default=1)
    words = models.CharField(max_length=200, blank=True)
    target = models.PositiveIntegerField(help_text=_("Seconds of working time."))
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    because = models.JSONField(default=dict)
    promised_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)  # when the next rung of the ladder is due
    rung = models.PositiveSmallIntegerField(default=0)  # percent of the target already told

    class Meta:
        verbose_name, verbose_name_plural = _("promise of a case"), _("promises of cases")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "metric"],
                condition=Q(met_at=None, dropped_at=None) & ~Q(metric=Metric.OWN),
                name="clock_open_once",
            ),
            models.UniqueConstraint(
                fields=["ticket", "metric", "cycle"], condition=~Q(metric=Metric.OWN), name="clock_cycle_once"
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="clock_due_later"),
        ]
        indexes = [
            models.Index(fields=["ticket"], name="clock_ticket"),
            models.Index(fields=["due_at"], name="clock_due", condition=Q(dropped_at=None)),
            models.Index(
                fields=["warn_at"],
                name="clock_warn",
                condition=Q(met_at=None, dropped_at=None, paused_at=None) & ~Q(warn_at=None),
            ),
            models.Index(fields=["calendar"], name="clock_calendar", condition=Q(met_at=None, dropped_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.metric} of {self.ticket_id}, due {self.due_at}"

    @property
    def is_open(self) -> bool:
        return self.met_at is None and self.dropped_at is None

    @property
    def was_kept(self) -> bool | None:
        """None while it is open."""
        return None if self.met_at is None else self.met_at <= self.due_at

    def reckon_due(self, pauses: Sequence[Span]) -> datetime:
        """Due by its own target and calendar, the pauses cut out."""
        if self.metric == Metric.OWN:
            return self.due_at
        return due_after(self.calendar, self.started_at, self.target, without=pauses)

    def worked(self, until: datetime, pauses: Sequence[Span]) -> float:
        """Seconds of working time used up."""
        return worked_between(self.calendar, self.started_at, until, without=pauses)


class ClockPause(models.Model):
    """The log of one pause, open while it lasts."""

    clock = models.ForeignKey(PromiseClock, on_delete=models.CASCADE, related_name="pauses")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("pause of a promise"), _("pauses of promises")
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(until=None), name="pause_open_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="pause_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.since}–{self.until}"


class Rung(models.Model):
    """One step of the ladder: who hears of a promise, at which share of its time."""

    class To(models.TextChoices):
        OWNER = "owner", _("Who has it")
        LEAD = "lead", _("The lead")
        OPERATOR = "operator", _("Head office")

    percent = models.PositiveSmallIntegerField(_("percent of the time"))
    to = models.CharField(_("who hears of it"), max_length=8, choices=To)
    name = WordsField(_("name"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("rung of the ladder"), _("rungs of the ladder")
        ordering = ["percent", "to"]
        constraints = [
            models.UniqueConstraint(fields=["percent", "to"], name="rung_once"),
            models.CheckConstraint(condition=Q(percent__range=(1, 1000)), name="rung_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % → {self.get_to_display()}"
