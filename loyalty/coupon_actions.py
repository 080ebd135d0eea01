"""Coupons by their code, for a whole basket, and for an order that is done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from commerce.models import Order
from customers.models import Customer
from loyalty.baskets import Basket
from loyalty.best import Verdict, together
from loyalty.codes import tidy
from loyalty.guesses import Asker, let_in, note_wrong
from loyalty.models import Coupon, Redemption, Use
from loyalty.models.using import unusable
from loyalty.offline import take_offline
from scrm.kernel.refusals import TransitionRefused
from staff.models import User


def find_by_code(text: str, *, asker: Asker, customer: Customer | None = None, holder: str = "") -> Coupon:
    """The usable coupon of a code, of this customer where one is named.

    Wrong, foreign, used, over, frozen and held codes cost the same look-up, are counted alike and get the same
    answer. Raises TransitionRefused, TooManyGuesses.
    """
    let_in(asker)
    coupon = _look_up(text)
    if coupon is None or not _can_be_used(coupon, holder) or (customer and coupon.customer_id != customer.pk):
        note_wrong(asker)
        raise unusable()
    return coupon


def reserve_code(
    text: str, *, holder: str, asker: Asker, minutes: int = 30, customer: Customer | None = None
) -> tuple[Coupon, datetime]:
    """Hold a code for one basket: the coupon, and until when. Raises TransitionRefused, TooManyGuesses."""
    coupon = find_by_code(text, asker=asker, customer=customer, holder=holder)
    return coupon, coupon.reserve(holder=holder, minutes=minutes)


def release_code(text: str, *, holder: str, asker: Asker) -> Coupon:
    """The basket does without it. Raises TransitionRefused, TooManyGuesses."""
    coupon = find_by_code(text, asker=asker, holder=holder)
    coupon.release(holder=holder)
    return coupon


def redeem_code(text: str, use: Use, *, asker: Asker, holder: str = "", customer: Customer | None = None) -> Redemption:
    """Use a code. A repeat under the same source and key gives the first use. Raises TransitionRefused,
    TooManyGuesses, OtherPayload."""
    before = Redemption.objects.select_related("coupon").filter(source=use.source, source_ref=use.key).first()
    if before is not None and before.coupon.code in _readings(text):
        return Redemption.objects.same(before.coupon, use) or before
    return find_by_code(text, asker=asker, customer=customer, holder=holder).redeem(use, holder=holder)


@transaction.atomic
def redeem_together(coupons: Sequence[Coupon], basket: Basket, use: Use, *, holder: str = "") -> list[Redemption]:
    """Use these coupons of one customer on one basket: all or none. What each takes off is computed here.

    `use` says where and under which key; each coupon's own number is added to the key. Raises TransitionRefused with
    the first reason, OtherPayload.
    """
    if len({coupon.customer_id for coupon in coupons}) > 1:
        raise unusable()
    keys = [f"{use.key}:{coupon.pk}" for coupon in coupons]
    before = list(Redemption.objects.filter(source=use.source, source_ref__in=keys).order_by("coupon"))
    if coupons and len(before) == len(keys):
        return before
    verdicts = together([coupon.held for coupon in coupons], basket)
    if (refused := next((each for each in verdicts if not each.usable), None)) is not None:
        raise TransitionRefused(str(refused.why))
    by_id = {coupon.pk: coupon for coupon in coupons}
    # In the order of ids: two tills with the same two coupons do not wait crosswise.
    uses = {each.coupon.id: _part(use, each, basket) for each in verdicts}
    return [by_id[pk].redeem(uses[pk], holder=holder) for pk in sorted(uses)]


@transaction.atomic
def undo_together(redemptions: Sequence[Redemption], *, by: User) -> None:
    """Take back what one basket used: all or none. Raises TransitionRefused."""
    for redemption in sorted(redemptions, key=lambda each: each.coupon_id):
        redemption.undo(by=by)


def take_for_order(code: str, order: Order) -> str:
    """What became of a coupon an order names: “redeemed”, “unknown”, or “conflict” (used elsewhere, not this
    customer's, not in time). The order is done: nothing is refused any more."""
    coupon = _look_up(code)
    if coupon is None or coupon.state == Coupon.State.MINTED:
        return "unknown"
    if coupon.customer_id != order.customer_id:
        return "conflict"
    standing = coupon.redemptions.filter(undone_at=None).first()
    if standing is not None and _is_of(standing, order):
        if not standing.order_ref:
            Redemption.objects.filter(pk=standing.pk).update(order_source=order.source, order_ref=order.source_ref)
        return "redeemed"
    use = Use(
        source=order.source, key=f"order:{order.source_ref}:{coupon.pk}", basket=order.total + order.discount,
        off=order.discount if len(order.coupons) == 1 else 0, currency=order.currency, store=order.store,
        channel=order.channel, order_source=order.source, order_ref=order.source_ref, checked=True,
        business_date=order.business_date,
    )  # fmt: skip
    try:
        held_here = coupon.held_by.startswith(f"till:{order.source}:")
        if coupon.template.offline and not held_here:
            taken = take_offline(coupon, use, till_at=order.placed_at, at=order.placed_at)
            return "conflict" if taken.undone_why == "conflict" else "redeemed"
        coupon.redeem(use, holder=coupon.held_by if held_here else "")
    except TransitionRefused:
        return "conflict"
    return "redeemed"


def _part(use: Use, one: Verdict, basket: Basket) -> Use:
    explanation = {"lines": list(one.lines), "fee": one.fee, **use.explanation}
    return replace(
        use, key=f"{use.key}:{one.coupon.id}", off=one.off, basket=basket.total, currency=basket.currency,
        explanation=explanation, checked=True,
    )  # fmt: skip


def _is_of(standing: Redemption, order: Order) -> bool:
    if standing.order_ref:
        return (standing.order_source or standing.source, standing.order_ref) == (order.source, order.source_ref)
    return standing.source == order.source


def _readings(text: str) -> set[str]:
    """A code of ours however it is typed, or one of elsewhere as it stands."""
    return {tidy(text), text.strip()[:20], text.strip().upper()[:20]}


def _look_up(text: str) -> Coupon | None:
    found = Coupon.objects.select_related("template").filter(code__in=_readings(text))
    return found.order_by("pk").first()


def _can_be_used(coupon: Coupon, holder: str) -> bool:
    now = timezone.now()
    begun = coupon.valid_from is not None and coupon.valid_from <= now
    held = coupon.state == Coupon.State.RESERVED and coupon.held_until is not None and coupon.held_until > now
    if held:
        return bool(holder) and coupon.held_by == holder
    free = coupon.state in (Coupon.State.ISSUED, Coupon.State.RESERVED)
    return free and begun and (coupon.valid_until is None or coupon.valid_until > now)
