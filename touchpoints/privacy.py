"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from customers.privacy import Person
from scrm.kernel.registry import erasures, subject_parts
from touchpoints.models import Trial, Visit


def forget(person: Person) -> None:
    """Visits stay as counts; what was said of a piece goes."""
    Trial.objects.filter(visit__customer__in=person.records).exclude(reason="").update(reason="")


def held(ids: list[int]) -> dict[str, Any]:
    visits = Visit.objects.filter(customer__in=ids).select_related("store").prefetch_related("trials")
    return {
        "visits": [
            {"store": str(row.store), "arrived_at": row.arrived_at, "left_at": row.left_at,
             "tried_on": [{"sku": one.sku, "result": one.result, "reason": one.reason} for one in row.trials.all()]}
            for row in visits.order_by("arrived_at")
        ]
    }  # fmt: skip


def register() -> None:
    erasures.add("touchpoints", forget)
    subject_parts.add("touchpoints", held)
