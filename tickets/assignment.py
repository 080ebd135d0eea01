"""Who gets a case by itself: the customer's advisor first, then who can it and has least to do; never over a hand."""

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from scrm.kernel.nudges import nudge
from staff.models import Absence, Membership, Role, User
from tickets.models import LIVE, Capacity, Notice, State, Ticket

AT_ONCE = 50


class Full(Exception):
    """A colleague has as many cases as they carry."""


@transaction.atomic
def give(ticket: Ticket) -> User | None:
    """Give a case nobody owns or ever chose an owner for to somebody with room; None when nobody has.

    The colleague's capacity is locked while it is counted, so that two cases never share the last place, and let go
    before the next colleague's is taken, so that two cases never wait for one another.
    """
    for user_id in _candidates(ticket):
        try:
            with transaction.atomic():
                room = _room_of(user_id)
        except Full:
            continue
        free = Ticket.objects.filter(pk=ticket.pk, owner=None, by_hand=False, state__in=LIVE)
        if not free.update(owner=room.user, version=F("version") + 1):
            return None
        Ticket.objects.filter(pk=ticket.pk, state=State.NEW).update(state=State.OPEN)
        ticket.refresh_from_db()
        ticket._note_move("case.assigned", by=None, to=user_id)
        nudge(f"user.{user_id}", "cases")
        Notice.tell(user_id, Notice.Kind.GIVEN, ticket, key=f"case:{ticket.pk}:{ticket.version}")
        return room.user
    return None


def _room_of(user_id: int) -> Capacity:
    """The colleague's capacity, locked. Raises Full."""
    room = Capacity.objects.select_for_update(no_key=True).select_related("user").filter(user=user_id).first()
    if room is None or Ticket.objects.live().filter(owner=user_id).count() >= room.most:
        raise Full
    return room


def drain(*, most: int = AT_ONCE) -> int:
    """The queue goes on where room has become free, the most pressing first; how many were given."""
    if not Capacity.objects.exists():
        return 0
    waiting = Ticket.objects.live().awake().filter(owner=None, by_hand=False).queue()
    return sum(1 for ticket in waiting[:most] if give(ticket) is not None)


def _candidates(ticket: Ticket) -> list[int]:
    """Who may have it, the advisor first, then by how little they have: here today, with a capacity, able to do it."""
    today = timezone.localdate()
    away = Absence.objects.filter(starts_on__lte=today, ends_on__gte=today).values("user")
    able = Capacity.objects.filter(user__is_active=True).exclude(user__in=away)
    able = able.filter(Q(topics=None) | Q(topics=ticket.topic_id))
    where = Q(pk=None)
    if ticket.team_id:
        where |= Q(team=ticket.team_id)
    if ticket.store_id:
        where |= Q(store=ticket.store_id) | Q(team__store=ticket.store_id) | Q(region__stores=ticket.store_id)
        where |= Q(team__region__stores=ticket.store_id)
    if not ticket.team_id and not ticket.store_id:
        where = Q()
    desk = Membership.objects.current().filter(where, role__in=[Role.AGENT, Role.LEAD]).values("user")
    live = Count("user__tickets", filter=Q(user__tickets__state__in=LIVE), distinct=True)
    found = list(able.filter(user__in=desk).annotate(live=live).order_by("live", "user").values_list("user", flat=True))
    advisor = ticket.customer.advisor_id
    if advisor and able.filter(user=advisor).exists():
        return [advisor, *[user for user in found if user != advisor]]
    return list(dict.fromkeys(found))
