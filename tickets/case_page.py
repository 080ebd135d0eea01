"""What the page of one case shows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from customers.panels import facts_of
from loyalty.models import LevelMembership
from staff.models import User
from tickets.models import CaseLink, Entry, EntryMention, Metric, NoteFile, PromiseClock, Ticket
from touchpoints.models import Attachment, Conversation, Message
from touchpoints.models.talk import REPLY_WITHIN

SHOWN = 60


@dataclass(frozen=True)
class Line:
    """One entry; `turn` names the channel when it changes here. Files with their addresses."""

    entry: Entry
    turn: str
    files: list[tuple[Attachment, str]] = field(default_factory=list)


def case_page(request: Any, ticket: Ticket) -> dict[str, Any]:
    user: User = request.user
    entries = lines_of(ticket, user)
    clocks = clocks_of(ticket)
    facts = facts_of(request, ticket.customer)
    return {
        "ticket": ticket, "customer": ticket.customer, "lines": entries,
        "seen": max((line.entry.pk for line in entries), default=0), "more": ticket.entries_count > SHOWN,
        "clocks": clocks,
        "visit_clock": any(clock.metric == Metric.ONSITE and clock.is_open for clock in clocks),
        "steps": (steps := list(ticket.steps.select_related("done_by"))),
        "next_step": next((step for step in steps if step.done_at is None and step.where != "after"), None),
        "steps_done": sum(step.done_at is not None for step in steps),
        "level": level_of(ticket), "handover": ticket.handovers.filter(returned_at=None).select_related(
            "store", "handed_by", "picked_by").first(),
        "safety": [fact for fact in facts if fact.concern == "safety"],
        "told": [fact for fact in facts if fact.concern != "safety"][:12],
        "manner": next((fact for fact in facts if fact.concern == "contact"), None),
        "links": links_of(ticket, user), "link_kinds": CaseLink.Kind.choices,
        "talks": talks_of(ticket), "may_work": user.may("cases.work"), "may_handle": user.may("cases.handle"),
        "points": ticket.points_now(), "is_mine": ticket.owner_id == user.pk, "in_hand": ticket.handler_id == user.pk,
    }  # fmt: skip


def lines_of(ticket: Ticket, reader: User) -> list[Line]:
    """The last words, oldest first. The floor reads what was said and done, its own notes and those that name it."""
    rows = Entry.objects.filter(ticket=ticket).read_by(reader).select_related("author", "message")
    with_files = Exists(NoteFile.objects.filter(entry=OuterRef("pk")))
    rows = rows.annotate(with_files=with_files | Exists(Attachment.objects.filter(message=OuterRef("message"))))
    shown = list(rows.order_by("-at", "-pk")[:SHOWN])[::-1]
    naming = [entry for entry in shown if entry.is_note and "@" in entry.body]
    prefetch_related_objects(naming, Prefetch("mentions", EntryMention.objects.select_related("user")))
    of_entry, of_message = _files_by(shown)
    found: list[Line] = []
    channel = ""
    for entry in shown:
        turn = entry.channel if entry.channel and entry.channel != channel else ""
        channel = entry.channel or channel
        files = of_entry.get(entry.pk, []) + of_message.get(entry.message_id or 0, [])
        found.append(Line(entry, turn, [(one, reverse("tickets:file", args=[ticket.number, one.pk])) for one in files]))
    return found


def _files_by(entries: list[Any]) -> tuple[dict[int, list[Attachment]], dict[int, list[Attachment]]]:
    """Files of notes by entry, files of messages by message. One query, none when there are none."""
    of_entry: dict[int, list[Attachment]] = {}
    of_message: dict[int, list[Attachment]] = {}
    having = [one for one in entries if one.with_files]
    ids, messages = [one.pk for one in having], [one.message_id for one in having if one.message_id]
    rows = Attachment.objects.filter(Q(message__in=messages) | Q(note_file__entry__in=ids))
    for one in rows.select_related("note_file").order_by("pk") if having else ():
        if one.message_id:
            of_message.setdefault(one.message_id, []).append(one)
        else:
            of_entry.setdefault(one.note_file.entry_id, []).append(one)
    return of_entry, of_message


def clocks_of(ticket: Ticket) -> list[PromiseClock]:
    """Open ones by what is due first, then those that ended, the latest first."""
    rows = PromiseClock.objects.filter(ticket=ticket, dropped_at=None).select_related("promised_by", "calendar")
    every = list(rows.order_by("due_at")[:40])
    far = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    live = sorted((clock for clock in every if clock.is_open), key=lambda one: far if one.paused_at else one.due_at)
    return live + sorted((one for one in every if not one.is_open), key=lambda one: one.due_at, reverse=True)[:4]


def talks_of(ticket: Ticket) -> list[Conversation]:
    """Conversations of the customer that may be answered, the one of the case's last word first."""
    since = timezone.now() - REPLY_WITHIN
    heard = Message.objects.filter(conversation=OuterRef("pk"), direction="in", machine=False, at__gte=since)
    rows = Conversation.objects.filter(Exists(heard), customer=ticket.customer_id, channel__state="on")
    return list(rows.select_related("channel").order_by("-last_at")[:5])


def links_of(ticket: Ticket, reader: User) -> list[tuple[CaseLink, Ticket]]:
    """Cases this one is linked to, as far as the reader may see them."""
    links = list(CaseLink.objects.of(ticket).order_by("pk"))
    if not links:
        return []
    tied = {link.second_id if link.first_id == ticket.pk else link.first_id for link in links}
    seen = Ticket.objects.visible_to(reader).filter(pk__in=tied)
    others = {one.pk: one for one in seen.select_related("status", "customer")}
    pairs = ((link, others.get(link.second_id if link.first_id == ticket.pk else link.first_id)) for link in links)
    return [(link, other) for link, other in pairs if other is not None]


def level_of(ticket: Ticket) -> Any:
    held = LevelMembership.objects.filter(customer=ticket.customer_id, ended_on=None).select_related("level")
    first = held.order_by("-rank").first()
    return first.level if first else None


def others_of(ticket: Ticket, reader: User) -> list[Ticket]:
    """Other cases of the customer that may go into this one."""
    rows = Ticket.objects.visible_to(reader).filter(customer=ticket.customer_id, merged_into=None).exclude(pk=ticket.pk)
    return list(rows.select_related("status").order_by("-last_at")[:10])
