"""What leaves the brand of its own accord: the rules of restraint, and every planned contact with its reason."""

import hashlib
from datetime import time, timedelta
from typing import Self

from django.core.validators import MaxValueValidator
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Segment, Task
from scrm.kernel.words import WordsField
from staff.models import User
from touchpoints.channels.protocol import Kind
from touchpoints.models.channel import Way
from touchpoints.models.talk import Message


class Hand(models.TextChoices):
    """Ways of people: the contact is a step on somebody's list."""

    CALL = "call", _("Advisor's call")
    MEETING = "meeting", _("Face to face")
    REPORT = "report", _("A report made for one")


WAYS = [*Way.choices, *Hand.choices]
LOADED = "load:"  # begins the key of a contact that a file told of
CONSENT_OF = {Hand.CALL: "phone", Hand.MEETING: "", Hand.REPORT: "mail", Way.PHONE: "phone"}


class Restraint(models.Model):
    """The brand's rules of contact, one row. An empty cap means none is set; zero means nobody is contacted."""

    name = models.CharField(max_length=10, unique=True, default="brand", editable=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True, default=time(21))
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True, default=time(9))
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    most = models.PositiveSmallIntegerField(_("contacts at most"), null=True, blank=True, default=4)
    days = models.PositiveSmallIntegerField(_("within days"), default=30)
    most_calls = models.PositiveSmallIntegerField(_("calls at most"), null=True, blank=True, default=2)
    call_days = models.PositiveSmallIntegerField(_("calls within days"), default=91)

    class Meta:
        verbose_name, verbose_name_plural = _("rules of contact"), _("rules of contact")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def now(cls) -> "Restraint":
        return cls.objects.filter(name="brand").first() or cls()


