"""What a customer is told of a drop: where it stands for them, in facts; from this the letter is written."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from customers.models import CustomerLink
from loyalty import drops
from loyalty.models import Coupon, CouponTemplate, Drop, DropTry, Level, LevelMembership, Programme


@dataclass(frozen=True)
class Rule:
    """The rule of a drop in plain words' numbers. `one_in` is None where nobody can know how many will come."""

    prizes: list[tuple[CouponTemplate, int]]
    slots: int
    levels: list[Level]
    one_in: int | None
    came_last: int | None


@dataclass(frozen=True)
class Standing:
    """Where a drop stands for one person: before, open, others, won, gone, stopped or over."""

    state: str
    coupon: Coupon | None = None
    answer: drops.Answer | None = None
    tried_at: datetime | None = None
    number: str = ""  # what to ask with


def link_of(token: str) -> CustomerLink | None:
    """The living link of a token: the one that was sent for drops, or that of the wallet."""
    opening = CustomerLink.objects.opening
    either = opening(token, purpose="drop") | opening(token, purpose="wallet")
    return either.select_related("customer").first()


def told_of(code: str) -> Drop | None:
    """A drop customers may know of: a draft is nobody's news."""
    return Drop.objects.filter(code=code).exclude(state=Drop.State.DRAFT).first()


def standing_of(drop: Drop, record: int) -> Standing:
    tried = DropTry.objects.filter(drop=drop, record=record).first()
    if tried is not None and tried.coupon_id:
        return won(drop, tried.coupon_id, tried.at, tried.pk)
    now = timezone.now()
    if drop.state == Drop.State.STOPPED:
        return Standing("stopped", number=number_of(drop, tried.pk) if tried else "")
    if drop.state == Drop.State.READY and now < drop.opens_at:
        return Standing("before")
    if tried is not None:
        return gone(drop, record, tried.pk)
    if not drop.is_open():
        return Standing("over")
    if not Coupon.objects.filter(drop=drop, state=Coupon.State.MINTED).exists():
        return Standing("gone")
    return Standing("open")


def won(drop: Drop, coupon_id: int, at: datetime, place: int | None) -> Standing:
    coupon = Coupon.objects.select_related("template").get(pk=coupon_id)
    return Standing("won", coupon=coupon, tried_at=at, number=number_of(drop, place) if place else "")


def gone(drop: Drop, record: int, place: int | None) -> Standing:
    """They came too late: by how many places, and when the last one went."""
    answer = drops.answer_for(drop, record)
    return Standing("gone", answer=answer, tried_at=answer.at if answer else None,
                    number=number_of(drop, place) if place else "")  # fmt: skip


def number_of(drop: Drop, place: int) -> str:
    """The number somebody asks with: the drop's and the try's own, so that staff find the row."""
    return f"D{drop.pk}-{place}"


def rule_of(drop: Drop) -> Rule:
    named = {one["template"]: int(one["slots"]) for one in drop.prizes}
    prizes = [(each, named[each.code]) for each in CouponTemplate.objects.filter(code__in=named)]
    slots = drop.slots_total or sum(named.values())
    levels = list(Level.objects.filter(programme=Programme.objects.main(), code__in=drop.levels).order_by("rank"))
    last = Drop.objects.filter(opens_at__lt=drop.opens_at, state=Drop.State.ENDED).order_by("-opens_at").first()
    came = DropTry.objects.filter(drop=last).count() if last else None
    may = LevelMembership.objects.filter(level__in=levels, ended_on=None).count() if levels else None
    expected = min(may, came) if may and came else may or came
    one_in = max(1, round(expected / slots)) if expected and slots else None
    return Rule(prizes, slots, levels, one_in, came)
