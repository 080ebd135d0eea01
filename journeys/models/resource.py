"""What can be reserved: an expert, a slot, a room, a partner; each place of it once at any moment."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.entitlement import EntitlementUse
from journeys.models.outlook import WORDS
from journeys.models.package import HeldPackage
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words, WordsField
from staff.models import Calendar, Store, User
from staff.working_time import worked_between

LONGEST, FARTHEST = timedelta(days=14), timedelta(days=366)
MOST_PLACES = 99
SERVED = frozenset({"slot", "advisor", "service"})  # kinds of benefits that may take a place


class ResourceQuerySet(models.QuerySet["Resource"]):
    def in_use(self) -> Self:
        return self.filter(retired_at=None)

    def retired(self) -> Self:
        return self.exclude(retired_at=None)

    def visible_to(self, user: User) -> Self:
        """Those of the reader's stores and those of the whole brand."""
        return self if user.sees_whole_brand else self.filter(Q(store=None) | Q(store__in=user.store_ids))


class Resource(models.Model):
    """Something with so many places, open by a calendar, that somebody answers for."""

    class Kind(models.TextChoices):
        EXPERT = "expert", _("Expert")
        DELIVERY = "delivery", _("Delivery slot")
        ROOM = "room", _("Room")
        PARTNER = "partner", _("Partner")
        DEVICE = "device", _("Device to lend")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    kind = models.CharField(max_length=8, choices=Kind)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="resources")
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    capacity = models.PositiveSmallIntegerField(default=1)
    retired_at = models.DateTimeField(null=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("resource"), _("resources")
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gte=1, capacity__lte=MOST_PLACES), name="resource_has_places"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def hours(self) -> Calendar | None:
        """Its own calendar, else the opening hours of its store; without both it is always open."""
        return self.calendar or (self.store.calendar if self.store else None)

    @property
    def zone(self) -> ZoneInfo:
        hours = self.hours
        name = hours.zone if hours else self.store.zone if self.store else timezone.get_default_timezone_name()
        return ZoneInfo(name)

    @transaction.atomic
    def reserve(
        self, start: datetime, end: datetime, *, by: User | None, key: str, customer: Customer | None = None,
        held: HeldPackage | None = None, line: str = "", note: str = "",
    ) -> "Reservation":  # fmt: skip
        """Take the first free place; the same key again is the same reservation.

        With a benefit of a package one use of it is counted. Raises TransitionRefused when nothing is free then.
        """
        # In one zone Python compares and subtracts wall clocks: around a change of clocks an hour would be lost.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        own = Resource.objects.select_for_update(of=("self",), no_key=True).select_related(
            "store__calendar", "calendar"
        )
        row = own.get(pk=self.pk)
        before = Reservation.objects.filter(key=key).first()
        if before is not None:
            sent = (before.resource_id, before.starts_at, before.ends_at, before.customer_id, before.released_at)
            if sent != (row.pk, start, end, customer.pk if customer else None, None):
                raise TransitionRefused(gettext("This was sent for something else. Look again."))
            return before
        row.check_span(start, end)
        note = " ".join(note.split())[:WORDS]
        if customer is None and not note:
            raise TransitionRefused(gettext("Say for whom, or in a few words what for."))
        if customer is not None:
            customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
            if customer.merged_into_id or customer.erased_at:
                raise TransitionRefused(gettext("This customer's record is closed."))
        taken = set(
            Reservation.objects.standing().between(start, end).filter(resource=row).values_list("unit", flat=True)
        )
        unit = next((number for number in range(1, row.capacity + 1) if number not in taken), None)
        if unit is None:
            raise TransitionRefused(gettext("Nothing is free at this time."))
        try:
            with transaction.atomic():
                made = Reservation.objects.create(
                    resource=row, unit=unit, customer=customer, starts_at=start, ends_at=end, held=held, line=line,
                    by=by, note=note, key=key,
                )  # fmt: skip
        except IntegrityError as error:
            raise TransitionRefused(gettext("Nothing is free at this time.")) from error
        if held is not None:
            made.use_benefit()
        if customer is not None:
            customer.record("resource.reserved", by=by, name=row.name, when=row.local(start))
        return made

    def moment(self, day: date, hour: time) -> datetime:
        """A wall time where it is; of an hour that comes twice the first. Raises TransitionRefused for a skip."""
        wall = datetime.combine(day, hour)
        try:
            found = wall.replace(tzinfo=self.zone).astimezone(UTC)
            there = found.astimezone(self.zone).replace(tzinfo=None)
        except OverflowError as error:
            raise TransitionRefused(gettext("Two weeks at most, and within a year.")) from error
        if there != wall:
            raise TransitionRefused(gettext("The clocks go forward that day: there is no %(time)s.") % {
                "time": f"{hour:%H:%M}"})  # fmt: skip
        return found

    def check_span(self, start: datetime, end: datetime) -> None:
        """Raises TransitionRefused for a stretch that is past, upside down, endless or outside the hours; in UTC."""
        now = timezone.now()
        if self.retired_at is not None:
            raise TransitionRefused(gettext("This is not on offer any more."))
        if start < now:
            raise TransitionRefused(gettext("This time is past."))
        if end <= start:
            raise TransitionRefused(gettext("It ends before it begins."))
        if end - start > LONGEST or end > now + FARTHEST:
            raise TransitionRefused(gettext("Two weeks at most, and within a year."))
        hours = self.hours
        if hours is not None and worked_between(hours, start, end) < (end - start).total_seconds():
            raise TransitionRefused(gettext("Outside its opening hours."))

    def local(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def standing(self) -> Self:
        return self.filter(released_at=None)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def visible_to(self, user: User) -> Self:
        """Those of customers one sees; those for the house go with their resource."""
        return self.filter(
            Exists(Resource.objects.visible_to(user).filter(pk=OuterRef("resource"))),
            Q(customer=None) | Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))),
        )


