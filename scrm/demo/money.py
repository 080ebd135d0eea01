"""How orders were paid, and what came back."""

from dataclasses import dataclass

import numpy as np

from commerce.models import Payment
from scrm.demo import baskets
from scrm.demo.baskets import Lines
from scrm.demo.draws import Array, Draws, of_table
from scrm.demo.orders import APP, B2B, PLAT, Orders
from scrm.demo.world import SPAN, F, World

TENDERS = [Payment.Kind.WECHAT_PAY, Payment.Kind.WALLET, Payment.Kind.CARD, Payment.Kind.STORED,
           Payment.Kind.GIFT_CARD, Payment.Kind.CASH, Payment.Kind.ACCOUNT]  # fmt: skip
WECHAT, WALLET, CARD, STORED, GIFT_CARD, CASH, ACCOUNT = range(7)
STORE = [0.47, 0.28, 0.075, 0.075, 0.03, 0.0, 0.0]
ONLINE = [0.50, 0.35, 0.07, 0.055, 0.03, 0.0, 0.0]
# share of lines that come back, by the letter Y R C F H K B: online, in a store
RETURNS = {True: [13, 15, 10, 0.3, 6, 3, 2, 0], False: [4, 5, 4, 0.3, 3, 1, 2, 0]}
REASONS = ["尺码", "不喜欢", "与图不符", "质量", "晚到", "其他"]
REASON_SHARES = [41, 19, 11, 15, 7, 7]


@dataclass
class Payments:
    order: Array
    ref: Array
    kind: Array
    amount: Array


@dataclass
class Refunds:
    """`line_*` columns: one place per line that came back; the others one per refund."""

    id: Array
    order: Array
    at: Array
    amount: Array
    reason: Array
    kind: Array
    line_refund: Array
    line: Array
    line_amount: Array
    line_quantity: Array


def payments(world: World, orders: Orders) -> Payments:
    """One tender mostly; on 9 % a stored value or gift card first and the rest by another."""
    draws = Draws(world.seed, "orders")
    main = np.where(orders.way < APP, draws.pick(orders.key, 52, STORE), draws.pick(orders.key, 52, ONLINE))
    main = np.where((orders.way == PLAT) & (main > CARD), WALLET, main)
    main = np.where(baskets.is_cash(draws, orders), CASH, np.where(orders.way == B2B, ACCOUNT, main))
    paid = ~orders.cancelled & (orders.total > 0)
    several = paid & (draws.u(orders.key, 53) < 0.092) & (main < STORED) & (orders.way != PLAT)
    several &= orders.total > 1000
    part = np.floor(orders.total * (0.2 + 0.5 * draws.u(orders.key, 54)) / 100).astype(np.int64) * 100
    helper = np.where(draws.u(orders.key, 55) < 0.68, STORED, GIFT_CARD)
    index = np.concatenate([np.flatnonzero(paid), np.flatnonzero(several)])
    ref = np.concatenate([np.ones(int(paid.sum()), np.int64), np.full(int(several.sum()), 2)])
    first = ref == 1
    amount = np.where(first, orders.total[index] - np.where(several[index], part[index], 0), part[index])
    kind = np.where(first, main[index], helper[index])
    order = np.lexsort((ref, index))
    return Payments(index[order], ref[order], kind[order], amount[order])


def refunds(world: World, orders: Orders, lines: Lines, paid: Payments) -> Refunds:
    """What came back until now: single lines, put together per order."""
    draws = Draws(world.seed, "refunds")
    way = orders.way[lines.order]
    letter = world.sku_group[lines.sku]
    share = np.where(way >= APP, np.array(RETURNS[True])[letter], np.array(RETURNS[False])[letter]) / 100
    share = np.where(world.is_shoe[lines.sku] & (way >= APP), 0.17, share)
    key = orders.key[lines.order] * 16 + lines.ref
    alone = np.bincount(lines.order, lines.total > 0, len(orders))[lines.order] < 2
    share = share * np.where(alone, 0.72, 1.12)  # 62 % of returns are of a part
    order_key = orders.key[lines.order]
    lag = of_table(draws.u(order_key, 1), world.gamma[2.0]) * 6.2
    late = draws.u(order_key, 2) < 0.03
    lag = np.where(late, 30 + 20 * draws.u(order_key, 3), lag) + np.where((way >= APP), 2.0, 0.02)
    at = orders.placed[lines.order] + (lag * 86400).astype(np.int64)
    at = np.where(orders.group[lines.order] == F, orders.placed[lines.order] + 900, at)
    back = (draws.u(key, 4) < share) & ~orders.cancelled[lines.order] & (lines.total > 0) & (at <= world.now)
    line = np.flatnonzero(back)
    order, inverse = np.unique(lines.order[line], return_inverse=True)
    first = np.zeros(len(order), np.int64)
    first[inverse[::-1]] = line[::-1]
    kind = np.zeros(len(orders), np.int64)
    main = paid.ref == 1
    kind[paid.order[main]] = paid.kind[main]
    quantity = np.where(lines.quantity[line] > 1, 1 + draws.below(key[line], 5, lines.quantity[line]),
                        lines.quantity[line])  # fmt: skip
    amount = np.floor(lines.total[line] * quantity / lines.quantity[line] + 0.5).astype(np.int64)
    # A rounding of the bill is no goods: who brings everything back gets what was paid, not more.
    over = np.bincount(inverse, amount, len(order)).astype(np.int64) - orders.total[order]
    leading = np.zeros(len(order), np.int64)
    leading[inverse[::-1]] = np.arange(len(line))[::-1]
    amount[leading] -= np.maximum(over, 0)
    base = orders.id[0] // SPAN * SPAN if len(orders) else 0
    return Refunds(
        id=base + np.arange(len(order)), order=order, at=at[first],
        amount=np.bincount(inverse, amount, len(order)).astype(np.int64),
        reason=draws.pick(orders.key[order], 6, REASON_SHARES), kind=kind[order], line_refund=inverse, line=line,
        line_amount=amount, line_quantity=quantity,
    )  # fmt: skip
