"""Resources and content as their pages show them: today's free places, a week, a customer's own."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format

from customers.models import Customer, Scene
from journeys.models import Content, ContentUse, HeldPackage, Reservation, Resource
from journeys.models.resource import SERVED
from scrm.kernel.keyset import Page, page_of
from staff.models import User

RETIRED = "retired"  # beside the kinds of the list


def listed(user: User, *, kind: str, cursor: str | None) -> Page[Resource]:
    """Those in use or, asked for, those that are not, each with places taken at this moment and reserved ahead."""
    now = timezone.now()
    rows = Resource.objects.visible_to(user).select_related("store__calendar", "calendar", "owner")
    rows = rows.retired() if kind == RETIRED else rows.in_use()
    rows = rows.filter(kind=kind) if kind in Resource.Kind.values else rows
    page = page_of(rows, order=["-id"], cursor=cursor)
    ahead = Reservation.objects.standing().filter(resource__in=page.rows, ends_at__gt=now).order_by()
    taken = Count("pk", filter=Q(starts_at__lte=now))
    counted = {row["resource"]: row for row in ahead.values("resource").annotate(ahead=Count("pk"), taken=taken)}
    for row in page.rows:
        found = counted.get(row.pk, {"ahead": 0, "taken": 0})
        row.ahead, row.free = found["ahead"], max(0, row.capacity - found["taken"])  # type: ignore[attr-defined]
    return page


def ahead(resource: Resource) -> dict[str, Any]:
    """How many reservations stand that are not over, and the day of the first, where it is."""
    rows = Reservation.objects.standing().filter(resource=resource, ends_at__gt=timezone.now())
    found = rows.aggregate(n=Count("pk"), first=Min("starts_at"))
    return {"n": found["n"], "first": found["first"] and found["first"].astimezone(resource.zone).date()}


def week(resource: Resource, user: User, monday: date) -> list[dict[str, Any]]:
    """Seven days: hours, and each reservation; of customers one does not see only the time is told."""
    zone, hours = resource.zone, resource.hours
    start = datetime.combine(monday, time(), zone)
    rows = list(
        Reservation.objects.standing().filter(resource=resource)
        .between(start, datetime.combine(monday + timedelta(days=7), time(), zone))
        .select_related("customer", "by").order_by("starts_at", "unit")[:500]
    )  # fmt: skip
    asked = {row.customer_id for row in rows if row.customer_id}
    seen = set(Customer.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
    days = []
    for number in range(7):
        day = monday + timedelta(days=number)
        begin, end = (datetime.combine(day + timedelta(days=more), time(), zone) for more in (0, 1))
        own = [_shown(row, zone, seen, begin) for row in rows if row.starts_at < end and row.ends_at > begin]
        shifts = hours.shifts_on(day) if hours else [(time(0), time(23, 59))]
        days.append({"day": day, "shifts": [f"{a:%H:%M}–{b:%H:%M}" for a, b in shifts], "rows": own,
                     "past": end <= timezone.now()})  # fmt: skip
    return days


def _shown(row: Reservation, zone: ZoneInfo, seen: set[int], begin: datetime) -> dict[str, Any]:
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    marks = [f"{one:%H:%M}" if one.date() == begin.date() else f"{date_format(one, 'm-d')} {one:%H:%M}"
             for one in (start, end)]  # fmt: skip
    hidden = bool(row.customer_id) and row.customer_id not in seen
    return {"row": row, "time": "–".join(marks), "hidden": hidden,
            "may_release": not hidden and row.ends_at > timezone.now()}  # fmt: skip


def monday_of(said: str, today: date) -> date:
    """The week somebody asked for; an odd or far day is this week."""
    try:
        day = date.fromisoformat(said) if said.isascii() else today
    except ValueError:
        day = today
    day = day if abs((day - today).days) < 800 else today
    return day - timedelta(days=day.weekday())


def benefits_of(customer: Customer) -> list[tuple[str, str]]:
    """What of the customer's packages may take a place: (holding and line, words)."""
    now = timezone.now()
    rows = HeldPackage.objects.standing().filter(Q(until=None) | Q(until__gt=now), customer=customer)
    return [(f"{row.pk}:{line['key']}", f"{row.package} · {line['says']}")
            for row in rows.select_related("version", "package") for line in row.version.shown
            if line["kind"] in SERVED]  # fmt: skip


def contents(*, scene: str, month: str, cursor: str | None) -> Page[Content]:
    """Pieces of a scene and month, each with how many it was sent to, opened by, and helped: counted from the rows."""
    rows = Content.objects.filter(retired_at=None).select_related("scene", "owner")
    if scene:
        rows = rows.filter(scene__code=scene)
    if month.isascii() and month.isdigit() and 1 <= int(month[:3]) <= 12:
        rows = rows.filter(Q(months__contains=[int(month)]) | Q(months=[]))
    page = page_of(rows, order=["-id"], cursor=cursor)
    steps = ContentUse.objects.filter(content__in=page.rows).order_by().values_list("content", "step")
    counted = {(piece, step): n for piece, step, n in steps.annotate(Count("customer", distinct=True))}
    for row in page.rows:
        row.counts = [counted.get((row.pk, step), 0) for step in ContentUse.Step]  # type: ignore[attr-defined]
    return page


def scenes() -> list[Scene]:
    return list(Scene.objects.filter(used=True))


def of_customer(customer: Customer, user: User) -> dict[str, Any]:
    """Her reservations ahead and the last ones, and what she was sent to read, with the step it came to."""
    rows = Reservation.objects.standing().visible_to(user).filter(customer=customer)
    near = list(rows.select_related("resource__store__calendar", "resource__calendar", "by").order_by("-starts_at")[:8])
    sent: dict[int, dict[str, Any]] = {}
    uses = ContentUse.objects.filter(customer=customer).select_related("content").order_by("-at", "-pk")[:60]
    for use in uses:
        one = sent.setdefault(use.content_id, {"content": use.content, "steps": set(), "at": use.at})
        one["steps"].add(use.step)
    may, now = user.may("resource.reserve"), timezone.now()
    offered: list[Content] = []
    if may:
        month = Q(months__contains=[timezone.localdate().month]) | Q(months=[])
        offered = list(Content.objects.filter(month, retired_at=None).exclude(pk__in=sent)[:40])
    shown = [{"row": row, "when": row.resource.local(row.starts_at), "open": row.ends_at > now} for row in near]
    return {
        "reservations": shown,
        "sent": list(sent.values())[:10],
        "offered": offered,
        "may": may,
        "once": uuid4().hex,
    }


def weeks_around(monday: date) -> dict[str, date]:
    return {"monday": monday, "sunday": monday + timedelta(days=6), "before": monday - timedelta(days=7),
            "after": monday + timedelta(days=7)}  # fmt: skip