def _one(name: str) -> Func:
    return Func(F(name), F(name), Value("[]"), function="int8range")


class Reservation(models.Model):
    """One place of a resource for one stretch of time; released it stays as a fact and holds nothing."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    unit = models.PositiveSmallIntegerField()
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    came_as = models.BigIntegerField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    held = models.ForeignKey(HeldPackage, null=True, on_delete=models.SET_NULL, related_name="reservations")
    line = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=WORDS, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("reservation"), _("reservations")
        constraints = [
            # Ranges of one number instead of “=”: core PostgreSQL indexes them, no extension has to be installed.
            ExclusionConstraint(
                name="reservation_place_once",
                expressions=[
                    (_one("resource"), "&&"), (_one("unit"), "&&"),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange"), "&&"),
                ],
                condition=Q(released_at=None),
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="reservation_ends_after_start"),
            models.CheckConstraint(condition=Q(unit__gte=1), name="reservation_has_a_place"),
            models.CheckConstraint(condition=Q(held=None) | ~Q(line=""), name="reservation_names_its_benefit"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["resource", "starts_at"], name="reservation_week"),
            models.Index(fields=["customer", "-starts_at"], name="reservation_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.unit} {self.starts_at:%Y-%m-%d %H:%M}"

    def use_benefit(self) -> None:
        """Count one use of the benefit this serves."""
        held = self.held
        if held is None or held.customer_id != self.customer_id:
            raise TransitionRefused(gettext("This benefit is not the customer's."))
        benefit = held.version.line(self.line)
        if benefit is None or benefit["kind"] not in SERVED:
            raise TransitionRefused(gettext("This benefit takes no place."))
        EntitlementUse.use(held, self.line, by=self.by, key=f"place{self.pk}", note=str(Words(self.resource.name)))

    @transaction.atomic
    def release(self, *, by: User) -> None:
        """Free again at once, the benefit with it. Raises TransitionRefused for what is over or released."""
        now = timezone.now()
        open_ones = Reservation.objects.standing().filter(pk=self.pk, ends_at__gt=now)
        if not open_ones.update(released_at=now, released_by=by):
            raise TransitionRefused(gettext("It is over, or released already."))
        EntitlementUse.objects.standing().filter(key=f"place{self.pk}").update(taken_back_at=now)
        if self.customer is not None:
            self.customer.record("resource.released", by=by, name=self.resource.name,
                                 when=self.resource.local(self.starts_at))  # fmt: skip
