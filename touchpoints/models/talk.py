"""What a customer and we said to each other on one channel, and what is still to leave."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Identity
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from touchpoints.channels.protocol import Kind
from touchpoints.models.channel import Channel, Way

if TYPE_CHECKING:
    from touchpoints.file_kinds import Looked

LONGEST = 4000
REPLY_WITHIN = timedelta(days=7)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))

    def open(self) -> Self:
        return self.filter(closed_at=None)


class Conversation(models.Model):
    """One thread between one customer and the brand; `waiting_since` says how long a person has waited for us."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    thread = models.CharField(max_length=160)
    route = models.CharField(max_length=120, blank=True)  # what the provider calls it; many people may share one
    length = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        constraints = [models.UniqueConstraint(fields=["channel", "thread"], name="conversation_once")]
        indexes = [
            models.Index(fields=["customer", "-last_at"], name="conversation_customer"),
            models.Index(fields=["waiting_since"], name="conversation_waiting", condition=~Q(waiting_since=None)),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.thread}"

    def next_place(self, source: str, source_ref: str) -> "tuple[int, Message | None]":
        """The place of one more message, or the message that is here already under this key.

        Whoever asks next waits until the caller's transaction ends.
        """
        held = Conversation.objects.select_for_update(no_key=True).get(pk=self.pk)
        if known := Message.objects.filter(source=source, source_ref=source_ref).first():
            return 0, known
        Conversation.objects.filter(pk=self.pk).update(length=held.length + 1)
        self.length, self.waiting_since = held.length + 1, held.waiting_since
        return self.length, None

    @property
    def may_be_answered(self) -> bool:
        """A reply is service as long as it answers something; beyond that the rules of contact hold."""
        since = timezone.now() - REPLY_WITHIN
        return self.messages.filter(direction="in", machine=False, at__gte=since).exists()

    @transaction.atomic
    def hear(
        self, text: str, *, at: datetime, source: str, source_ref: str, subject: str = "", machine: bool = False,
        note: str = "",
    ) -> "Message | None":  # fmt: skip
        """What the customer wrote, once by (source, source_ref); None for one that is here already."""
        place, known = self.next_place(source, source_ref)
        if known is not None:
            return None
        message = Message.objects.create(
            conversation=self, customer_id=self.customer_id, channel_id=self.channel_id, direction="in", place=place,
            body=text, subject=subject[:300], at=at, state=Message.State.RECEIVED, source=source,
            source_ref=source_ref, machine=machine, note=note[:200],
        )  # fmt: skip
        waiting = {} if machine else {"waiting_since": self.waiting_since or at}
        Conversation.objects.filter(pk=self.pk).update(last_at=max(self.last_at, at), closed_at=None, **waiting)
        self.customer.record(
            "message.received", at=at, channel=self.channel.way, source=source, source_ref=source_ref,
            message=message.pk, machine=machine,
        )  # fmt: skip
        return message

    def why_closed(self) -> str:
        """Why nothing can be said here; "" when it can. A reply is service: it needs no consent and knows no quiet."""
        if self.customer.erased_at or self.customer.merged_into_id:
            return gettext("This customer's record is closed.")
        if self.channel.state != Channel.State.ON:
            return gettext("This channel is stopped: choose another way.")
        if not self.may_be_answered:
            return gettext("Nobody wrote here within seven days: a new contact needs an occasion.")
        return ""

    def reply_subject(self) -> str:
        """What an answer by mail is called: after the last subject we heard."""
        if self.channel.way != Way.MAIL:
            return ""
        heard = self.messages.filter(direction="in").exclude(subject="").order_by("-place")
        subject = str(heard.values_list("subject", flat=True).first() or "")
        known = subject.lower().startswith(("re:", "re：", "回复:", "回复：", "回覆:", "回覆："))
        return subject if known or not subject else f"Re: {subject}"[:300]

    @property
    def said_by(self) -> str:
        """How a form names it among the ways to answer."""
        return f"talk-{self.pk}"

    @transaction.atomic
    def say(
        self, text: str, *, by: User | None, token: str = "", automatic: bool = False, files: "Sequence[Looked]" = (),
    ) -> "Message":  # fmt: skip
        """Answer the customer: a reply is service and needs no consent. The same token again is the same message.

        Raises TransitionRefused for no words and no file, too many, a closed record, a stopped channel, or files where
        the channel hands none on.
        """
        from touchpoints.models.attachment import Attachment

        text = text.strip()
        if not text and not files:
            raise TransitionRefused(gettext("Write what you want to say."))
        if len(text) > LONGEST:
            raise TransitionRefused(gettext("A message holds 4,000 signs: shorten it."))
        if why := self.why_closed():
            raise TransitionRefused(why)
        if files and not (most := self.channel.carries_files):
            raise TransitionRefused(
                gettext("This channel hands no files on: choose another way, or keep them in a note.")
            )
        if files and sum(len(one.content) for one in files) > most:
            raise TransitionRefused(
                gettext("This channel hands on at most %(n)s MB with one message.") % {"n": most // 2**20}
            )
        source_ref = token or uuid.uuid4().hex
        place, said = self.next_place("staff", source_ref)
        if said is not None:
            return said
        now = timezone.now()
        message = Message.objects.create(
            conversation=self, customer=self.customer, channel=self.channel, direction="out", author=by, place=place,
            body=text, at=now, state=Message.State.QUEUED, kind=Kind.NOTICE, source="staff", source_ref=source_ref,
            automatic=automatic, subject=self.reply_subject(),
        )  # fmt: skip
        Attachment.keep(self.customer, list(files), by=by, message=message)
        # Who was answered by a rule waits for a person still.
        since = self.waiting_since if automatic else None
        Conversation.objects.filter(pk=self.pk).update(last_at=now, waiting_since=since)
        self.waiting_since = since
        self.customer.record("message.sent", by=by, at=now, channel=self.channel.way, message=message.pk)
        nudge(f"chat.{self.pk}", "talk")
        return message


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class Message(models.Model):
    """One thing said. In: received. Out: queued → sending → sent → delivered → read, or failed; unknown when nobody
    knows whether the provider took it; stopped when consent went before it left.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        QUEUED = "queued", _("Waiting to leave")
        SENDING = "sending", _("Leaving")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")
        UNKNOWN = "unknown", _("Nobody knows yet")
        STOPPED = "stopped", _("Stopped before it left")

    RANK = {State.QUEUED: 0, State.SENDING: 1, State.UNKNOWN: 2, State.SENT: 3, State.FAILED: 4, State.DELIVERED: 5,
            State.READ: 6}  # fmt: skip

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages", db_index=False)
    direction = models.CharField(max_length=3, choices=[("in", _("in")), ("out", _("out"))])
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State)
    kind = models.CharField(max_length=9, choices=[(kind.value, kind.value) for kind in Kind], blank=True)
    template = models.CharField(max_length=60, blank=True)
    values = models.JSONField(default=dict, blank=True)
    automatic = models.BooleanField(default=False)
    machine = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    provider_ref = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="message_once"),
            models.UniqueConstraint(fields=["conversation", "place"], name="message_place"),
            models.CheckConstraint(
                condition=Q(direction="in", state="received") | (Q(direction="out") & ~Q(state="received")),
                name="message_state_of_direction",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="message_due", condition=Q(state="queued")),
            models.Index(fields=["claimed_at"], name="message_open", condition=Q(state__in=("sending", "unknown"))),
            models.Index(fields=["customer", "-at"], name="message_customer"),
            models.Index(fields=["channel", "at"], name="message_heard", condition=Q(direction="in")),
            models.Index(fields=["channel", "provider_ref"], name="message_ref", condition=~Q(provider_ref="")),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.pk}: {self.state}"

    @property
    def public_id(self) -> str:
        """Our id at the provider: it never changes over the tries."""
        return f"m{self.pk}"

    @classmethod
    def called(cls, public_id: str) -> "Message | None":
        number = public_id.removeprefix("m")
        return cls.objects.filter(pk=int(number), direction="out").first() if number.isdecimal() else None

    def learn(self, state: "Message.State", *, at: datetime, code: str = "") -> bool:
        """What became of it, only ever upwards: a late “sent” after “delivered” changes nothing. Whether it moved."""
        below = [name for name, rank in self.RANK.items() if rank < self.RANK[state]]
        moved = Message.objects.filter(pk=self.pk, direction="out", state__in=below).update(state=state, code=code[:60])
        if moved:
            self.state = state
        return bool(moved)
