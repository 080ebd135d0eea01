"""What a socket may watch of cases, and whose customers one may see for a case in hand."""

from typing import Any

from django.db.models import Q

from scrm.kernel import presence
from scrm.kernel.registry import presences, sights, watches
from staff.models import User
from tickets.models import LIVE, Ticket


def case_group(user: Any, number: str) -> str | None:
    """`#20931`: one case, if the reader may see it."""
    if not number.isdecimal() or len(number) > 9:
        return None
    found = Ticket.objects.visible_to(user).filter(number=int(number)).values_list("pk", flat=True).first()
    return None if found is None else f"case.{found}"


def others_here(ticket: Ticket, reader: User) -> list[tuple[User, bool]]:
    """Who else has the case open, and whether they write; nobody when it cannot be told."""
    try:
        found = presence.present(f"case.{ticket.pk}")
    except Exception:  # noqa: BLE001 — without Valkey the page works, it does not know who else looks
        return []
    found.pop(reader.pk, None)
    people = User.objects.filter(pk__in=found, is_active=True).order_by("username") if found else ()
    return [(one, found[one.pk] == "writing") for one in people]


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
    presences.add("case", "here")
    sights.add("cases", in_hand)
