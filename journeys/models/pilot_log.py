"""What was changed in a pilot and what was decided at its gates: written once, never changed."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journeys.models.outlook import WORDS
from journeys.models.pilot import Pilot, PilotStep
from staff.models import User


class PilotChange(models.Model):
    """A line of the log; it is only added to (a trigger keeps it)."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="changes", db_index=False)
    step = models.ForeignKey(PilotStep, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)  # made, begun, noted, asked, declined, change, go, stop
    said = models.CharField(max_length=WORDS, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("change of a pilot"), _("changes of pilots")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["pilot", "-at"], name="pilot_change_list")]

    def __str__(self) -> str:
        return f"{self.pilot_id} {self.kind}"


class PilotGate(models.Model):
    """A decision on a step with the figures it was taken on, frozen (a trigger keeps it)."""

    class Decision(models.TextChoices):
        GO = "go", _("Let it pass")
        CHANGE = "change", _("Change")
        STOP = "stop", _("Stop")

    step = models.OneToOneField(PilotStep, on_delete=models.PROTECT, related_name="gate")
    decision = models.CharField(max_length=6, choices=Decision)
    figures = models.JSONField()
    why = models.CharField(max_length=WORDS)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    early = models.BooleanField(default=False, db_default=False)  # before what should be true was true
    agreed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("gate of a pilot"), _("gates of pilots")
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="pilot_gate_says_why"),
            # Before its time a step passes by two people: never by one, never by one who is both.
            models.CheckConstraint(
                condition=Q(early=False) | ~Q(decision="go") | Q(agreed_by__isnull=False),
                name="pilot_gate_early_is_agreed",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | Q(by=None) | ~Q(agreed_by=F("by")), name="pilot_gate_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.decision}"

    @property
    def rows(self) -> dict[str, Any]:
        return dict(self.figures)


class PilotAskQuerySet(models.QuerySet["PilotAsk"]):
    def open(self) -> Self:
        return self.filter(state=PilotAsk.State.OPEN)


class PilotAsk(models.Model):
    """Somebody asks to let a step pass before its time: open → agreed by another, declined, or over by a decision."""

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a second person")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")
        OVER = "over", _("Decided otherwise")

    step = models.ForeignKey(PilotStep, on_delete=models.PROTECT, related_name="asks", db_index=False)
    why = models.CharField(max_length=WORDS)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)

    objects = PilotAskQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("request at a gate"), _("requests at gates")
        constraints = [
            models.UniqueConstraint(fields=["step"], condition=Q(state="open"), name="pilot_ask_one_open"),
            models.CheckConstraint(condition=~Q(why=""), name="pilot_ask_says_why"),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="pilot_ask_answered_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="agreed") | Q(answered_by__isnull=False) & ~Q(answered_by=F("by")),
                name="pilot_ask_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.state}"
