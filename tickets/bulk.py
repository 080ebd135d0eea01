"""One deed on several cases at once: each on its own, so that one refusal stops no other."""

import uuid
from dataclasses import dataclass, field

from django.utils.translation import gettext

from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from tickets import macros
from tickets.forms import hands_of, moment_of
from tickets.models import LATER, Macro, MacroRun, Ticket
from tickets.models.macro import Do

DEEDS = ("take", "assign", "snooze", "resolve", "macro")


@dataclass
class Result:
    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, str]] = field(default_factory=list)
    missing: int = 0
    batch: str = ""  # by which macros that ran are taken back
    undoable: bool = False


def act_on(user: User, numbers: list[int], *, deed: str, to: str = "", token: str = "") -> Result:
    """Take, pass on, put off, finish or run a macro on each visible case of these numbers.

    Raises TransitionRefused for an unknown deed, nothing chosen, or an unknown colleague, moment or macro.
    """
    if deed not in DEEDS or (deed == "snooze" and to not in LATER):
        raise TransitionRefused(gettext("Choose what to do with them."))
    if not numbers:
        raise TransitionRefused(gettext("Choose at least one case."))
    colleague = hands_of(user).filter(username=to).first() if deed == "assign" else None
    if deed == "assign" and colleague is None:
        raise TransitionRefused(gettext("Choose a colleague who works on cases here."))
    macro = _macro_of(user, to) if deed == "macro" else None
    result = Result(batch=(token or uuid.uuid4().hex) if macro else "")
    tickets = list(Ticket.objects.visible_to(user).filter(number__in=numbers).select_related("customer"))
    result.missing = len(set(numbers)) - len(tickets)
    for ticket in tickets:
        try:
            if macro is not None:
                row = macros.run(macro, ticket, by=user, batch=result.batch, alone=False).run
                result.undoable |= row.may_be_undone
                result.refused += [(ticket, f"{Do(one['do']).label}: {one['why']}") for one in row.refused]
                if not row.done:
                    continue
            elif deed == "take":
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


def take_back(user: User, batch: str) -> Result:
    """Take back what a macro did to several cases, as far as each verb goes. Raises TransitionRefused for nothing."""
    result = Result()
    rows = MacroRun.objects.filter(by=user, batch=batch, undone_at=None).select_related("ticket__customer")
    for row in rows if batch else ():
        try:
            left = macros.undo(row, by=user)
            result.done.append(row.ticket)
            result.refused += [(row.ticket, f"{Do(one['do']).label}: {one['why']}") for one in left]
        except TransitionRefused as refusal:
            result.refused.append((row.ticket, str(refusal)))
    if not result.done and not result.refused:
        raise TransitionRefused(gettext("This cannot be taken back any more."))
    return result


def _macro_of(user: User, to: str) -> Macro:
    number = to.removeprefix("macro-")
    known = number.isascii() and number.isdigit() and len(number) < 19
    macro: Macro | None = Macro.objects.visible_to(user).filter(pk=int(number)).first() if known else None
    if macro is None:
        raise TransitionRefused(gettext("Choose which macro."))
    return macro
