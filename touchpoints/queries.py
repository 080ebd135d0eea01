"""What the shop floor and its lead look at today."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from commerce.models import Order
from staff.models import Store, User
from touchpoints.models import Visit


def open_visits(store: Store, *, first: User) -> list[Visit]:
    """Who is in the store now, one's own customers first, the longest waiting first."""
    visits = list(
        Visit.objects.filter(store=store, left_at=None)
        .select_related("customer", "received_by")
        .order_by("arrived_at")[:12]
    )
    visits.sort(key=lambda visit: visit.received_by_id != first.pk)
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
