"""What was changed in a pilot and what was decided at its gates: written once, never changed."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journeys.models.outlook import WORDS
from journeys.models.pilot import Pilot, PilotStep
from staff.models import User


class PilotChange(models.Model):
    """A line of the log; it is only added to (a trigger keeps it)."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="changes", db_index=False)
    step = models.ForeignKey(PilotStep, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)  # made, begun, noted, change, go, stop
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

    class Meta:
        verbose_name, verbose_name_plural = _("gate of a pilot"), _("gates of pilots")
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="pilot_gate_says_why")]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.decision}"

    @property
    def rows(self) -> dict[str, Any]:
        return dict(self.figures)
