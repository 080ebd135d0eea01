"""Time kept for a customer: what is offered where, how many at once, who comes when, and who waits for a place."""

import uuid
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import Store, User
from touchpoints.models.visit import Visit

FARTHEST = timedelta(days=28)
HELD_FOR = timedelta(hours=2)
LATE_AFTER = timedelta(minutes=15)


class AppointmentKind(models.Model):
    """What one can come for: a trial, a private viewing, the VIP room, a visit at the door."""

    class Where(models.TextChoices):
        STORE = "store", _("In the store")
        DOORSTEP = "doorstep", _("At the customer's door")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=30)
    where = models.CharField(_("where"), max_length=8, choices=Where, default=Where.STORE)
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("kind of appointment"), _("kinds of appointments")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__range=(5, 480)), name="appointment_kind_minutes"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Capacity(models.Model):
    """That a store offers a kind, and for how many at once."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="capacities", db_index=False)
    kind = models.ForeignKey(AppointmentKind, on_delete=models.CASCADE, related_name="capacities")
    at_once = models.PositiveSmallIntegerField(_("at once"), default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("capacity"), _("capacities")
        constraints = [models.UniqueConstraint(fields=["store", "kind"], name="capacity_once")]

    def __str__(self) -> str:
        return f"{self.kind_id} at {self.store_id}: {self.at_once}"

    def starts_on(self, day: date) -> list[datetime]:
        """When one can come on a day, by the store's opening hours; a visit ends before the doors close."""
        calendar = self.store.calendar
        if calendar is None:
            return []
        zone, long = ZoneInfo(calendar.zone), timedelta(minutes=self.kind.minutes)
        starts = []
        for opens, closes in calendar.shifts_on(day):
            at, end = (datetime.combine(day, moment, zone) for moment in (opens, closes))
            while at + long <= end:
                starts.append(at)
                at += long
        return starts


class Slot(models.Model):
    """One beginning of one kind in one store. No row is ever over its capacity: the table refuses it."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.ForeignKey(AppointmentKind, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("slot"), _("slots")
        constraints = [
            models.UniqueConstraint(fields=["store", "kind", "starts_at"], name="slot_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="slot_never_over"),
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.starts_at}: {self.taken}/{self.capacity}"

    @classmethod
    def at(cls, store: Store, kind: AppointmentKind, starts_at: datetime) -> "Slot":
        """The slot of this moment, made when nobody has asked for it before.

        Raises TransitionRefused when the store does not offer the kind then, or the moment is past.
        """
        offered = Capacity.objects.select_related("store__calendar", "kind").filter(store=store, kind=kind).first()
        now = timezone.now()
        if offered is None or not kind.used or not now < starts_at < now + FARTHEST:
            raise TransitionRefused(gettext("This time is not offered: choose another."))
        zone = ZoneInfo(offered.store.calendar.zone if offered.store.calendar else offered.store.zone)
        if starts_at not in offered.starts_on(starts_at.astimezone(zone).date()):
            raise TransitionRefused(gettext("This time is not offered: choose another."))
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into touchpoints_slot (store_id, kind_id, starts_at, capacity, taken) "
                "values (%s, %s, %s, %s, 0) on conflict (store_id, kind_id, starts_at) do update "
                "set capacity = greatest(excluded.capacity, touchpoints_slot.taken) returning id",
                [store.pk, kind.pk, starts_at, offered.at_once],
            )
            return cls.objects.get(pk=cursor.fetchone()[0])

    def take_place(self) -> None:
        """One conditional UPDATE: of twenty who want the last place, one gets it. Raises TransitionRefused."""
        if not Slot.objects.filter(pk=self.pk, taken__lt=F("capacity")).update(taken=F("taken") + 1):
            raise TransitionRefused(gettext("This time has just been taken: choose another, or wait for a place."))

    def give_back(self) -> None:
        """A place is free: it is held for the first who waits, else open to everybody."""
        held, now = Slot.objects.select_for_update().get(pk=self.pk), timezone.now()
        if held.starts_at > now:
            for one in Waiting.objects.filter(slot=self, state=Waiting.State.WAITING).order_by("made_at", "pk"):
                if one._offer(until=min(now + HELD_FOR, held.starts_at)):
                    return
        Slot.objects.filter(pk=self.pk).update(taken=F("taken") - 1)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> Self:
        """Those in one's stores, and those of customers one may see."""
        if user.sees_whole_brand:
            return self
        seen = Customer.objects.visible_to(user).filter(pk=models.OuterRef("customer"))
        return self.filter(Q(store__in=user.store_ids) | models.Exists(seen))

    def booked(self) -> Self:
        return self.filter(state=Appointment.State.BOOKED)


