"""Segments: a rule that says who is meant, its versions that never change, and the people in it with the reason."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.words import WordsField
from staff.models import User


class SegmentQuerySet(models.QuerySet["Segment"]):
    def visible_to(self, user: User) -> Self:
        """Names and rules; the people in it are narrowed to whom the reader may see."""
        return self if user.may("segment.read") else self.none()

    def live(self) -> Self:
        return self.filter(state=Segment.State.LIVE)


class Segment(models.Model):
    """One segment. draft → live (a version is published) → live with a later version; live → retired → live.

    `version` is the one that runs, 0 for none. `refreshed_at` is null while its people are still to be found anew.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("In use")
        RETIRED = "retired", _("Out of use")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    purpose = models.CharField(_("what for"), max_length=200, blank=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0)
    clock = models.BooleanField(default=False)  # its answers change with the day alone
    people = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    live_since = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    took_ms = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    drift = models.JSONField(default=dict)  # of the last check: {"missing": n, "extra": n, "who": [ids]}

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("segment"), _("segments")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["id"], name="segment_live", condition=Q(state="live"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", version=0) | (~Q(state="draft") & Q(version__gt=0)),
                name="segment_live_has_a_version",
            ),
            models.CheckConstraint(condition=Q(people__gte=0), name="segment_people_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def running(self) -> "SegmentVersion | None":
        return self.versions.filter(number=self.version).first()

    @property
    def newest(self) -> "SegmentVersion | None":
        return self.versions.order_by("-number").first()


class SegmentVersion(models.Model):
    """One rule of a segment as somebody saved it; a row never changes (a trigger keeps it)."""

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("version of a segment"), _("versions of segments")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="segment_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.number}"


class SegmentMemberQuerySet(models.QuerySet["SegmentMember"]):
    def inside(self) -> Self:
        """Those in it: by rule or pinned."""
        return self.exclude(via=SegmentMember.Via.BLOCK)


class SegmentMember(models.Model):
    """That a customer is in a segment by its rule or by hand (pin), or is kept out by hand (block).

    What was set by hand has a name and a reason and survives every refresh until its time is over.
    """

    class Via(models.TextChoices):
        RULE = "rule", _("by the rule")
        PIN = "pin", _("pinned")
        BLOCK = "block", _("blocked")

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="members", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="segments", db_index=False)
    via = models.CharField(max_length=5, choices=Via, default=Via.RULE)
    entered_at = models.DateTimeField(default=timezone.now)
    evidence = models.JSONField(default=dict)  # {"version": the rule that brought it in}
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField(null=True)

    objects = SegmentMemberQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("member of a segment"), _("members of segments")
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="segment_member_once"),
            models.CheckConstraint(
                condition=Q(via="rule", by=None, why="", until=None) | (~Q(via="rule") & ~Q(why="")),
                name="segment_by_hand_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["segment", "-entered_at", "-id"], name="segment_member_newest"),
            models.Index(fields=["customer", "segment"], name="segment_member_customer"),
            models.Index(fields=["segment", "via"], name="segment_by_hand", condition=~Q(via="rule")),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.customer_id} {self.via}"


class SegmentChange(models.Model):
    """How many came into a segment and left it on one day, and how many were in it at its end."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="changes", db_index=False)
    on = models.DateField()
    came = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("day of a segment"), _("days of segments")
        constraints = [models.UniqueConstraint(fields=["segment", "on"], name="segment_change_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.on}: +{self.came} −{self.left}"


class SegmentDirty(models.Model):
    """A customer something happened with since segments last looked. Several rows of one are one; nobody waits."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("customer to look at"), _("customers to look at")

    def __str__(self) -> str:
        return f"{self.customer_id}"


Rule = dict[str, Any]
