"""Coupons for many at once."""

from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty.models.template import CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import User, audit


class BulkIssueQuerySet(models.QuerySet["BulkIssue"]):
    def visible_to(self, user: User) -> Self:
        return self if user.may("setup.read") else self.none()


class BulkIssue(models.Model):
    """Coupons for many at once: who was meant, how far it came, who was left out and why.

    draft → running → done; running ⇄ stopped; running → failed → running. The worker's chunk, its coupons and how far
    it came are one transaction: a killed worker leaves a running row that another goes on with.

    `rule` holds any of {"segment": code, "levels": [code], "lifecycle": [stage], "stores": [code],
    "days_without": n}, or {"customers": [id]} for a list.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Prepared")
        RUNNING = "running", _("Goes on")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    template = models.ForeignKey(CouponTemplate, on_delete=models.PROTECT, related_name="bulk_issues")
    rule = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    wanted = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)
    left_out = models.JSONField(default=dict)  # reason → how many
    last = models.BigIntegerField(default=0)  # the customer id it has come to
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    objects = BulkIssueQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("bulk issue"), _("bulk issues")

    def __str__(self) -> str:
        return f"{self.template_id} {self.state}"

    def counts(self) -> dict[str, Any]:
        return {"wanted": self.wanted, "done": self.done, "issued": self.issued, "left_out": self.left_out}

    @property
    def percent(self) -> int:
        return 100 if self.state == self.State.DONE or not self.wanted else min(99, 100 * self.done // self.wanted)

    @transaction.atomic
    def start(self, *, by: User) -> None:
        """Begin, or go on where it was stopped. Raises TransitionRefused."""
        starts = [self.State.DRAFT, self.State.STOPPED, self.State.FAILED]
        now = timezone.now()
        self._move(starts, self.State.RUNNING, seen_at=None, trouble="", started_by=by,
                   started_at=self.started_at or now)  # fmt: skip
        audit("bulk.started", by=by, of=self, template=self.template.code, wanted=self.wanted, done=self.done)
        wake("loyalty.coupon_tasks.go_on_with_bulk", queue="bulk")

    @transaction.atomic
    def stop(self, *, by: User) -> None:
        """After the chunk under way, no further one."""
        self._move([self.State.RUNNING], self.State.STOPPED)
        audit("bulk.stopped", by=by, of=self, template=self.template.code, done=self.done, issued=self.issued)

    def _move(self, starts: list["BulkIssue.State"], end: "BulkIssue.State", **sets: Any) -> None:
        if not BulkIssue.objects.filter(pk=self.pk, state__in=starts).update(state=end, **sets):
            raise TransitionRefused(gettext("This is in another state by now. Look again."))
        self.refresh_from_db()