class OutreachScene(models.Model):
    """An occasion to contact: what kind of message it is, for how long it makes sense, who is kept out to compare."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    kind = models.CharField(_("kind"), max_length=9, choices=[
        (Kind.CODE.value, _("Code")), (Kind.NOTICE.value, _("Service")), (Kind.MARKETING.value, _("Offer or care")),
    ], default=Kind.MARKETING.value)  # fmt: skip
    urgent = models.BooleanField(_("also in quiet hours"), default=False)
    hours = models.PositiveSmallIntegerField(_("makes sense for hours"), default=72)
    holdout = models.PositiveSmallIntegerField(_("kept out, per cent"), default=0, validators=[MaxValueValidator(50)])
    salt = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("occasion"), _("occasions")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def lifetime(self) -> timedelta:
        return timedelta(hours=self.hours)

    def keeps_out(self, customer: Customer, *, keep: bool = True) -> bool:
        """Whether this customer is in the group that hears nothing: drawn once and kept; a look keeps nothing."""
        drawn = int.from_bytes(hashlib.sha256(f"{self.code}\0{self.salt}\0{customer.pk}".encode()).digest()[:8])
        kept_out = drawn % 100 < self.holdout
        if not keep:
            known = HoldoutDraw.objects.filter(scene=self, customer=customer).first()
            return known.kept_out if known else kept_out
        return HoldoutDraw.objects.get_or_create(scene=self, customer=customer, defaults={"kept_out": kept_out})[
            0
        ].kept_out


class HoldoutDraw(models.Model):
    """The draw of one customer for one occasion."""

    scene = models.ForeignKey(OutreachScene, on_delete=models.PROTECT, related_name="draws", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kept_out = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("draw"), _("draws")
        constraints = [models.UniqueConstraint(fields=["customer", "scene"], name="holdout_once")]

    def __str__(self) -> str:
        return f"{self.scene_id} {self.customer_id}: {self.kept_out}"


class ChannelChoice(models.Model):
    """Which ways are tried for an occasion, in this order: for who is in a segment (the first by its code), else by
    grade; neither is for everybody else."""

    scene = models.ForeignKey(OutreachScene, on_delete=models.CASCADE, related_name="choices")
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("segment")
    )
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    ways = models.JSONField(_("ways"), default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("choice of channel"), _("choices of channel")
        ordering = ["scene", "segment", "grade"]
        constraints = [
            models.UniqueConstraint(
                fields=["scene", "segment", "grade"], name="channel_choice_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(segment=None) | Q(grade=""), name="channel_choice_by_one",
                violation_error_message=_("Either a segment or a grade."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.scene_id} {self.segment_id or self.grade or '*'}: {' → '.join(self.ways)}"


class OutreachQuerySet(models.QuerySet["Outreach"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))

    def counted(self) -> Self:
        """What a customer felt, or is about to feel, as being contacted: people and machines together."""
        return self.filter(kind=Kind.MARKETING.value, state__in=Outreach.FELT)


class Outreach(models.Model):
    """One planned contact. Moves: held → queued (or refused) · queued → sent → delivered → answered · queued or sent
    → failed · held or queued → cancelled; refused is final. A refusal is a row like any other, with its reason.
    What a file tells of the past begins where it ended: sent, delivered, answered or failed.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held back")
        REFUSED = "refused", _("Not sent")
        QUEUED = "queued", _("On its way")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Not delivered")
        CANCELLED = "cancelled", _("Called off")

    class Reason(models.TextChoices):
        NO_CONSENT = "no_consent", _("No consent")
        PAUSED = "paused", _("Asked for a pause")
        QUIET = "quiet", _("Hours of quiet")
        CAP = "cap", _("Enough contacts lately")
        CALLS = "calls", _("Enough calls lately")
        HOLDOUT = "holdout", _("Kept out to compare")
        NO_WAY = "no_way", _("No way to reach")
        CLOSED = "closed", _("Record closed")
        WITHDRAWN = "withdrawn", _("Consent taken back")
        TOO_LATE = "too_late", _("Its moment has passed")
        NO_TEXT = "no_text", _("No text for this channel")
        UNREACHED = "unreached", _("Could not be reached")
        UNKNOWN = "unknown", _("Nobody knows whether it arrived")

    FELT = (State.QUEUED, State.SENT, State.DELIVERED, State.ANSWERED)

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="outreaches", db_index=False)
    scene = models.ForeignKey(OutreachScene, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=9)
    way = models.CharField(max_length=10, choices=WAYS, blank=True)
    template = models.CharField(max_length=60, blank=True)
    values = models.JSONField(default=dict, blank=True)
    key = models.CharField(max_length=120, unique=True)
    campaign = models.CharField(max_length=40, blank=True)  # the code of the campaign it belongs to, if any
    state = models.CharField(max_length=9, choices=State)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    explanation = models.JSONField(default=dict, blank=True)
    tried = models.JSONField(default=list, blank=True)
    until = models.DateTimeField(null=True)
    valid_until = models.DateTimeField()
    planned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    planned_at = models.DateTimeField(default=timezone.now)
    felt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="outreach")
    task = models.OneToOneField(Task, null=True, on_delete=models.PROTECT, related_name="outreach")
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another

    objects = OutreachQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("contact"), _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("held", "refused")) | ~Q(reason=""), name="outreach_refusal_has_reason"
            ),
            models.CheckConstraint(condition=~Q(state="held") | Q(until__isnull=False), name="outreach_held_has_end"),
        ]
        indexes = [
            models.Index(fields=["customer", "-planned_at", "-id"], name="outreach_customer"),
            models.Index(fields=["until"], name="outreach_held", condition=Q(state="held")),
            models.Index(fields=["scene", "state", "-id"], name="outreach_scene"),
            models.Index(fields=["-planned_at", "-id"], name="outreach_planned"),
            models.Index(
                fields=["-planned_at", "-id"], name="outreach_refused", condition=Q(state__in=("held", "refused"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.state} {self.reason}"

    @property
    def said(self) -> str:
        """What a file tells of its words; what we wrote ourselves stands in the message."""
        if self.message_id is not None or not self.key.startswith(LOADED):
            return ""
        return " · ".join(self.values[name] for name in ("subject", "text") if self.values.get(name))

    @transaction.atomic
    def move(self, start: "set[str]", end: "Outreach.State", *, reason: str = "") -> bool:
        """One step, if it stands where it should; whether it moved."""
        moved = Outreach.objects.filter(pk=self.pk, state__in=start).update(
            state=end, reason=reason, ended_at=timezone.now() if end not in self.FELT else None
        )
        if moved:
            self.state, self.reason = end, reason
        return bool(moved)


def stop_queued(customer_id: int, way: str) -> int:
    """Consent went: what has not left yet stays here. How many were stopped."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """with stopped as (
                 update touchpoints_message m set state = 'stopped' from touchpoints_channel c
                 where m.channel_id = c.id and m.customer_id = %s and c.way = %s and m.kind = 'marketing'
                   and m.state = 'queued' returning m.id)
               update touchpoints_outreach o set state = 'refused', reason = 'withdrawn', ended_at = now()
               from stopped where o.message_id = stopped.id and o.state = 'queued' returning o.id""",
            [customer_id, way],
        )
        return cursor.rowcount
