"""What the page of one case shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from customers.panels import facts_of
from loyalty.models import LevelMembership
from staff.models import User
from tickets.models import ClockPause, Entry, EntryMention, Metric, PromiseClock, Ticket
from touchpoints.models import Conversation, Message
from touchpoints.models.talk import REPLY_WITHIN

SHOWN = 60


@dataclass(frozen=True)
class Line:
    """One entry; `turn` names the channel when it changes here."""

    entry: Entry
    turn: str


def case_page(request: Any, ticket: Ticket) -> dict[str, Any]:
    user: User = request.user
    entries = lines_of(ticket, user)
    clocks = clocks_of(ticket)
    facts = facts_of(request, ticket.customer)
    return {
        "ticket": ticket, "customer": ticket.customer, "lines": entries, "more": ticket.entries_count > SHOWN,
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
        "talks": talks_of(ticket), "may_work": user.may("cases.work"), "may_handle": user.may("cases.handle"),
        "points": ticket.points_now(), "is_mine": ticket.owner_id == user.pk, "in_hand": ticket.handler_id == user.pk,
    }  # fmt: skip


def lines_of(ticket: Ticket, reader: User) -> list[Line]:
    """The last words, oldest first. The floor reads what was said and done, its own notes and those that name it."""
    rows = Entry.objects.filter(ticket=ticket).select_related("author", "message")
    rows = rows.prefetch_related(Prefetch("mentions", EntryMention.objects.select_related("user")))
    if not reader.may("cases.work"):
        named = Exists(EntryMention.objects.filter(entry=OuterRef("pk"), user=reader))
        rows = rows.filter(~Q(direction="", on_behalf=False) | Q(author=reader) | named)
    found: list[Line] = []
    channel = ""
    for entry in list(rows.order_by("-at", "-pk")[:SHOWN])[::-1]:
        turn = entry.channel if entry.channel and entry.channel != channel else ""
        channel = entry.channel or channel
        found.append(Line(entry, turn))
    return found


def clocks_of(ticket: Ticket) -> list[PromiseClock]:
    """Open ones by what is due first, then those that ended, the latest first."""
    rows = PromiseClock.objects.filter(ticket=ticket, dropped_at=None).select_related("promised_by", "calendar")
    rows = rows.prefetch_related(Prefetch("pauses", ClockPause.objects.order_by("since")))
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


def level_of(ticket: Ticket) -> Any:
    held = LevelMembership.objects.filter(customer=ticket.customer_id, ended_on=None).select_related("level")
    first = held.order_by("-rank").first()
    return first.level if first else None


def others_of(ticket: Ticket, reader: User) -> list[Ticket]:
    """Other cases of the customer that may go into this one."""
    rows = Ticket.objects.visible_to(reader).filter(customer=ticket.customer_id, merged_into=None).exclude(pk=ticket.pk)
    return list(rows.select_related("status").order_by("-last_at")[:10])
