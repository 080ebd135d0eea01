"""A run of `load`: what file, mapped how, how far it came, which rows failed and why."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.registry import load_kinds
from staff.models import User


class ImportRun(models.Model):
    """One file of one source. draft → checking → checked → running → done, or → stopped, or → failed.

    A history run (`live` off) wakes nobody: the run itself is the recorded reason.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being mapped")
        CHECKING = "checking", _("Trying out")
        CHECKED = "checked", _("Tried out")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    file_path = models.CharField(max_length=500, blank=True)
    file_digest = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(default=dict)
    live = models.BooleanField(default=False)
    dry = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    trouble = models.TextField(blank=True)
    stop_asked = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"

    @property
    def kind_words(self) -> str:
        """What the file holds, as people call it."""
        kind = load_kinds.get(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def may_go_on(self) -> bool:
        """Whether rows of it went in and the rest can follow. A dry run never goes on: it is tried again."""
        return self.state in (self.State.STOPPED, self.State.FAILED) and not self.dry

    def counts(self) -> dict[str, int]:
        names = ("read", "created", "updated", "unchanged", "skipped", "failed")
        return {name: getattr(self, name) for name in names}


class RowError(models.Model):
    """One row that did not go in: its line, the reason, and the row as it came."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="row_errors", db_index=False)
    line = models.BigIntegerField()
    reason = models.TextField()
    row = models.JSONField(default=dict)
    warning = models.BooleanField(default=False)  # the row went in, without what the reason names

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "line", "reason"], name="row_error_once")]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
