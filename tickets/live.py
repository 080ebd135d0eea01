"""What a socket may watch of cases, and whose customers one may see for a case in hand."""

from typing import Any

from django.db.models import Q

from scrm.kernel.registry import sights, watches
from tickets.models import LIVE, Ticket


def case_group(user: Any, number: str) -> str | None:
    """`#20931`: one case, if the reader may see it."""
    if not number.isdecimal() or len(number) > 9:
        return None
    found = Ticket.objects.visible_to(user).filter(number=int(number)).values_list("pk", flat=True).first()
    return None if found is None else f"case.{found}"


def list_group(user: Any, rest: str) -> str | None:
    """`=cases`: that something changed among cases; the page asks for what it may see."""
    return "cases" if rest == "cases" and user.may("cases.read") else None


def in_hand(user: Any) -> Q:
    """The customers of live cases one owns or has in hand."""
    mine = Ticket.objects.filter(Q(owner=user) | Q(handler=user), state__in=LIVE)
    return Q(pk__in=mine.values("customer"))


def register() -> None:
    watches.add("#", case_group)
    watches.add("=", list_group)
    sights.add("cases", in_hand)
