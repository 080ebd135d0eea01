"""What lies in a basket: goods near the intended amount, pairs, fees, and the exact money of every line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scrm.demo import days, goods
from scrm.demo.draws import Array, Draws, poisson, spread
from scrm.demo.world import SPAN, B, F, G, H, K, M, S, World

if TYPE_CHECKING:
    from scrm.demo.orders import Orders

MORE = {F: 0.28, S: 0.8, K: 0.9, H: 0.3, M: 0.15, G: 0.7, B: 0.6}  # mean of further lines
CANDIDATES = 8
APP, PLAT, B2B = 2, 5, 6


@dataclass
class Lines:
    """Columns, one place per line, in the order of the orders."""

    id: Array
    order: Array  # index
    ref: Array
    sku: Array  # index
    quantity: Array
    unit: Array  # minor units of the order's currency
    discount: Array
    total: Array

    def __len__(self) -> int:
        return len(self.id)


def fill(world: World, draws: Draws, orders: "Orders") -> Lines:
    """Choose the goods, work out the money, and note totals on the orders."""
    order, ref, sku, quantity = _goods(world, draws, orders)
    order, ref, sku, quantity = _with_pairs(world, draws, orders, order, ref, sku, quantity)
    order, ref, sku, quantity = _with_false_friends(world, draws, orders, order, ref, sku, quantity)
    order, ref, sku, quantity = _with_fees(world, draws, orders, order, ref, sku, quantity)
    sorted_ = np.lexsort((ref, order))
    order, ref, sku, quantity = order[sorted_], ref[sorted_], sku[sorted_], quantity[sorted_]

    unit = world.price[sku]
    hkd = orders.hkd[order]
    unit = np.where(hkd, np.round(unit / 0.92 / 100).astype(np.int64) * 100, unit)
    gross = unit * quantity
    size = len(orders.key)
    sums = np.bincount(order, gross, size)
    points = _points(draws, orders, sums * (1 - orders.discount_share))
    keep = (1 - orders.discount_share) - points / np.maximum(sums, 1)
    fee = np.isin(sku, _fees(world))
    total = np.where(fee, gross, np.floor(gross * keep[order] + 0.5)).astype(np.int64)
    rounding = sku == world.index("Z-ROUND")
    total = np.where(rounding, -(draws.below(orders.key[order], 60, 5)), total)
    unit = np.where(rounding, total, unit)
    gross = np.where(rounding, total, gross)
    sums = np.bincount(order, total, size).astype(np.int64)
    goods_ = ~np.isin(world.sku_group[sku], [7])
    orders.total = sums
    orders.discount = np.bincount(order, gross - total, size).astype(np.int64)
    orders.pieces = np.bincount(order, quantity * goods_, size).astype(np.int64)
    first = np.zeros(size, np.int64)
    first[order[::-1]] = sku[::-1]
    orders.first = first
    lines_id = orders.id[0] // SPAN * SPAN + np.arange(len(order)) if len(order) else order
    return Lines(lines_id, order, ref, sku, quantity, unit, gross - total, total)


def _goods(world: World, draws: Draws, orders: "Orders") -> tuple[Array, Array, Array, Array]:
    more = np.array([MORE[group] for group in range(7)])[orders.group]
    count = np.minimum(1 + poisson(draws.u(orders.key, 30), more), 6)
    order, running = spread(count)
    key = orders.key[order] * 16 + running
    group = orders.group[order]
    part = 0.35 + draws.u(key, 31)
    part /= np.bincount(order, part, len(orders.key))[order]
    wanted = np.maximum(orders.target[order] * part, 500)
    month = world.days.month_of(orders.day)[order]
    spring = (month >= 3) & (month <= 8)
    past = (draws.u(key, 32) < np.where(orders.discount_share[order] > 0, 0.3, 0.06)) & (group == S)
    sku = np.zeros(len(order), np.int64)
    for code in range(7):
        for season, when in (("SS", spring & ~past), ("AW", ~spring & ~past), ("past", past)):
            mine = np.flatnonzero((group == code) & when)
            if mine.size:
                sku[mine] = _choose(world, draws, key[mine], wanted[mine], code, season)
    quantity = np.ones(len(order), np.int64)
    ratio = wanted / world.price[sku]
    many = (group != F) & (ratio > 1.6)
    limit = np.where(group == B, 60, np.where(group == M, 1, 3))
    quantity[many] = np.minimum(np.round(ratio[many]), limit[many]).astype(np.int64)
    return order, running, sku, quantity


def _choose(world: World, draws: Draws, key: Array, wanted: Array, group: int, season: str) -> Array:
    """Of a few goods drawn by liking, the one whose price lies next to the wanted amount; coffee just as it falls."""
    pool, cumulated = world.choices[group, season]
    tries = 1 if group == F else CANDIDATES
    best, distance = np.zeros(len(key), np.int64), np.full(len(key), np.inf)
    for attempt in range(tries):
        found = pool[np.searchsorted(cumulated, draws.u(key, 33 + attempt)).clip(0, len(pool) - 1)]
        off = np.abs(np.log(world.price[found] / wanted))
        nearer = off < distance
        best[nearer], distance[nearer] = found[nearer], off[nearer]
    return best


def _with_pairs(world: World, draws: Draws, orders: "Orders", *lines: Array) -> tuple[Array, ...]:
    """Add what goes with the first thing of the basket, as often as it does."""
    order, running, sku, _quantity = lines
    leading = np.flatnonzero(running == 0)
    parent = world.parent[sku[leading]]
    chance = draws.u(orders.key, 45)
    extra_order, extra_sku, extra_ref = [], [], []
    lefts = [left for left, _right, _share in goods.PAIRS]
    for rule, (left, right, share) in enumerate(goods.PAIRS):
        holds = leading[parent == world.parents.index(left)]
        # Pairs of one left use different parts of one draw, so that they do not come together more than apart.
        u = (chance[order[holds]] + rule * 0.37) % 1.0
        taken = order[holds[u < share]]
        variants = world.variants[right]
        extra_order.append(taken)
        extra_ref.append(np.full(len(taken), 6 + lefts[:rule].count(left)))
        extra_sku.append(variants[draws.below(orders.key[taken], 46, len(variants))])
    added = np.concatenate(extra_order)
    more = (added, np.concatenate(extra_ref), np.concatenate(extra_sku), np.ones(len(added), np.int64))
    return tuple(np.concatenate([old, new]) for old, new in zip(lines, more, strict=True))


def _with_false_friends(world: World, draws: Draws, orders: "Orders", *lines: Array) -> tuple[Array, ...]:
    """Two things of the last year's baskets in one kind of store, drawn apart from each other and from all else."""
    there = (orders.store >= 0) & world.is_hall[orders.store] & (orders.day >= days.WINDOW - 365)
    parts = []
    for place, (article, share) in enumerate(goods.FALSE_FRIENDS):
        taken = np.flatnonzero(there & (draws.u(orders.key, 61 + place) < share))
        variants = world.variants[article]
        sku = variants[draws.below(orders.key[taken], 63 + place, len(variants))]
        parts.append((taken, np.full(len(taken), 10 + place), sku, np.ones(len(taken), np.int64)))
    columns = zip(lines, *parts, strict=True)
    return tuple(np.concatenate(column) for column in columns)


