"""What happened around the purchases: visits with things tried on, and sittings in the shops online."""

from dataclasses import dataclass

import numpy as np

from scrm.demo import days
from scrm.demo.baskets import Lines
from scrm.demo.draws import Array, Draws, of_table, poisson, spread
from scrm.demo.orders import APP, TILL, Orders
from scrm.demo.people import MIX, People
from scrm.demo.world import SPAN, F, S, World

KEPT_DAYS = 90
REFUSALS = ["太紧", "裤长", "颜色", "价格", "面料"]
REFUSAL_SHARES = [31, 24, 18, 15, 12]
RECOGNISED = ["tail", "qr", "code"]
SITES = ["app", "mini", "web"]


@dataclass
class Visits:
    id: Array
    person: Array
    store: Array
    received_by: Array
    by: Array
    at: Array
    minutes: Array
    trial_visit: Array  # index, one place per piece tried on
    trial_sku: Array
    trial_result: Array  # 0 bought, 1 put aside, 2 refused
    trial_reason: Array


@dataclass
class Sessions:
    id: Array
    key: Array
    person: Array
    at: Array
    seconds: Array
    views: Array
    site: Array
    group: Array
    sku: Array  # what was looked at first


def visits(world: World, people: People, orders: Orders, lines: Lines) -> Visits:
    """Recognised visits: some before a purchase at a store till, some without one."""
    draws = Draws(world.seed, "visits")
    known = ~orders.guest & (orders.way == TILL) & (orders.group != F)
    with_order = np.flatnonzero(known & (draws.u(orders.key, 0) < 0.108))
    years = np.maximum(people.last - people.first, 0) / 365.25
    person, running = spread(poisson(draws.u(people.n, 1), 0.07 * years))
    key = people.n[person] * 64 + running
    day = world.days.draw(draws.u(key, 2), days.curve_of(world.store_scene[people.store[person]], 0),
                          people.first[person].astype(np.int64), people.last[person].astype(np.int64))  # fmt: skip
    alone_at = world.days.epoch(day) + days.seconds_of_day(
        draws.u(key, 3), draws.u(key, 4), world.store_scene[people.store[person]]
    )
    minutes_with = _dwell(draws, orders.key[with_order], 5)
    keys = np.concatenate([orders.key[with_order] * 2 + 1, key * 2])
    who = np.concatenate([orders.person[with_order], person])
    at = np.concatenate([orders.placed[with_order] - minutes_with * 50, alone_at])
    minutes = np.concatenate([minutes_with, _dwell(draws, key, 5)])
    store = np.concatenate([orders.store[with_order], people.store[person]])
    order = np.concatenate([with_order, np.full(len(person), -1)])
    kept = (at + minutes * 60 <= world.now) & (at >= people.joined[who] - 3600)
    sort = np.lexsort((at[kept], who[kept]))
    keys, who, at, minutes, store, order = (c[kept][sort] for c in (keys, who, at, minutes, store, order))
    staff = world.staff[store, draws.below(keys, 8, world.staff.shape[1])]
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    tried = _trials(world, draws, people, orders, lines, keys, who, order)
    return Visits(base + np.arange(len(who)), who, store, staff, draws.pick(keys, 9, [61, 27, 12]), at, minutes, *tried)


def _dwell(draws: Draws, key: Array, k: int) -> Array:
    return np.clip(np.exp(np.log(11) + 0.6 * draws.normal(key, k)), 1, 120).astype(np.int64)


def _trials(
    world: World, draws: Draws, people: People, orders: Orders, lines: Lines, keys: Array, who: Array, order: Array
) -> tuple[Array, Array, Array, Array]:
    """In 37 % of the visits for worn things: 2.3 pieces, 44 % of them bought."""
    first_line = np.searchsorted(lines.order, order.clip(0))
    sport = np.where(order >= 0, orders.group[order.clip(0)] == S, np.array(MIX)[people.archetype[who], 1] > 30)
    tries = sport & (draws.u(keys, 10) < 0.37)
    visit, running = spread(np.where(tries, 1 + poisson(draws.u(keys, 11), 1.3), 0))
    key = keys[visit] * 16 + running
    pool, cumulated = world.choices[S, "AW"]
    sku = pool[np.searchsorted(cumulated, draws.u(key, 12)).clip(0, len(pool) - 1)]
    bought = (order[visit] >= 0) & ((running == 0) | (draws.u(key, 13) < 0.18))
    sku = np.where((order[visit] >= 0) & (running == 0), lines.sku[first_line[visit].clip(0, len(lines) - 1)], sku)
    result = np.where(bought, 0, np.where(draws.u(key, 14) < 0.12, 1, 2))
    return visit, sku, result, draws.pick(key, 15, REFUSAL_SHARES)


