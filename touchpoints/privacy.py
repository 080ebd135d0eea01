"""How this room lets go of a person, and what it holds about one."""

import base64
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from customers.privacy import Person
from scrm.kernel import sealed_files
from scrm.kernel.registry import erasures, subject_parts
from touchpoints.models import (
    Appointment,
    Attachment,
    Conversation,
    Handover,
    Inbox,
    LookBoard,
    Message,
    Outreach,
    PhoneCall,
    QueueTicket,
    Trial,
    Visit,
    Visitor,
    Waiting,
)

GONE = "erased:"
FILES_TOLD = 100 * 2**20  # bytes of files in one document


def forget(person: Person) -> None:
    """Visits stay as counts; what was said of a piece goes."""
    ids = person.records
    Visitor.objects.filter(conversation__customer__in=ids).delete()
    Attachment.forget(Attachment.objects.filter(customer__in=ids))
    for model, key in ((Message, "source_ref"), (Conversation, "thread"), (Outreach, "key")):
        # That a contact was made is counted on; what names or quotes the person goes.
        model._default_manager.filter(customer__in=ids).update(**{key: Concat(Value(GONE), Cast("pk", CharField()))})
    Conversation.objects.filter(customer__in=ids).update(route="")
    PhoneCall.objects.filter(customer__in=ids).update(told={})
    Message.objects.filter(customer__in=ids).update(subject="", body="", values={}, note="", provider_ref="")
    Message.objects.filter(customer__in=ids, state="queued").update(state=Message.State.STOPPED)
    Outreach.objects.filter(customer__in=ids).update(values={})
    Outreach.objects.filter(customer__in=ids, state="held").update(state="cancelled", until=None)
    Inbox.objects.filter(customer__in=ids).update(
        body="", error="", source_ref=Concat(Value(GONE), Cast("pk", CharField()))
    )
    for mark in person.marks:
        # What waits or was given up is not linked to anybody yet.
        loose = Inbox.objects.exclude(state="done").filter(body__icontains=mark)
        loose.update(body="", error="", state=Inbox.State.DONE, processed_at=timezone.now(),
                       source_ref=Concat(Value(GONE), Cast("pk", CharField())))  # fmt: skip
    Trial.objects.filter(visit__customer__in=ids).exclude(reason="").update(reason="")
    Handover.objects.filter(visit__customer__in=ids).update(note="…")
    # Pieces and links go with their board.
    LookBoard.objects.filter(customer__in=ids).delete()
    # Nobody is to expect who asked to be forgotten: what is ahead is open to others again.
    for waiting in Waiting.objects.filter(customer__in=ids, state__in=["waiting", "offered"]).select_related("slot"):
        waiting.leave()
    for appointment in Appointment.objects.booked().filter(customer__in=ids).select_related("customer", "slot", "kind"):
        appointment.cancel(by=None)
    Appointment.objects.filter(customer__in=ids).exclude(prepare="").update(prepare="")


def held(ids: list[int]) -> dict[str, Any]:
    visits = (
        Visit.objects.filter(customer__in=ids)
        .select_related("store")
        .prefetch_related("trials", "handovers", "match_answers__product")
    )
    appointments = Appointment.objects.filter(customer__in=ids).select_related("store", "kind").order_by("starts_at")
    waitings = Waiting.objects.filter(customer__in=ids).select_related("slot__store", "slot__kind").order_by("made_at")
    numbers = QueueTicket.objects.filter(customer__in=ids).select_related("store").order_by("made_at")
    return {
        "appointments": [
            {"store": str(row.store), "kind": str(row.kind), "starts_at": row.starts_at, "state": row.state,
             "prepare": row.prepare, "made_at": row.made_at}
            for row in appointments
        ],
        "waiting_for": [
            {"store": str(row.slot.store), "kind": str(row.slot.kind), "starts_at": row.slot.starts_at,
             "state": row.state, "made_at": row.made_at}
            for row in waitings
        ],
        "numbers_in_line": [
            {"store": str(row.store), "day": row.day, "number": row.number, "state": row.state} for row in numbers
        ],
        "visits": [
            {"store": str(row.store), "arrived_at": row.arrived_at, "left_at": row.left_at,
             "tried_on": [{"sku": one.sku, "size": one.size, "result": one.result, "why": one.why, "reason": one.reason}
                          for one in row.trials.all()],
             "handed_over": [{"at": one.handed_at, "note": one.note} for one in row.handovers.all()],
             "proposed": [{"piece": one.product.code, "said": one.said, "at": one.at}
                          for one in row.match_answers.all()]}
            for row in visits.order_by("arrived_at")
        ],
        "looks": [
            {"title": row.title, "note": row.note, "state": row.state, "made_at": row.made_at, "words": row.words,
             "pieces": [{"piece": one.product.code, "word": one.word, "said": one.said} for one in row.items.all()]}
            for row in LookBoard.objects.filter(customer__in=ids).prefetch_related("items__product").order_by("made_at")
        ],
        "messages": list(Message.objects.filter(customer__in=ids).order_by("at", "pk").values(
            "channel__way", "direction", "subject", "body", "at", "state")),
        "files": files_held(ids),
        "calls": list(PhoneCall.objects.filter(customer__in=ids).order_by("began_at").values(
            "direction", "state", "outcome", "talk_seconds", "began_at")),
        "contacts": list(Outreach.objects.filter(customer__in=ids).order_by("planned_at").values(
            "scene__name", "campaign", "way", "state", "reason", "planned_at", "values")),
    }  # fmt: skip


def files_held(ids: list[int]) -> list[dict[str, Any]]:
    """Each file with its content in base64, up to a sum: a person with more gets the others from their pages."""
    found, left = [], FILES_TOLD
    for one in Attachment.objects.filter(customer__in=ids).select_related("key").order_by("at", "pk"):
        told: dict[str, Any] = {"name": one.name, "kind": one.kind, "size": one.size, "at": one.at,
                                "from": "us" if one.by_id else "customer", "left_out": one.left_out}  # fmt: skip
        if not one.left_out and one.size <= left:
            left -= one.size
            try:
                told["content"] = base64.b64encode(b"".join(one.pieces())).decode()
            except sealed_files.Missing:
                told["left_out"] = "missing"
        found.append(told)
    return found


def register() -> None:
    erasures.add("touchpoints", forget)
    subject_parts.add("touchpoints", held)