def _with_fees(world: World, draws: Draws, orders: "Orders", *lines: Array) -> tuple[Array, ...]:
    """Delivery, wrapping, rounding of cash: lines that are no goods."""
    every = np.arange(len(orders.key))
    u = draws.u(orders.key, 47)
    delivery = (orders.way >= APP) & (orders.way < PLAT) & (orders.group != F) & (orders.target < 15_000) & (u < 0.6)
    wrap = (orders.group == G) & (orders.way < PLAT) & (u > 0.88)
    rounding = is_cash(draws, orders) & (orders.discount_share > 0)
    parts = []
    for code, where, ref in (("Z-DELIVERY", delivery, 12), ("Z-WRAP", wrap, 13), ("Z-ROUND", rounding, 14)):
        mine = every[where]
        sku = np.full(len(mine), world.index(code))
        parts.append((mine, np.full(len(mine), ref), sku, np.ones(len(mine), np.int64)))
    columns = zip(lines, *parts, strict=True)
    return tuple(np.concatenate(column) for column in columns)


def is_cash(draws: Draws, orders: "Orders") -> Array:
    return (orders.way < APP) & (draws.u(orders.key, 50) < 0.038)


def _fees(world: World) -> list[int]:
    return [world.index(code) for code in ("Z-DELIVERY", "Z-WRAP", "Z-ROUND")]


def _points(draws: Draws, orders: "Orders", gross: Array) -> Array:
    """Points in steps of ¥1, at most half of the bill."""
    uses = draws.u(orders.key, 48) < 0.11
    wanted = np.floor(np.exp(np.log(9.5) + 0.85 * draws.normal(orders.key, 56))) * 100
    return np.where(uses & (orders.group != B), np.minimum(wanted, np.floor(gross * 0.5 / 100) * 100), 0)
