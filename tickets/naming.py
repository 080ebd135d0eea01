"""Colleagues named in notes: whom a case's note may name, and how a name is shown."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from staff.models import Membership, User
from staff.permissions import roles_with
from tickets.models import EntryMention, Handover, Ticket
from tickets.models.mention import NAMED

OFFERED = 8
LISTED = 100


def readers_of(ticket: Ticket) -> QuerySet[User]:
    """Who may see this case: `Ticket.objects.visible_to` asked from the other end; a test holds the two together."""
    today = Membership.objects.current()
    desk = today.filter(role__in=roles_with("cases.work")).values("user")
    brand = today.filter(store=None, region=None).filter(Q(team=None) | Q(team__store=None, team__region=None))
    own = [pk for pk in (ticket.owner_id, ticket.handler_id, ticket.customer.advisor_id) if pk]
    seen = Q(pk__in=own) | Q(pk__in=brand.values("user"))
    handed = list(Handover.objects.filter(ticket=ticket, returned_at=None).values_list("store", flat=True))
    if handed:
        seen |= Q(pk__in=today.filter(_at(handed)).values("user"))
    if ticket.team_id is None and ticket.store_id is None:
        seen |= Q(pk__in=desk)
    if ticket.team_id:
        seen |= Q(pk__in=desk) & Q(pk__in=today.filter(team=ticket.team_id).values("user"))
    if ticket.store_id:
        seen |= Q(pk__in=desk) & Q(pk__in=today.filter(_at([ticket.store_id])).values("user"))
    allowed = today.filter(role__in=roles_with("cases.read")).values("user")
    return User.objects.filter(seen, is_active=True, pk__in=allowed).order_by("username")


def _at(stores: list[int]) -> Q:
    return (
        Q(store__in=stores) | Q(team__store__in=stores) | Q(region__stores__in=stores)
        | Q(team__region__stores__in=stores)
    )  # fmt: skip


def offered_for(ticket: Ticket, begins: str, *, most: int = OFFERED) -> list[User]:
    """Readers of the case by the beginning of their sign-in name or any part of their name."""
    people = readers_of(ticket)
    if begins:
        called = Q(username__istartswith=begins)
        for language in ("zh-hans", "zh-hant", "en"):
            called |= Q(**{f"full_name__{language}__icontains": begins})
        people = people.filter(called)
    return list(people[:most])


def with_chips(text: str, mentions: Iterable[EntryMention]) -> SafeString:
    """The words of a note, each name of somebody who was told as a chip; all else as plain as it was typed."""
    told = {mention.user.username: mention.user for mention in mentions}
    if not told:
        return conditional_escape(text)
    parts: list[str] = []
    here = 0
    for found in NAMED.finditer(text):
        name = max((one for one in told if found[1].startswith(one)), key=len, default="")
        if name:
            parts.append(conditional_escape(text[here : found.start()]))
            parts.append(format_html('<span class="s-chip brand s-at" title="{}">@{}</span>', name, told[name]))
            here = found.start() + 1 + len(name)
    parts.append(conditional_escape(text[here:]))
    return mark_safe("".join(parts))  # noqa: S308 — every part was escaped above
