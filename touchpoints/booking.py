"""What can be booked: the kinds a store offers, a week of days, the times of one day and what is left of each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerLink
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User, audit
from touchpoints.models import Appointment, AppointmentKind, Capacity, Slot, Waiting

PURPOSE = "book"
LINK_DAYS, DAYS = 30, 7


@dataclass(frozen=True)
class Time:
    """One beginning, in the store's own zone."""

    starts_at: datetime
    left: int

    @property
    def clock(self) -> str:
        return f"{self.starts_at:%H:%M}"

    @property
    def code(self) -> str:
        return self.starts_at.isoformat()


@dataclass(frozen=True)
class Day:
    day: date
    times: list[Time]

    @property
    def left(self) -> int:
        return sum(time.left for time in self.times)

    @property
    def weekday(self) -> str:
        if self.day == timezone.localdate():
            return _("today")
        names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
        return names[self.day.weekday()]


@dataclass(frozen=True)
class Offer:
    """Everything the page of a booking needs: kinds, the chosen one, its days, the chosen day."""

    store: Store
    kinds: list[AppointmentKind]
    kind: AppointmentKind | None
    days: list[Day]
    day: Day | None


def offer_of(store: Store, *, kind: str = "", day: str = "") -> Offer:
    """A week of one kind; the first kind and the first day with a place where nothing valid was chosen."""
    rows = Capacity.objects.filter(store=store, kind__used=True).select_related("kind", "store__calendar")
    rows = rows.prefetch_related("store__calendar__hours", "store__calendar__days").order_by(
        "kind__place", "kind__code"
    )
    capacities = list(rows)
    kinds = [row.kind for row in capacities]
    chosen = next((row for row in capacities if row.kind.code == kind), capacities[0] if capacities else None)
    if chosen is None:
        return Offer(store, kinds, None, [], None)
    days = _week(chosen)
    wanted = next((one for one in days if one.day.isoformat() == day), None)
    return Offer(store, kinds, chosen.kind, days, wanted or next((one for one in days if one.left), days[0]))


def _week(capacity: Capacity) -> list[Day]:
    calendar = capacity.store.calendar
    zone, now = ZoneInfo(calendar.zone if calendar else capacity.store.zone), timezone.now()
    first = now.astimezone(zone).date()
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    slots = Slot.objects.filter(
        store=capacity.store_id, kind=capacity.kind_id, starts_at__range=(begin, begin + timedelta(days=DAYS))
    )
    taken = {slot.starts_at: slot.taken for slot in slots}
    return [
        Day(day, [
            Time(at, max(capacity.at_once - taken.get(at, 0), 0)) for at in capacity.starts_on(day) if at > now
        ])
        for day in (first + timedelta(days=step) for step in range(DAYS))
    ]  # fmt: skip


def booked_by(customer: Customer) -> list[Appointment]:
    """What is ahead of a customer, the next first."""
    rows = Appointment.objects.booked().filter(customer=customer, starts_at__gte=timezone.now() - timedelta(hours=12))
    return list(rows.select_related("kind", "store", "slot").order_by("starts_at")[:12])


def waits_of(customer: Customer) -> list[Waiting]:
    """For which times they wait, and which place is held for them."""
    open_states = (Waiting.State.WAITING, Waiting.State.OFFERED)
    rows = Waiting.objects.filter(customer=customer, state__in=open_states, slot__starts_at__gt=timezone.now())
    return list(rows.select_related("slot__kind", "slot__store").order_by("slot__starts_at")[:12])


def make_link(customer: Customer, *, by: User | None) -> str:
    """The token of a link to the customer's booking page, readable this once."""
    _link, token = CustomerLink.make(customer, purpose=PURPOSE, until=timezone.now() + timedelta(days=LINK_DAYS), by=by)
    audit("booking.link_made", by=by, of=customer)
    return token


def moment_of(text: str) -> datetime | None:
    """A moment as the page wrote it; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def let_offers_lapse() -> int:
    """Pass on the places nobody answered for in time; how many."""
    over = Waiting.objects.filter(state=Waiting.State.OFFERED, offer_until__lte=timezone.now())
    passed = 0
    for waiting in over.select_related("slot")[:500]:
        try:
            waiting.lapse()
        except TransitionRefused:
            continue  # answered at this moment
        passed += 1
    return passed
