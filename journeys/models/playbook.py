"""Playbooks: what happens by itself for whoever comes in, as versions that never change once they run."""

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.outlook import WORDS
from scrm.kernel.words import WordsField
from staff.models import User


def _salt() -> str:
    return secrets.token_hex(8)


class Playbook(models.Model):
    """draft → live (a version is published) ⇄ paused · live or paused → retired → live with a later version.

    Paused nobody is moved on and nobody is lost; retired nobody comes in, and who is on the way walks to the end.
    `hears` says what brings people in, as the running version wants it: “event:order.paid”, “segment:away-180”, …
    `figures` is the last count of the page, made in the background.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("In use")
        PAUSED = "paused", _("Paused")
        RETIRED = "retired", _("Out of use")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    about = WordsField(_("what it is for"), blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0)
    hears = models.CharField(max_length=80, blank=True)
    salt = models.CharField(max_length=32, default=_salt, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    figures = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True)
    dated_on = models.DateField(null=True)  # up to which day those were taken in whose day had come

    class Meta:
        verbose_name, verbose_name_plural = _("playbook"), _("playbooks")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", version=0) | (~Q(state="draft") & Q(version__gt=0)),
                name="playbook_live_has_a_version",
            ),
        ]
        indexes = [models.Index(fields=["hears"], name="playbook_hears", condition=Q(state__in=("live", "paused")))]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def running(self) -> "PlaybookVersion | None":
        return self.versions.filter(number=self.version).first()

    @property
    def draft(self) -> "PlaybookVersion | None":
        return self.versions.filter(state=PlaybookVersion.State.DRAFT).first()

    @property
    def takes_in(self) -> bool:
        return self.state in (self.State.LIVE, self.State.PAUSED)


class PlaybookVersion(models.Model):
    """The flow as it runs; once published a row never changes (a trigger keeps it). People finish on their own one.

    `content`: {"trigger", "goal", "rules", "steps"}; its shape is said by journeys.playbooks.flow.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Runs")
        PAST = "past", _("Past")

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    content = models.JSONField(default=dict)
    edition = models.PositiveIntegerField(default=1)  # of a draft: what an editor saw
    note = models.CharField(max_length=WORDS, blank=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("version of a playbook"), _("versions of playbooks")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="playbook_version_once"),
            models.UniqueConstraint(fields=["playbook"], condition=Q(state="draft"), name="playbook_one_draft"),
            models.UniqueConstraint(fields=["playbook"], condition=Q(state="live"), name="playbook_one_runs"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None) | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="playbook_published_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.playbook_id} · {self.number}"

    @property
    def steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.content.get("steps", [])
        return found


class PlaybookDay(models.Model):
    """How many came in on one day, how many are compared, and how many were not taken in, by reason."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="days", db_index=False)
    on = models.DateField()
    what = models.CharField(max_length=12)  # “on”, “control”, or why somebody was not taken in
    n = models.BigIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("day of a playbook"), _("days of playbooks")
        constraints = [models.UniqueConstraint(fields=["playbook", "on", "what"], name="playbook_day_once")]

    def __str__(self) -> str:
        return f"{self.playbook_id} {self.on} {self.what}: {self.n}"


class PlaybookNews(models.Model):
    """Something happened that a playbook waits for. Only added in the event's transaction: it waits for nobody."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    store_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("news for playbooks"), _("news for playbooks")

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"
