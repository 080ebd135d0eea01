"""What arrived from outside, as it came: stored before it is worked on, worked on once."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit


class Delivery(models.Model):
    """One signed call with its batch; the same id again is a repeat when the body is the same."""

    source = models.CharField(max_length=60)
    ref = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32)
    events = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        constraints = [models.UniqueConstraint(fields=["source", "ref"], name="delivery_once")]
        indexes = [models.Index(fields=["at"], name="delivery_at")]

    def __str__(self) -> str:
        return f"{self.source} {self.ref}"


class InboxQuerySet(models.QuerySet["Inbox"]):
    def dead(self) -> Self:
        return self.filter(state=Inbox.State.DEAD)

    def waiting(self) -> Self:
        return self.filter(state=Inbox.State.WAITING)


class Inbox(models.Model):
    """One thing that arrived. Moves: waiting → done, or dead after eight tries (or at once when it can never be read);
    dead → waiting by hand. `lane` keeps one person's things in their order.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")

    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    lane = models.BigIntegerField(default=0)
    body = models.TextField()
    delivery = models.CharField(max_length=120, blank=True)
    index = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    awaits = models.BigIntegerField(null=True)  # the lane of an identity that nobody holds yet
    processed_at = models.DateTimeField(null=True)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("arrival"), _("arrivals")
        constraints = [models.UniqueConstraint(fields=["source", "source_ref"], name="inbox_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="inbox_due", condition=Q(state="waiting")),
            models.Index(fields=["lane", "id"], name="inbox_lane", condition=Q(state="waiting", tries=0)),
            models.Index(fields=["-id"], name="inbox_dead", condition=Q(state="dead")),
            models.Index(fields=["source", "delivery"], name="inbox_delivery", condition=~Q(delivery="")),
            models.Index(fields=["processed_at"], name="inbox_processed", condition=~Q(processed_at=None)),
            models.Index(fields=["awaits"], name="inbox_awaits", condition=~Q(awaits=None)),
            models.Index(fields=["customer"], name="inbox_customer", condition=~Q(customer=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.source}: {self.state}"

    def replay(self, *, by: User) -> None:
        """Give a dead letter eight new tries. Raises TransitionRefused when it is not dead any more."""
        dead = Inbox.objects.dead().filter(pk=self.pk)
        if not dead.update(state=self.State.WAITING, tries=0, due_at=timezone.now(), error=""):
            raise TransitionRefused(_("This is not given up: look again."))
        audit("inbox.replayed", by=by, of=self, source=self.source, kind=self.kind)

    @classmethod
    def forget_bodies(cls, before: datetime) -> int:
        """What was done long ago needs its raw form no more."""
        old = cls.objects.filter(processed_at__lt=before).exclude(body="")
        return old.update(body="")
