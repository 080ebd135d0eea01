"""The line in a store: numbers without gap or double, called in their order."""

import hashlib
import secrets
import uuid
from datetime import date
from typing import Self

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User


class QueueDay(models.Model):
    """The last number given in a store on a day: the row is the lock."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "day"], name="queue_day_once")]

    def __str__(self) -> str:
        return f"{self.store_id} {self.day}: {self.last}"

    @staticmethod
    def next_number(store: Store, day: date) -> int:
        """In the caller's transaction: who rolls back gives the number back, so there is no gap."""
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into touchpoints_queueday (store_id, day, last) values (%s, %s, 1) "
                "on conflict (store_id, day) do update set last = touchpoints_queueday.last + 1 returning last",
                [store.pk, day],
            )
            return int(cursor.fetchone()[0])


class QueueTicketQuerySet(models.QuerySet["QueueTicket"]):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_whole_brand else self.filter(store__in=user.store_ids)

    def waiting(self) -> Self:
        return self.filter(state=QueueTicket.State.WAITING)

    def opening(self, token: str) -> Self:
        """The ticket of a link, on its own day; wrong and old ones look the same: nothing."""
        if not 20 <= len(token) <= 64:
            return self.none()
        return self.filter(digest=digest_of(token), day=timezone.localdate())


class QueueTicket(models.Model):
    """A place in the line. Moves: waiting → called → served; waiting or called → left."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CALLED = "called", _("Called")
        SERVED = "served", _("Served")
        LEFT = "left", _("Has left")

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    number = models.PositiveIntegerField()
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="queue_tickets")
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    called_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    called_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    key = models.UUIDField(unique=True)
    digest = models.BinaryField(max_length=32, unique=True)

    objects = QueueTicketQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("number in the line"), _("numbers in the line")
        constraints = [
            models.UniqueConstraint(fields=["store", "day", "number"], name="queue_number_once"),
            models.CheckConstraint(condition=~Q(state="called") | Q(called_at__isnull=False), name="queue_called_when"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    @classmethod
    @transaction.atomic
    def take(
        cls, store: Store, *, by: User | None, key: uuid.UUID, customer: Customer | None = None
    ) -> "tuple[QueueTicket, str]":
        """The next number of today and the token of its page, readable this once; the same key again has no token."""
        day = timezone.localdate()
        number = QueueDay.next_number(store, day)  # waits for whoever takes one in this store
        if (known := cls.objects.filter(key=key).first()) is not None:
            if known.store_id != store.pk:
                raise TransitionRefused(gettext("Somebody has dealt with this number already."))
            transaction.set_rollback(True)
            return known, ""
        token = secrets.token_urlsafe(24)
        ticket = cls.objects.create(
            store=store, day=day, number=number, customer=customer, made_by=by, key=key, digest=digest_of(token)
        )
        nudge(f"store.{store.pk}", "queue")
        return ticket, token

    @classmethod
    @transaction.atomic
    def call_next(cls, store: Store, *, by: User) -> "QueueTicket":
        """The lowest number that waits; two who call at once get two. Raises TransitionRefused for an empty line."""
        today = cls.objects.waiting().filter(store=store, day=timezone.localdate())
        ticket = today.select_for_update(skip_locked=True, of=("self",)).order_by("number").first()
        if ticket is None:
            raise TransitionRefused(gettext("Nobody is waiting."))
        ticket._move([cls.State.WAITING], cls.State.CALLED, called_at=timezone.now(), called_by=by)
        return ticket

    @transaction.atomic
    def serve(self, *, by: User) -> None:
        """Raises TransitionRefused for a number that was not called, or a second time."""
        self._move([self.State.CALLED], self.State.SERVED, ended_at=timezone.now())

    @transaction.atomic
    def leave(self, *, by: User | None) -> None:
        """They do not wait any longer. Raises TransitionRefused when it is over."""
        self._move([self.State.WAITING, self.State.CALLED], self.State.LEFT, ended_at=timezone.now())

    @property
    def ahead(self) -> int:
        """How many wait before this one, counted now."""
        line = QueueTicket.objects.waiting().filter(store=self.store_id, day=self.day, number__lt=self.number)
        return line.count()

    def _move(self, start: list["QueueTicket.State"], end: "QueueTicket.State", **sets: object) -> None:
        if not QueueTicket.objects.filter(pk=self.pk, state__in=start).update(state=end, **sets):
            raise TransitionRefused(gettext("Somebody has dealt with this number already."))
        self.state = end
        nudge(f"store.{self.store_id}", "queue")


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
