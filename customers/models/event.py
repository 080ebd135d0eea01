"""The timeline: everything that happened with a customer and that a person would want to read."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel import registry, sealed
from scrm.kernel.nudges import nudge
from scrm.kernel.wake import wake


class EventManager(models.Manager["Event"]):
    def record(
        self,
        *,
        customer: Customer,
        kind: str,
        by: Any = None,
        at: datetime | None = None,
        channel: str = "",
        store: int | None = None,
        business_date: date | None = None,
        source: str = "",
        source_ref: str = "",
        details: dict[str, Any] | None = None,
        came_as: int | None = None,
        wakes: bool = True,
    ) -> "Event":
        """Add one line; history (`wakes=False`) fills the page and wakes nobody."""
        if registry.event_kinds.get(kind) is None:
            raise LookupError(f"The event kind “{kind}” is not registered.")
        at = at or timezone.now()
        if customer.erased_at:
            # Late news of an erased person keeps its numbers only.
            source_ref, details = "", {name: value for name, value in (details or {}).items()
                                       if isinstance(value, int) or name == "currency"}  # fmt: skip
        event = self.create(
            customer=customer, kind=kind, at=at, business_date=business_date or timezone.localdate(at),
            phase=PHASES.get(kind.partition(".")[0], Event.Phase.DURING), channel=channel,
            actor_id=by.pk if by else None, store_id=store, source=source, source_ref=source_ref,
            details=details or {}, came_as=came_as,
        )  # fmt: skip
        if wakes:
            listening = registry.listening(kind)
            if listening:
                Wakeup.objects.bulk_create(Wakeup(event=event.pk, reaction=each.name) for each in listening)
                wake("customers.tasks.sweep_wakeups")
            for write_down in registry.outboxes.all():
                write_down(event)
            for panel in registry.panels.all():
                if kind.startswith(panel.wakes_on):
                    nudge(f"customer.{customer.pk}", panel.name)
        return event


class Event(models.Model):
    """One line. No prose: the sentence is made from kind and details in the reader's language.

    No foreign key points here, and ids commit out of order: readers claim Wakeups or take a closed window.
    """

    class Phase(models.TextChoices):
        BEFORE = "before", _("Before")
        DURING = "during", _("During")
        AFTER = "after", _("After")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="events", db_index=False)
    identity_id = models.BigIntegerField(null=True)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    business_date = models.DateField()
    phase = models.CharField(max_length=6, choices=Phase, default=Phase.DURING)
    channel = models.CharField(max_length=10, blank=True)
    touchpoint = models.CharField(max_length=40, blank=True)
    actor_id = models.BigIntegerField(null=True)
    store_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    objects = EventManager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        indexes = [models.Index(fields=["customer", "-at", "-id"], name="event_customer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"

    @property
    def registered(self) -> registry.EventKind | None:
        return registry.event_kinds.get(self.kind)

    @property
    def sentence(self) -> str:
        kind = self.registered
        return kind.sentence(self) if kind else self.kind

    @property
    def amount(self) -> str:
        kind = self.registered
        return kind.amount(self) if kind else ""


# Which side of the purchase a group of kinds stands on; the default is "during".
PHASES = {
    "browse": Event.Phase.BEFORE, "visit": Event.Phase.BEFORE, "trial": Event.Phase.BEFORE,
    "customer": Event.Phase.BEFORE, "refund": Event.Phase.AFTER, "case": Event.Phase.AFTER,
    "review": Event.Phase.AFTER,
}  # fmt: skip


class Wakeup(models.Model):
    """One reaction that one event owes: waiting → done, or waiting again after a pause, or dead after eight tries."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")

    event = models.BigIntegerField()
    reaction = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("reaction owed"), _("reactions owed")
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="wakeup_once")]
        indexes = [
            models.Index(fields=["due_at"], name="wakeup_due", condition=Q(state="waiting")),
            models.Index(fields=["id"], name="wakeup_dead", condition=Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.reaction} of {self.event}: {self.state}"

    def replay(self) -> None:
        """Give a dead letter eight new tries."""
        Wakeup.objects.filter(pk=self.pk, state=self.State.DEAD).update(
            state=self.State.WAITING, tries=0, due_at=timezone.now(), error=""
        )


class SourceKey(models.Model):
    """What we already took in: (source, its own key) → what it became. `digest` tells a repeat from a change."""

    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    source_ref = models.CharField(max_length=120)
    object_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16, default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "source_ref"], name="source_key_once")]
        indexes = [models.Index(fields=["kind", "object_id"], name="source_key_object")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.source_ref}"


GONE = "erased:"


def source_mark(source: str, ref: str) -> str:
    """What stands in the place of an erased customer's key: a file that brings the key again is recognised."""
    return GONE + sealed.source_fingerprint(f"{source}\x00{ref}").hex()[:40]
