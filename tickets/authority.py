"""How much a person may still give in a case, whose budget pays, and who is asked for more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from loyalty.models import CouponTemplate
from loyalty.models.giving import grade_of
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Membership, Role, Store, User
from tickets.models import Authority, Compensation, Kind, Reason, ServiceTerms, Ticket
from tickets.models.compensation import size

WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Horizon:
    """One limit with what was given within it: at once, in the case, today, to the customer in 90 days."""

    code: str
    limit: int | None
    given: int

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.given)


@dataclass(frozen=True)
class Left:
    """What a person may still give of one kind in one case, and why."""

    kind: str
    authority: Authority | None
    horizons: tuple[Horizon, ...]

    @property
    def amount(self) -> int:
        return min((each.left for each in self.horizons if each.left is not None), default=0)

    @property
    def name(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def case_share(self) -> float:
        """How much of the case's limit is given, 0…1."""
        case = next((each for each in self.horizons if each.code == "case" and each.limit), None)
        return case.given / case.limit if case and case.limit else 0.0

    def above(self, amount: int) -> list[dict[str, Any]]:
        """The limits an amount would go over."""
        return [
            {"horizon": each.code, "limit": each.limit, "would_be": each.given + amount}
            for each in self.horizons if each.limit is not None and each.given + amount > each.limit
        ]  # fmt: skip


def left_for(ticket: Ticket, kind: str, *, by: User, reason: Reason | None = None) -> Left:
    """Limits and sums as they stand; inside `grant` under its locks. Points, or minor units of the base currency."""
    row = Authority.objects.of(by, kind, reason=reason, grade=grade_of(ticket.customer_id))
    if row is None:
        return Left(kind, None, ())
    now = timezone.now()
    today = midnight(now)
    given = Compensation.objects.standing().filter(kind=kind)
    sums = given.filter(
        Q(ticket=ticket) | Q(ticket__merged_into=ticket) | Q(by=by, given_at__gte=today)
        | Q(customer=ticket.customer_id, given_at__gte=now - WINDOW)
    ).aggregate(
        case=Sum("amount", filter=Q(ticket=ticket) | Q(ticket__merged_into=ticket)),
        day=Sum("amount", filter=Q(by=by, given_at__gte=today, above=False)),
        customer=Sum("amount", filter=Q(customer=ticket.customer_id, given_at__gte=now - WINDOW)),
    )  # fmt: skip
    more = _on_top(ticket, now) if kind == Kind.POINTS else 0

    def wider(limit: int | None) -> int | None:
        return None if limit is None else limit + more

    return Left(kind, row, (
        Horizon("act", wider(row.per_act), 0), Horizon("case", wider(row.per_case), sums["case"] or 0),
        Horizon("day", row.per_day, sums["day"] or 0),
        Horizon("customer", wider(row.per_customer), sums["customer"] or 0),
    ))  # fmt: skip


def _on_top(ticket: Ticket, now: datetime) -> int:
    """Points the customer's service packages allow beyond everybody's limits."""
    terms = ServiceTerms.objects.filter(customer=ticket.customer_id, term=ServiceTerms.Term.AUTHORITY)
    running = terms.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    return running.aggregate(points=Sum("value"))["points"] or 0


def midnight(now: datetime) -> datetime:
    """When the brand's day began: not the reader's, who may choose another zone."""
    return timezone.localtime(now, timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)


def who_decides(store: Store | None, kind: str, amount: int, reason: Reason, *, giver: User, grade: str) -> list[User]:
    """Up to two people who may approve this: leads of the store, of its region, then head office; who is here first.

    Never the giver, and nobody whose own authority is less.
    """
    found: list[User] = []
    for user in _deciders(store, giver):
        row = Authority.objects.of(user, kind, reason=reason, grade=grade)
        if row is not None and row.per_act >= amount and user.pk not in {one.pk for one in found}:
            found.append(user)
        if len(found) == 2:
            break
    return found


def cost_of(template: CouponTemplate) -> int:
    """Minor units one coupon costs the house, as far as known before. Raises TransitionRefused when nobody said."""
    cost = template.cost or template.most_off or template.amount
    if cost <= 0:
        raise TransitionRefused(_("What this coupon costs is not set; it cannot be given as goodwill."))
    return cost


def store_of(ticket: Ticket, by: User) -> Store | None:
    """Whose budget pays and whose lead is asked: the house the giver stands in, for the desk that of the case."""
    return by.counter_store or ticket.store


def in_hand(user: User, ticket: Ticket) -> bool:
    """Whether the reader, who sees the case, may give in it: the desk, its owner, who has it, the house it is with."""
    if not user.may("goodwill.grant"):
        return False
    if user.may("cases.work") or user.pk in (ticket.owner_id, ticket.handler_id):
        return True
    if ticket.customer.advisor_id == user.pk:
        return True
    return ticket.handovers.filter(returned_at=None, store__in=user.store_ids).exists()


def looks_after(user: User, made: Compensation) -> bool:
    return user.may("goodwill.approve") and (user.sees_whole_brand or made.store_id in user.store_ids)


def sentence_of(kind: str, above: list[dict[str, Any]]) -> str:
    """“Above your 500 points at once.” of the first limit that does not hold."""
    words = {
        "act": _("Above your %(limit)s at once."), "case": _("Above the %(limit)s you may bring a case to."),
        "day": _("Above your %(limit)s a day."), "customer": _("Above %(limit)s for one customer in 90 days."),
    }  # fmt: skip
    return words[above[0]["horizon"]] % {"limit": size(kind, above[0]["limit"])} if above else ""


# Inside


def _deciders(store: Store | None, giver: User) -> Iterator[User]:
    """Leads and head office by nearness, who is away last."""
    today = timezone.localdate()
    away = set(Absence.objects.filter(starts_on__lte=today, ends_on__gte=today).values_list("user", flat=True))
    held = Membership.objects.current().filter(role__in=[Role.LEAD, Role.OPERATOR], user__is_active=True)
    ranked: list[tuple[bool, int, Any, int, User]] = []
    for row in held.exclude(user=giver).select_related("user", "team", "store", "team__store"):
        near = _nearness(row, store)
        if near is not None:
            ranked.append((row.user_id in away, near, row.starts_on, row.pk, row.user))
    yield from (each[-1] for each in sorted(ranked, key=lambda each: each[:4]))


def _nearness(row: Membership, store: Store | None) -> int | None:
    if row.is_for_whole_brand:
        return 2
    if store is None or row.role != Role.LEAD:
        return None
    house = row.store or (row.team.store if row.team else None)
    if house is not None:
        return 0 if house.pk == store.pk else 1 if house.region_id == store.region_id else None
    region = row.region_id or (row.team.region_id if row.team else None)
    return 1 if region == store.region_id else None
