"""One deed on several cases at once: each on its own, so that one refusal stops no other."""

from dataclasses import dataclass, field

from django.utils.translation import gettext

from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from tickets.forms import LATER, hands_of, moment_of
from tickets.models import Ticket

DEEDS = ("take", "assign", "snooze", "resolve")


@dataclass
class Result:
    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, str]] = field(default_factory=list)
    missing: int = 0


def act_on(user: User, numbers: list[int], *, deed: str, to: str = "") -> Result:
    """Take, pass on, put off or finish each visible case of these numbers.

    Raises TransitionRefused for an unknown deed, nothing chosen, or an unknown colleague or moment.
    """
    if deed not in DEEDS or (deed == "snooze" and to not in LATER):
        raise TransitionRefused(gettext("Choose what to do with them."))
    if not numbers:
        raise TransitionRefused(gettext("Choose at least one case."))
    colleague = hands_of(user).filter(username=to).first() if deed == "assign" else None
    if deed == "assign" and colleague is None:
        raise TransitionRefused(gettext("Choose a colleague who works on cases here."))
    result = Result()
    tickets = list(Ticket.objects.visible_to(user).filter(number__in=numbers).select_related("customer"))
    result.missing = len(set(numbers)) - len(tickets)
    for ticket in tickets:
        try:
            if deed == "take":
                ticket.take(by=user)
            elif deed == "assign":
                ticket.assign(colleague, by=user)
            elif deed == "snooze":
                ticket.snooze(moment_of(to), by=user)
            else:
                ticket.resolve(by=user)
            result.done.append(ticket)
        except TransitionRefused as refusal:
            result.refused.append((ticket, str(refusal)))
    return result