class Appointment(models.Model):
    """A customer comes at a time. Moves: booked → arrived, cancelled, moved (to another row) or missed."""

    class State(models.TextChoices):
        BOOKED = "booked", _("Booked")
        ARRIVED = "arrived", _("Has come")
        CANCELLED = "cancelled", _("Cancelled")
        MOVED = "moved", _("Moved")
        MISSED = "missed", _("Did not come")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="appointments", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="appointments")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.ForeignKey(AppointmentKind, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.BOOKED)
    prepare = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    moved_from = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="moved_to")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.UUIDField(unique=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("appointment"), _("appointments")
        indexes = [
            models.Index(fields=["store", "starts_at"], name="appointment_store"),
            models.Index(fields=["customer", "-starts_at"], name="appointment_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="booked", ended_at=None) | (~Q(state="booked") & Q(ended_at__isnull=False)),
                name="appointment_ended_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.starts_at}"

    @property
    def is_late(self) -> bool:
        return self.state == self.State.BOOKED and self.starts_at + LATE_AFTER < timezone.now()

    @classmethod
    @transaction.atomic
    def book(
        cls, customer: Customer, kind: AppointmentKind, *, store: Store, starts_at: datetime, by: User | None,
        key: uuid.UUID, prepare: str = "",
    ) -> "Appointment":  # fmt: skip
        """Keep a place. The same key again is the same appointment.

        Raises TransitionRefused when the time is full or not offered, the customer has it already, or a closed record.
        """
        _hold(customer)
        if (known := cls.objects.filter(customer=customer, key=key).first()) is not None:
            return known
        slot = Slot.at(store, kind, starts_at)
        cls._refuse_a_second(customer, slot)
        slot.take_place()
        return cls._write(customer, slot, by=by, key=key, prepare=prepare)

    @transaction.atomic
    def cancel(self, *, by: User | None) -> None:
        """No reason is asked for. Raises TransitionRefused when it is over or was cancelled."""
        self._end(self.State.CANCELLED, by=by)
        self._tell("appointment.cancelled", by=by)
        self.slot.give_back()

    @transaction.atomic
    def move_to(
        self, starts_at: datetime, *, store: Store, by: User | None, key: uuid.UUID, kind: AppointmentKind | None = None
    ) -> "Appointment":
        """Another time: both change or neither. Raises TransitionRefused as booking and cancelling do."""
        _hold(self.customer)
        if (known := Appointment.objects.filter(customer=self.customer, key=key).first()) is not None:
            return known
        slot = Slot.at(store, kind or self.kind, starts_at)
        # In the order of ids, or two who change places could wait for each other.
        list(Slot.objects.select_for_update().filter(pk__in=[slot.pk, self.slot_id]).order_by("pk"))
        self._end(self.State.MOVED, by=by)
        self._refuse_a_second(self.customer, slot)
        slot.take_place()
        made = self._write(self.customer, slot, by=by, key=key, prepare=self.prepare, moved_from=self)
        self.slot.give_back()
        return made

    @transaction.atomic
    def miss(self, *, by: User) -> None:
        """They did not come. Raises TransitionRefused before a quarter of an hour has passed, or when it is over."""
        if not self.is_late:
            raise TransitionRefused(gettext("Wait a quarter of an hour before you note that nobody came."))
        self._end(self.State.MISSED, by=by)
        self._tell("appointment.missed", by=by)

    @transaction.atomic
    def come(self, *, by: User, visit: Visit) -> None:
        """They are here. Raises TransitionRefused when it is over or somebody noted it before."""
        self._end(self.State.ARRIVED, by=by, visit=visit)
        self._tell("appointment.kept", by=by)

    @classmethod
    def _refuse_a_second(cls, customer: Customer, slot: Slot) -> None:
        # The customer's row is locked: no second booking of theirs runs beside this one.
        if cls.objects.booked().filter(customer=customer, slot=slot).exists():
            raise TransitionRefused(gettext("This time is booked for this customer already."))

    @classmethod
    def _write(
        cls, customer: Customer, slot: Slot, *, by: User | None, key: uuid.UUID, prepare: str,
        moved_from: "Appointment | None" = None,
    ) -> "Appointment":  # fmt: skip
        made = cls.objects.create(
            customer=customer, slot=slot, store_id=slot.store_id, kind_id=slot.kind_id, starts_at=slot.starts_at,
            prepare=" ".join(prepare.split())[:300], made_by=by, key=key, moved_from=moved_from,
        )  # fmt: skip
        made._tell("appointment.moved" if moved_from else "appointment.booked", by=by)
        return made

    def _end(self, state: "Appointment.State", *, by: User | None, visit: Visit | None = None) -> None:
        now = timezone.now()
        standing = Appointment.objects.booked().filter(pk=self.pk)
        if not standing.update(state=state, ended_at=now, ended_by=by, visit=visit):
            raise TransitionRefused(gettext("This appointment is not open any more."))
        self.state, self.ended_at, self.ended_by, self.visit = state, now, by, visit

    def _tell(self, kind: str, *, by: User | None) -> None:
        self.customer.record(
            kind, by=by, channel="store" if by else "", store=self.store_id, appointment=self.pk,
            what=dict(self.kind.name), starts=self.starts_at.isoformat(),
        )  # fmt: skip
        nudge(f"store.{self.store_id}", "appointments")


class Waiting(models.Model):
    """Somebody waits for a place at a full time.

    Moves: waiting → offered (a place is held, once) → taken or lapsed; waiting or offered → left.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("A place is held")
        TAKEN = "taken", _("Taken")
        LAPSED = "lapsed", _("Not answered in time")
        LEFT = "left", _("Gave it up")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="waitings")
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="waitings")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    offered_at = models.DateTimeField(null=True)
    offer_until = models.DateTimeField(null=True)
    appointment = models.OneToOneField(Appointment, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("place on the waiting list"), _("places on the waiting list")
        indexes = [models.Index(fields=["offer_until"], name="waiting_offered", condition=Q(state="offered"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(offer_until__isnull=False), name="waiting_offer_has_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.state}"

    @classmethod
    @transaction.atomic
    def join(cls, customer: Customer, kind: AppointmentKind, *, store: Store, starts_at: datetime) -> "Waiting":
        """Once per time. Raises TransitionRefused when a place is free, or for a closed record."""
        _hold(customer)
        slot = Slot.at(store, kind, starts_at)
        held = Slot.objects.select_for_update().get(pk=slot.pk)
        if held.taken < held.capacity:
            raise TransitionRefused(gettext("There is a place by now: book it."))
        Appointment._refuse_a_second(customer, slot)
        standing = cls.objects.filter(customer=customer, slot=slot, state__in=[cls.State.WAITING, cls.State.OFFERED])
        if (known := standing.first()) is not None:
            return known
        made = cls.objects.create(customer=customer, slot=slot)
        made._tell("appointment.waited_for")
        return made

    @transaction.atomic
    def accept(self, *, by: User | None = None, key: uuid.UUID) -> Appointment:
        """Take the place that is held. Raises TransitionRefused when the time to answer is over, or a second time."""
        _hold(self.customer)
        held = Waiting.objects.filter(pk=self.pk, state=self.State.OFFERED, offer_until__gt=timezone.now())
        if not held.update(state=self.State.TAKEN):
            raise TransitionRefused(gettext("This place is not held any more."))
        Appointment._refuse_a_second(self.customer, self.slot)
        made = Appointment._write(self.customer, self.slot, by=by, key=key, prepare="")
        Waiting.objects.filter(pk=self.pk).update(appointment=made)
        return made

    @transaction.atomic
    def leave(self) -> None:
        """Not interested any more; a held place goes to the next. Raises TransitionRefused when it is over."""
        if Waiting.objects.filter(pk=self.pk, state=self.State.WAITING).update(state=self.State.LEFT):
            return
        self._pass_on(Waiting.objects.filter(pk=self.pk, state=self.State.OFFERED), self.State.LEFT)

    @transaction.atomic
    def lapse(self) -> None:
        """Nobody answered in time. Raises TransitionRefused when somebody did, or it was passed on before."""
        over = Waiting.objects.filter(pk=self.pk, state=self.State.OFFERED, offer_until__lte=timezone.now())
        self._pass_on(over, self.State.LAPSED)

    def _pass_on(self, standing: "models.QuerySet[Waiting]", end: "Waiting.State") -> None:
        if not standing.update(state=end):
            raise TransitionRefused(gettext("This place is not held any more."))
        self.slot.give_back()

    def _offer(self, *, until: datetime) -> bool:
        """Called with the slot locked: nobody else offers this place. False for one who has left meanwhile."""
        waits = Waiting.objects.filter(pk=self.pk, state=self.State.WAITING)
        if not waits.update(state=self.State.OFFERED, offered_at=timezone.now(), offer_until=until):
            return False
        self._tell("appointment.offered")
        return True

    def _tell(self, kind: str) -> None:
        self.customer.record(
            kind, store=self.slot.store_id, waiting=self.pk, what=dict(self.slot.kind.name),
            starts=self.slot.starts_at.isoformat(),
        )  # fmt: skip


def _hold(customer: Customer) -> None:
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if held.merged_into_id or held.erased_at:
        raise TransitionRefused(gettext("This customer's record is closed."))
