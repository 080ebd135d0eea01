"""What the goodwill block of a case, the list of approvals and the list of exceptions show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from loyalty.models import CouponTemplate
from loyalty.models.giving import grade_of
from scrm.kernel.templatetags.scrm_ui import share
from staff.models import Absence, Membership, User
from tickets import authority
from tickets.authority import WINDOW, Left, midnight
from tickets.goodwill import ANSWER_WITHIN, UNDO
from tickets.models import Approval, Compensation, Kind, Reason, StoreBudget, Ticket
from tickets.models.compensation import size

SHOWN = 50
GIFTS = 20


@dataclass(frozen=True)
class Preset:
    """One tap: what is given, and whether it is above the giver's limits."""

    value: str
    words: str
    above: bool


@dataclass(frozen=True)
class Offer:
    reason: Reason
    presets: list[Preset]


@dataclass(frozen=True)
class Question:
    """One open approval with its numbers. `budget_left` is None where no budget is set."""

    approval: Approval
    in_case: int
    by_giver: int
    to_customer: int
    budget_left: int | None
    may_decide: bool


def goodwill_block(ticket: Ticket, user: User) -> dict[str, Any]:
    lefts = {kind: authority.left_for(ticket, kind, by=user) for kind in (Kind.POINTS, Kind.MONEY, Kind.COUPON)}
    store = authority.store_of(ticket, user)
    gifts = list(gifts_of(ticket))
    return {
        "ticket": ticket, "points": lefts[Kind.POINTS], "money": lefts[Kind.MONEY], "lefts": list(lefts.values()),
        "case_share": share(lefts[Kind.POINTS].case_share), "offers": offers_of(ticket, lefts),
        "budget": StoreBudget.shown_of(store), "asked": asked_of(ticket, user, lefts[Kind.POINTS]),
        "answer_by": timezone.now() + ANSWER_WITHIN, "gifts": gifts,
        "can_undo": {gift.pk for gift in gifts if may_undo(gift, user)},
    }  # fmt: skip


def may_undo(gift: Compensation, user: User) -> bool:
    """Whether the button is worth showing; the verb decides."""
    if gift.state == Compensation.State.PENDING:
        return gift.by_id == user.pk
    if gift.state != Compensation.State.GRANTED or gift.given_at is None:
        return False
    if gift.by_id == user.pk and gift.given_at > timezone.now() - UNDO:
        return True
    return not gift.is_exception and authority.looks_after(user, gift)


def offers_of(ticket: Ticket, lefts: dict[Kind, Left]) -> list[Offer]:
    """Each reason with its taps: its points, and of its coupons those that can be given now."""
    reasons = list(Reason.objects.filter(used=True))
    codes = {code for reason in reasons for code in reason.coupons}
    templates = {one.code: one for one in CouponTemplate.objects.given_out().filter(code__in=codes)} if codes else {}
    found = []
    for reason in reasons:
        presets = [
            Preset(f"{reason.code}:points:{n}", size(Kind.POINTS, n), bool(lefts[Kind.POINTS].above(n)))
            for n in reason.points if isinstance(n, int) and lefts[Kind.POINTS].authority
        ]  # fmt: skip
        for one in (templates[code] for code in reason.coupons if code in templates):
            cost = one.cost or one.most_off or one.amount
            if cost > 0 and lefts[Kind.COUPON].authority:
                above = bool(lefts[Kind.COUPON].above(cost))
                presets.append(Preset(f"{reason.code}:coupon:{one.code}", str(one), above))
        found.append(Offer(reason, presets))
    return found


def asked_of(ticket: Ticket, user: User, left: Left) -> User | None:
    """Who would be asked for a little more than there is left."""
    reason = Reason.objects.filter(used=True).first()
    if reason is None or left.authority is None:
        return None
    grade = grade_of(ticket.customer_id)
    people = authority.who_decides(
        authority.store_of(ticket, user), left.kind, left.authority.per_act + 1, reason, giver=user, grade=grade
    )
    return people[0] if people else None


def gifts_of(ticket: Ticket) -> QuerySet[Compensation]:
    rows = Compensation.objects.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))
    rows = rows.select_related("by", "reason", "template").prefetch_related("approvals__decided_by")
    return rows.order_by("-at", "-pk")[:GIFTS]


def questions_for(user: User) -> list[Question]:
    """Open approvals the reader may see, what is due first, each with what was given so far."""
    rows = Approval.objects.visible_to(user).open().order_by("deadline", "pk").select_related(
        "asked", "substitute", "compensation__by", "compensation__ticket", "compensation__customer",
        "compensation__reason", "compensation__template", "compensation__store",
    )  # fmt: skip
    now = timezone.now()
    found = list(rows.annotate(
        in_case=_sum("ticket", "compensation__ticket"),
        by_giver=_sum("by", "compensation__by", midnight(now), above=False),
        to_customer=_sum("customer", "compensation__customer", now - WINDOW),
    )[:SHOWN])  # fmt: skip
    away = away_among({one.asked_id for one in found})
    budgets: dict[int | None, StoreBudget | None] = {}
    for one in found:
        store = one.compensation.store
        if (store and store.pk) not in budgets:
            budgets[store.pk if store else None] = StoreBudget.shown_of(store)
    return [
        Question(one, one.in_case, one.by_giver, one.to_customer, _left(budgets[one.compensation.store_id]),
                 one.may_be_decided_by(user, away=one.asked_id in away))
        for one in found
    ]  # fmt: skip


def waiting_for(user: User, *, most: int = SHOWN) -> list[Approval]:
    """Open approvals the reader may see, what is due first, without the sums: for a glance."""
    rows = (
        Approval.objects.visible_to(user)
        .open()
        .select_related("compensation__by", "compensation__customer", "compensation__reason", "compensation__template")
    )
    return list(rows.order_by("deadline", "pk")[:most])


def exceptions_for(user: User) -> list[Compensation]:
    """Exceptions nobody has looked at, the oldest first; never the reader's own."""
    rows = Compensation.objects.visible_to(user).to_review().exclude(by=user).order_by("given_at", "pk")
    return list(rows.select_related("by", "reason", "template", "ticket", "customer", "store")[:SHOWN])


def away_among(users: set[int]) -> set[int]:
    today = timezone.localdate()
    gone = Absence.objects.filter(user__in=users, starts_on__lte=today, ends_on__gte=today).values_list(
        "user", flat=True
    )
    here = Membership.objects.current().filter(user__in=users, user__is_active=True).values_list("user", flat=True)
    return set(gone) | (users - set(here))


def _left(budget: StoreBudget | None) -> int | None:
    return budget.left if budget else None


def _sum(field: str, outer: str, since: datetime | None = None, **more: Any) -> Any:
    rows = Compensation.objects.standing().filter(
        **{field: OuterRef(outer)}, kind=OuterRef("compensation__kind"), **more
    )
    rows = rows.filter(given_at__gte=since) if since else rows
    return Coalesce(Subquery(rows.order_by().values(field).annotate(n=Sum("amount")).values("n")), 0)
