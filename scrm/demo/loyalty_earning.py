"""What each purchase of a block earns, by the rules that are set up, and what refunds take back."""

from dataclasses import dataclass

import numpy as np

from loyalty.earning import _shared
from scrm.demo.baskets import Lines
from scrm.demo.draws import Array
from scrm.demo.loyalty_levels import BLACK, Standing
from scrm.demo.money import GIFT_CARD, Payments, Refunds
from scrm.demo.orders import Orders
from scrm.demo.world import World

COFFEE_LETTER, NO_GOODS = 3, 7
TOPS = np.array([0, 0, 0, 1, 2, 3, 4, 0])  # of the letters Y R C F H K B: place in TOP_CATEGORIES
DAY = 86400


@dataclass
class Basis:
    """Minor units of the house currency that earn, one place per order: by the base rule, in the coffee corner."""

    other: Array
    coffee: Array
    tenders: Array  # left out: paid by what earns nothing
    lines: Array  # left out: fees and roundings


@dataclass
class Points:
    """Per order and rule."""

    base: Array
    coffee: Array
    tuesday: Array


def home(amount: Array, rate: Array) -> Array:
    """Minor units in the house currency, half up; rates have four digits."""
    rate4 = np.floor(rate * 10_000 + 0.5).astype(np.int64)
    return np.where(rate4 == 10_000, amount, (2 * amount * rate4 + 10_000) // 20_000)


def bases(world: World, orders: Orders, lines: Lines, paid: Payments, gone: Array | None = None) -> Basis:
    """`gone` of each line (in the order's currency) went back."""
    size = len(orders)
    net = home(lines.total, orders.rate[lines.order])
    if gone is not None:
        net = np.maximum(net - home(gone, orders.rate[lines.order]), 0)
    letter = world.sku_group[lines.sku]
    earns = (letter != NO_GOODS) & (net > 0)
    everything = _per(lines.order, net, size)
    coffee = _per(lines.order, net * (earns & (letter == COFFEE_LETTER)), size)
    other = _per(lines.order, net * (earns & (letter != COFFEE_LETTER)), size)
    whole = coffee + other
    cards = paid.kind == GIFT_CARD
    unearning = home(_per(paid.order[cards], paid.amount[cards], size), orders.rate)
    bottom = np.maximum(np.maximum(everything, whole), 1)
    taken = np.minimum(whole, (2 * unearning * whole + bottom) // (2 * bottom)) * (unearning > 0)
    from_coffee = np.where(other == 0, taken, 0)
    for one in np.flatnonzero((taken > 0) & (other > 0) & (coffee > 0)):
        first, last = np.searchsorted(lines.order, [one, one + 1])
        mine = np.flatnonzero(earns[first:last]) + first
        shared = np.array(_shared(int(taken[one]), [int(each) for each in net[mine]]))
        from_coffee[one] = int((net[mine] - shared)[letter[mine] == COFFEE_LETTER].sum())
    return Basis(other - (taken - from_coffee), coffee - from_coffee, taken, everything - whole)


def _per(order: Array, amount: Array, size: int) -> Array:
    return np.bincount(order, amount, size).astype(np.int64)


def points(world: World, orders: Orders, basis: Basis, levels: Standing) -> Points:
    """Half up, once over the whole purchase, in two hundredths of a point."""
    day = world.days.date_of(orders.placed)
    black = (levels.rank[orders.person] == BLACK) & (day >= levels.since[orders.person])
    factor = np.where(black, 3, 2)
    first = (basis.other * factor + 100) // 200
    both = ((basis.other + basis.coffee) * factor + 100) // 200
    double = (day + 3) % 7 == 1
    all_ = ((basis.other + basis.coffee * np.where(double, 2, 1)) * factor + 100) // 200
    return Points(first, both - first, all_ - both)


def gone_of_lines(lines: Lines, back: Refunds) -> Array:
    """What went back of each line; a refund whose sale is not here yet takes back nothing."""
    found = ~is_lost(back)[back.line_refund]
    return _per(back.line[found], back.line_amount[found], len(lines))


def is_lost(back: Refunds) -> Array:
    return back.id % 1000 == 13 if len(back.id) else np.zeros(0, bool)


def firsts(world: World, orders: Orders, lines: Lines, mine: Array, gone: Array) -> tuple[Array, Array]:
    """The first purchase of a category that was kept, per person and category: (order, place of the category)."""
    letter = world.sku_group[lines.sku]
    kept = mine[lines.order] & (letter != NO_GOODS) & (lines.total > gone)
    order, top = lines.order[kept], TOPS[letter[kept]]
    sorted_ = np.lexsort((orders.placed[order], top, orders.person[order]))
    order, top = order[sorted_], top[sorted_]
    pair = orders.person[order] * 8 + top
    new = np.append(True, np.diff(pair) != 0)[: len(pair)]
    return order[new], top[new]


def month_after_next_year(day: Array) -> Array:
    """When a lot that counts from a day ends: the first moment after the last day of the twelfth month."""
    month = day.astype("datetime64[D]").astype("datetime64[M]") + 13
    return month.astype("datetime64[D]").astype(np.int64) * DAY - 8 * 3600