def sessions(world: World, people: People, orders: Orders) -> Sessions:
    """0.7 per order in the fortnight before it, and others as people like; in a capped load only the last ninety days."""
    draws = Draws(world.seed, "sessions")
    since = world.days.epoch(np.array([days.WINDOW - 1 - KEPT_DAYS]))[0] if world.capped else 0
    before = np.flatnonzero(
        ~orders.guest & (orders.group != F) & (draws.u(orders.key, 0) < np.where(orders.way >= APP, 0.86, 0.40))
    )
    twice = before[draws.u(orders.key[before], 1) < 0.45]
    near = np.concatenate([before, twice])
    copy_number = np.concatenate([np.zeros(len(before), np.int64), np.ones(len(twice), np.int64)])
    near_key = orders.key[near] * 4 + copy_number
    lead = np.floor(14 * draws.u(near_key, 2) ** 2)
    near_at = orders.placed[near] - (lead * 86400).astype(np.int64) - 600 - draws.below(near_key, 3, 40_000)

    length = np.maximum(people.last - people.first, 0) + np.maximum(people.last2 - people.first2, 0)
    liking = of_table(draws.u(people.n, 4), world.gamma[0.6]) * 9
    liking = np.where(people.rate > 0, liking, liking * 0.05)
    person, running = spread(np.minimum(poisson(draws.u(people.n, 5), liking * length / 365.25), 400))
    key = people.n[person] * 512 + running
    scene = np.full(len(key), days.SCENES.index("online"))
    day = world.days.draw(draws.u(key, 6), days.curve_of(scene, 0), people.first[person].astype(np.int64),
                          people.last[person].astype(np.int64))  # fmt: skip
    at = world.days.epoch(day) + days.seconds_of_day(draws.u(key, 7), draws.u(key, 8), scene)

    keys = np.concatenate([near_key * 2 + 1, key * 2])
    who = np.concatenate([orders.person[near], person])
    at = np.concatenate([near_at, at])
    group = np.concatenate([orders.group[near], _liked(draws, people, person, key)])
    sku = np.concatenate([orders.first[near], np.full(len(key), -1)])
    kept = (at >= since) & (at < world.now - 3600)
    sort = np.lexsort((at[kept], who[kept]))
    keys, who, at, group, sku = (column[kept][sort] for column in (keys, who, at, group, sku))
    sku = np.where((sku >= 0) & (world.sku_group[sku.clip(0)] < 7), sku, _looked_at(world, draws, keys, group))
    views = 1 + np.minimum(draws.geometric(keys, 9, 0.19), 60)
    seconds = views * (25 + draws.below(keys, 10, 60))
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    return Sessions(base + np.arange(len(keys)), keys, who, at, seconds, views, draws.pick(keys, 11, [44, 46, 10]),
                    group, sku)  # fmt: skip


def _liked(draws: Draws, people: People, person: Array, key: Array) -> Array:
    mix = np.cumsum(np.array(MIX, float), axis=1)
    mix /= mix[:, -1:]
    return (draws.u(key, 12)[:, None] > mix[people.archetype[person]]).sum(axis=1).clip(0, 5)


def _looked_at(world: World, draws: Draws, key: Array, group: Array) -> Array:
    sku = np.zeros(len(key), np.int64)
    for code in range(7):
        pool, cumulated = world.choices[code, "AW"]
        mine = np.flatnonzero(group == code)
        sku[mine] = pool[np.searchsorted(cumulated, draws.u(key[mine], 13)).clip(0, len(pool) - 1)]
    return sku
