"""The call sheet of one client: memory first, then before, during and after, then what is considered."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from customers.models import Customer, Event, Task
from customers.panels import facts_of
from journeys.care import open_cases_of
from journeys.models import CareMark, CareScript, HealthWord, OpenInterest
from journeys.models.care import Reason
from journeys.models.health import week_of
from journeys.rhythms import kept_with, with_rhythm
from loyalty.models import LevelMembership
from staff.models import User
from touchpoints.models import Script
from touchpoints.models.channel import Way
from touchpoints.models.script import Wording

LOOK_BACK = timedelta(days=180)
LINES = 4
WEEKS = 8
RHYTHMS = (14, 30, 45, 60, 90, 180)  # days to choose from


@dataclass(frozen=True)
class Week:
    """One week's word, or that nobody said one."""

    monday: date
    word: HealthWord | None


def sheet_of(request: Any, customer: Customer, reason: Reason | None = None) -> dict[str, Any]:
    user: User = request.user
    facts, weeks = facts_of(request, customer), weeks_of(customer)
    interests = list(OpenInterest.objects.visible_to(user).filter(customer=customer).order_by("-began_at")[:12])
    tasks = Task.objects.open().visible_to(user).filter(customer=customer).order_by("due_on", "pk")
    held = LevelMembership.objects.filter(customer=customer, ended_on=None).select_related("level").order_by("-rank")
    level = held.first()
    kept = with_rhythm(Customer.objects.filter(pk=customer.pk)).only("joined_at").get()
    return {
        "customer": customer, "level": level.level if level else None,
        "safety": [fact for fact in facts if fact.concern == "safety"],
        "words": [fact for fact in facts if fact.concern == "words"][:2],
        "sizes": [fact for fact in facts if fact.concern == "sizes"][:3],
        "contact": [fact for fact in facts if fact.concern == "contact"][:2],
        "rhythm": kept_with(kept, timezone.localdate()), "rhythms": RHYTHMS, "script": script_of(customer, reason),
        "weeks": weeks, "word": weeks[-1].word, "health_words": HealthWord.Word.choices,
        **diary_of(customer), "cases": open_cases_of(user, customer), "tasks": list(tasks.select_related("owner")[:6]),
        "interests": [one for one in interests if one.is_open],
        "ended": [one for one in interests if not one.is_open][:3], "stages": OPEN_STAGES, "me": user.pk,
        "today": timezone.localdate(), "tomorrow": timezone.localdate() + timedelta(days=1),
    }  # fmt: skip


OPEN_STAGES = [choice for choice in OpenInterest.Stage.choices if choice[0] not in ("won", "lost")]


def script_of(customer: Customer, reason: Reason | None) -> Wording | None:
    """What may be said for this reason, in the customer's language: for the phone, else for every channel."""
    code = CareScript.objects.filter(reason=reason).values_list("script", flat=True) if reason else None
    script = Script.objects.offered().filter(code__in=code).prefetch_related("variants").first() if code else None
    return script.for_customer(customer, Way.PHONE) if script else None


def weeks_of(customer: Customer) -> list[Week]:
    """The last weeks, oldest first, this one last."""
    monday = week_of(timezone.localdate())
    since = monday - timedelta(days=7 * (WEEKS - 1))
    said = {word.week: word for word in HealthWord.objects.filter(customer=customer, week__gte=since)}
    days = [since + timedelta(days=7 * place) for place in range(WEEKS)]
    return [Week(day, said.get(day)) for day in days]


def diary_of(customer: Customer) -> dict[str, list[Event]]:
    """What was heard, looked at and tried before a purchase, and what went on around it; the latest first."""
    since = timezone.now() - LOOK_BACK
    rows = Event.objects.filter(customer=customer, at__gte=since).exclude(kind__startswith="care.")
    parts = [
        rows.filter(phase=phase).order_by("-at", "-pk")[:LINES] for phase in (Event.Phase.BEFORE, Event.Phase.DURING)
    ]
    found = list(parts[0].union(parts[1], all=True))
    return {
        "before": sorted((one for one in found if one.phase == "before"), key=lambda one: one.at, reverse=True),
        "during": sorted((one for one in found if one.phase == "during"), key=lambda one: one.at, reverse=True),
    }


def marked_today(customer: Customer, reason: str) -> CareMark | None:
    return CareMark.objects.filter(customer=customer, reason=reason, day=timezone.localdate()).first()
