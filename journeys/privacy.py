"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from customers.privacy import Person
from journeys.models import CareMark, HealthWord, OpenInterest
from scrm.kernel.registry import erasures, subject_parts


def forget(person: Person) -> None:
    """An advisor's words about a person go with them; that somebody was cared for on a day stays, without words."""
    OpenInterest.objects.filter(customer__in=person.records).delete()
    HealthWord.objects.filter(customer__in=person.records).delete()
    CareMark.objects.filter(customer__in=person.records, did=CareMark.Did.NOT_TODAY).delete()
    CareMark.objects.filter(customer__in=person.records).update(said="")


def held(ids: list[int]) -> dict[str, Any]:
    interests = OpenInterest.objects.filter(customer__in=ids).order_by("began_at")
    words = HealthWord.objects.filter(customer__in=ids).order_by("week")
    cares = CareMark.objects.filter(customer__in=ids).order_by("day", "pk")
    return {
        "interests": list(interests.values("what", "stage", "worth", "next_step", "next_on", "began_at", "lost_why")),
        "health_words": list(words.values("week", "word", "why")),
        "cares": list(cares.values("day", "reason", "did", "said")),
    }


def register() -> None:
    erasures.add("journeys", forget)
    subject_parts.add("journeys", held)
