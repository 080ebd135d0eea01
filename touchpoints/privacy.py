"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from customers.privacy import Person
from scrm.kernel.registry import erasures, subject_parts
from touchpoints.models import Conversation, Inbox, Message, Outreach, Trial, Visit, Visitor

GONE = "erased:"


def forget(person: Person) -> None:
    """Visits stay as counts; what was said of a piece goes."""
    Trial.objects.filter(visit__customer__in=person.records).exclude(reason="").update(reason="")
    ids = person.records
    Visitor.objects.filter(conversation__customer__in=ids).delete()
    for model, key in ((Message, "source_ref"), (Conversation, "thread"), (Outreach, "key")):
        # That a contact was made is counted on; what names or quotes the person goes.
        model._default_manager.filter(customer__in=ids).update(**{key: Concat(Value(GONE), Cast("pk", CharField()))})
    Message.objects.filter(customer__in=ids).update(subject="", body="", values={}, note="", provider_ref="")
    Message.objects.filter(customer__in=ids, state="queued").update(state=Message.State.STOPPED)
    Outreach.objects.filter(customer__in=ids).update(values={})
    Outreach.objects.filter(customer__in=ids, state="held").update(state="cancelled", until=None)
    Inbox.objects.filter(customer__in=ids).update(
        body="", error="", source_ref=Concat(Value(GONE), Cast("pk", CharField()))
    )
    for mark in person.marks:
        # What waits or was given up is not linked to anybody yet.
        waiting = Inbox.objects.exclude(state="done").filter(body__icontains=mark)
        waiting.update(body="", error="", state=Inbox.State.DONE, processed_at=timezone.now(),
                       source_ref=Concat(Value(GONE), Cast("pk", CharField())))  # fmt: skip


def held(ids: list[int]) -> dict[str, Any]:
    visits = Visit.objects.filter(customer__in=ids).select_related("store").prefetch_related("trials")
    return {
        "visits": [
            {"store": str(row.store), "arrived_at": row.arrived_at, "left_at": row.left_at,
             "tried_on": [{"sku": one.sku, "result": one.result, "reason": one.reason} for one in row.trials.all()]}
            for row in visits.order_by("arrived_at")
        ],
        "messages": list(Message.objects.filter(customer__in=ids).order_by("at", "pk").values(
            "channel__way", "direction", "subject", "body", "at", "state")),
        "contacts": list(Outreach.objects.filter(customer__in=ids).order_by("planned_at").values(
            "scene__name", "way", "state", "reason", "planned_at", "values")),
    }  # fmt: skip


def register() -> None:
    erasures.add("touchpoints", forget)
    subject_parts.add("touchpoints", held)
