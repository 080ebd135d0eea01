"""How this room lets go of a person, and what it holds about one: the ledger stays whole, words go."""

from typing import Any

from django.db import connection

from customers.privacy import Person
from loyalty.models import Coupon, LevelMembership, PointsEntry
from scrm.kernel.registry import erasures, subject_parts


def forget(person: Person) -> None:
    """Numbers stay, so that every sum still proves; words of an explanation and a reason go. Coupons end."""
    ids = person.records
    LevelMembership.objects.filter(customer__in=ids).exclude(reason="").update(reason="")
    Coupon.objects.filter(customer__in=ids, state__in=["issued", "frozen"]).update(state=Coupon.State.CANCELLED)
    with connection.cursor() as cursor:
        # The one change the ledger's guard lets through: a note is taken out of an explanation.
        cursor.execute(
            """update loyalty_pointsentry set explanation = explanation - 'note'
               where record = any(%s) and explanation ? 'note'""",
            [ids],
        )


def held(ids: list[int]) -> dict[str, Any]:
    entries = PointsEntry.objects.filter(record__in=ids).order_by("at", "pk")
    coupons = Coupon.objects.filter(customer__in=ids).select_related("template").order_by("pk")
    levels = LevelMembership.objects.filter(customer__in=ids).select_related("level").order_by("since", "pk")
    return {
        "points": list(entries.values("at", "kind", "delta", "balance_after", "reason", "source_ref", "explanation")),
        "coupons": [{"code": row.code, "what": str(row.template), "state": row.state, "given": row.issued_at,
                     "until": row.valid_until} for row in coupons],
        "levels": [{"level": str(row.level), "since": row.since, "until": row.ended_on, "why": row.reason}
                   for row in levels],
    }  # fmt: skip


def register() -> None:
    erasures.add("loyalty", forget)
    subject_parts.add("loyalty", held)
