"""What this room does when something is said below."""

from typing import Any

from scrm.kernel.registry import Reaction, reactions
from tickets import assignment, bot, hearing
from tickets.models import Ticket
from touchpoints.models import Message


def message_received(event: Any) -> None:
    if (message := _message(event)) is not None:
        hearing.heard(message)


def message_asked(event: Any) -> None:
    if (message := _message(event)) is not None:
        bot.heard(message)


def message_sent(event: Any) -> None:
    if (message := _message(event)) is not None:
        hearing.said(message)


def case_opened(event: Any) -> None:
    ticket = Ticket.objects.select_related("customer").filter(number=event.details.get("case"), owner=None).first()
    if ticket is not None:
        assignment.give(ticket)


def case_resolved(event: Any) -> None:
    """Somebody has room again."""
    assignment.drain()


def _message(event: Any) -> Message | None:
    rows = Message.objects.select_related("channel", "customer", "author")
    return rows.filter(pk=event.details.get("message")).first()


def register() -> None:
    for reaction in (
        Reaction("tickets.heard", ("message.received",), message_received),
        Reaction("tickets.bot", ("message.received",), message_asked),
        Reaction("tickets.assigned", ("case.opened", "case.reopened"), case_opened),
        Reaction("tickets.drained", ("case.resolved",), case_resolved),
        Reaction("tickets.said", ("message.sent",), message_sent),
    ):
        reactions.add(reaction.name, reaction)
