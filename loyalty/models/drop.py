"""A flash drop: so many coupons at one moment, one each, in the order of arrival."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.models.campaign import Campaign
from scrm.kernel.words import WordsField
from staff.models import User


class Drop(models.Model):
    """draft → ready (its slots are minted) → ended; ready → stopped (kill switch). Open between its two moments.

    `prizes` says how many slots of which coupon template: [{"template": code, "slots": n}]. `cap` is how many claims
    may run at once; the rest wait in line. `felt` holds the answers of the felt-value check.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        READY = "ready", _("Ready")
        STOPPED = "stopped", _("Stopped")
        ENDED = "ended", _("Ended")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="drops")
    prizes = models.JSONField(default=list)
    levels = models.JSONField(default=list, blank=True)
    opens_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cap = models.PositiveSmallIntegerField(default=6)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    slots_total = models.PositiveIntegerField(default=0)
    first_slot = models.BigIntegerField(null=True, blank=True, editable=False)  # the coupons it lies in
    last_slot = models.BigIntegerField(null=True, blank=True, editable=False)
    felt = models.JSONField(default=dict, blank=True)
    stopped_why = models.CharField(max_length=200, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("flash drop"), _("flash drops")
        ordering = ["-opens_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("opens_at")), name="drop_ends_after_it_opens"),
            models.CheckConstraint(condition=Q(cap__gt=0), name="drop_cap"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def slots_in_all(self) -> int:
        """How many there are, or will be once it is made ready."""
        return self.slots_total or sum(int(prize["slots"]) for prize in self.prizes)

    def is_open(self) -> bool:
        return self.state == self.State.READY and self.opens_at <= timezone.now() < self.ends_at


class DropTry(models.Model):
    """One person's place in a drop: the number they came as, when, and what they got."""

    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="tries", db_index=False)
    record = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    coupon_id = models.BigIntegerField(null=True)
    told = models.BooleanField(default=False)  # whether the win stands on the timeline

    class Meta:
        constraints = [models.UniqueConstraint(fields=["drop", "record"], name="drop_try_once")]
        indexes = [
            models.Index(fields=["drop", "id"], name="drop_try_place"),
            models.Index(fields=["drop"], name="drop_try_untold", condition=Q(told=False) & ~Q(coupon_id=None)),
        ]

    def __str__(self) -> str:
        return f"{self.drop_id} {self.record}"
