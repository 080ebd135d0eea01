"""What the shop floor and its lead look at today."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, Sum
from django.utils import timezone

from commerce.models import Order
from staff.models import Store, User
from touchpoints.models import Handover, QueueDay, QueueTicket, Visit


def open_visits(store: Store, *, first: User) -> list[Visit]:
    """Who is in the store now: handed over to one, one's own, then the rest; the longest waiting first."""
    handed = Prefetch("handovers", Handover.objects.select_related("handed_by").order_by("-pk"), to_attr="handed")
    visits: list[Any] = list(
        Visit.objects.filter(store=store, left_at=None)
        .select_related("customer", "received_by")
        .prefetch_related(handed)
        .order_by("arrived_at")[:12]
    )
    for visit in visits:
        last = next(iter(visit.handed), None)
        visit.passed_on = last if last and last.handed_to_id == first.pk == visit.received_by_id else None
    visits.sort(key=lambda visit: (visit.passed_on is None, visit.received_by_id != first.pk))
    return visits


def just_seen(user: User, store: Store) -> list[Visit]:
    """The last four different customers this person received here."""
    since = timezone.now() - timedelta(days=14)
    visits = (
        Visit.objects.filter(store=store, received_by=user, arrived_at__gte=since, mistaken=False)
        .exclude(left_at=None)
        .select_related("customer")
        .order_by("-arrived_at")[:20]
    )
    seen: dict[int, Visit] = {}
    for visit in visits:
        seen.setdefault(visit.customer_id, visit)
    return list(seen.values())[:4]


@dataclass(frozen=True)
class TeamDay:
    """One store's day: who received how many, and what was sold on each of the last fourteen days."""

    people: list[dict[str, Any]]
    open_now: int
    received: int
    days: list[dict[str, Any]]

    @property
    def today(self) -> dict[str, Any]:
        return self.days[-1]


def team_day(stores: list[int], *, on: date) -> TeamDay:
    begin = timezone.make_aware(datetime.combine(on, time()))
    people: list[Any] = list(
        Visit.objects.filter(store__in=stores, arrived_at__gte=begin, mistaken=False)
        .values("received_by")
        .annotate(visits=Count("pk"), still=Count("pk", filter=Q(left_at=None)))
        .order_by("-visits")
    )
    first = on - timedelta(days=13)
    sold = {
        row["business_date"]: row
        for row in Order.objects.filter(store__in=stores, business_date__range=(first, on), state="paid")
        .values("business_date")
        .annotate(orders=Count("pk"), total=Sum("base_total"))
    }
    days = []
    for step in range(14):
        day = first + timedelta(days=step)
        row: Any = sold.get(day, {})
        days.append({"day": day, "orders": row.get("orders", 0), "total": row.get("total", 0)})
    return TeamDay(
        people, sum(row["still"] for row in people), sum(row["visits"] for row in people), days
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """The line of a store today: who waits, who was called and is not served yet, and the next number."""

    waiting: list[QueueTicket]
    called: list[QueueTicket]
    more: int
    next_number: int


def line_of(store: Store, *, most: int = 60) -> Line:
    today = timezone.localdate()
    tickets = QueueTicket.objects.filter(store=store, day=today).select_related("customer", "called_by")
    waiting = list(tickets.waiting().order_by("number")[:most])
    called = list(tickets.filter(state=QueueTicket.State.CALLED).order_by("-called_at")[:12])
    last = QueueDay.objects.filter(store=store, day=today).values_list("last", flat=True).first() or 0
    more = tickets.waiting().count() - len(waiting) if len(waiting) == most else 0
    return Line(waiting, called, more, last + 1)


def pace_of(store_id: int) -> int | None:
    """Minutes from one call to the next over the last two hours; None with fewer than four calls: no guess then."""
    since = timezone.now() - timedelta(hours=2)
    calls: list[Any] = list(
        QueueTicket.objects.filter(store=store_id, day=timezone.localdate(), called_at__gte=since)
        .order_by("-called_at").values_list("called_at", flat=True)[:13]
    )  # fmt: skip
    if len(calls) < 4:
        return None
    return max(1, round((calls[0] - calls[-1]).total_seconds() / 60 / (len(calls) - 1)))
