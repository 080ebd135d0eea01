"""What this room does when something happens below: purchases earn, refunds take back, levels rise."""

from typing import Any

from commerce.models import Order, Refund
from loyalty import campaigns, levels, purchases
from loyalty.models import PointsAccount
from scrm.kernel.registry import Reaction, reactions, till_answers


def purchase_changed(event: Any) -> None:
    """An order was paid, corrected or cancelled: the ledger follows, then the level."""
    order = Order.objects.filter(pk=event.details.get("order")).first()
    if order is not None:
        _settled(order)


def refund_made(event: Any) -> None:
    refund = Refund.objects.select_related("order", "customer").filter(pk=event.details.get("refund")).first()
    if refund is not None and refund.order is not None:
        purchases.restore_payment(refund)
        purchases.coupons_back(refund.order)
        _settled(refund.order)


def joined(event: Any) -> None:
    campaigns.welcome(event.customer)


def _settled(order: Order) -> PointsAccount | None:
    account = purchases.settle(order)
    if account is not None:
        levels.raise_if_reached(account.customer, account.programme)
        campaigns.after_purchase(order)
    return account


def answer_till(row: Any) -> dict[str, Any]:
    """What a till is told at once: points and the state of the coupons it named."""
    if not isinstance(row, Order):
        return {}
    coupons = purchases.take_coupons(row)
    answer: dict[str, Any] = {"coupons": coupons} if coupons else {}
    account = _settled(row)
    if account is None:
        return answer
    earned, until = purchases.earned_by(row)
    account.refresh_from_db()
    return answer | {"points": {"earned": earned, "pending_until": until.isoformat() if until else None,
                                "balance": account.balance}}  # fmt: skip


def register() -> None:
    for reaction in (
        Reaction("loyalty.purchases", ("order.paid", "order.changed", "order.cancelled"), purchase_changed),
        Reaction("loyalty.refunds", ("refund.made",), refund_made),
        Reaction("loyalty.joined", ("customer.joined",), joined),
    ):
        reactions.add(reaction.name, reaction)
    till_answers.add("loyalty", answer_till)
