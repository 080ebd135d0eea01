"""The orders of a block: when, where, by which way, what is in them, what they cost."""

from dataclasses import dataclass

import numpy as np

from scrm.demo import baskets, days
from scrm.demo.draws import Array, Draws, spread
from scrm.demo.people import DEAL, GIFT, LOYAL, MIX, People
from scrm.demo.world import SPAN, B, F, G, H, K, M, S, World

# ways: store till, coffee till, app, mini-programme, web, marketplace, business
TILL, COFFEE_TILL, APP, MINI, WEB, PLAT, B2B = range(7)
CHANNELS = ["store", "store", "app", "mini", "web", "web", "phone"]
SOURCES = ["pos", "pos", "shop", "shop", "shop", "plat", "b2b"]
PREFIXES = ["A-", "C-", "W-", "W-", "W-", "P-", "B-"]
# What is aimed at before pairs and further lines are added: the median that comes out stands at the right.
MEDIANS = {
    S: (290, 0.60),  # 389
    K: (188, 0.55),  # 246
    H: (120, 0.90),  # 268
    M: (5600, 0.45),
    G: (285, 0.50),  # 299
    B: (4600, 1.0),
}


@dataclass
class Orders:
    """Columns, one place per order, in the order of people and running number."""

    id: Array
    key: Array  # what the draws of an order hang on
    person: Array  # index in the block
    guest: Array
    group: Array
    way: Array
    store: Array  # index, or -1 online
    placed: Array  # seconds
    day: Array  # of the window
    hkd: Array
    rate: Array  # base currency per unit
    discount_share: Array
    target: Array  # minor units of the base currency, before the discount
    cancelled: Array
    total: Array  # filled by the lines
    discount: Array
    pieces: Array
    first: Array

    def __len__(self) -> int:
        return len(self.id)


def block(world: World, people: People, number: int) -> tuple[Orders, "baskets.Lines"]:
    """The orders of these people and of the guests beside them, with their lines."""
    draws = Draws(world.seed, "orders")
    person, running, start, end = _spells(people)
    key = people.n[person] * 8192 + running
    group = _groups(draws, people, person, key)
    way = _ways(draws, people, person, key, group)
    group = np.where(way == B2B, B, group)
    store = _stores(world, draws, people, person, key, group, way)
    person, running, key, group, way, store, start, end, guest = _with_guests(
        draws, person, running, key, group, way, store, start, end
    )
    online = way >= APP
    scene = np.where(online | (store < 0), days.SCENES.index("online"), world.store_scene[store])
    archetype = people.archetype[person]
    purpose = np.where(
        group == F, 1, np.where((archetype == GIFT) & (group != F), 2, np.where(archetype == DEAL, 3, 0))
    )
    at_once = (running % 4096 == 0) & (start == end) & ~guest
    day = world.days.draw(draws.u(key, 6), days.curve_of(scene, purpose), start, end)
    day = np.where(at_once, start, day)
    sunday = (day + days.day_number(world.days.start) + 3) % 7 == 6
    day = np.where(~online & sunday & world.closed_sunday[store], np.minimum(day + 1, days.WINDOW - 1), day)
    placed = world.days.epoch(day) + days.seconds_of_day(draws.u(key, 7), draws.u(key, 8), scene)
    placed = np.where(at_once, people.joined[person] + 120 + draws.below(key, 9, 480), placed)
    placed = _one_wrong_clock(world, placed, day, store, online)
    hkd = (store >= 0) & world.is_hong_kong[store] & ~online
    rate = np.where(hkd, np.round(0.92 + 0.012 * np.sin(day / 37.0), 4), 1.0)
    cut = _depths(world, draws, key, group, archetype)
    orders = Orders(
        id=np.empty(0), key=key, person=person, guest=guest, group=group, way=way, store=store, placed=placed, day=day,
        hkd=hkd, rate=rate, discount_share=cut, target=_targets(draws, people, person, key, group, archetype, cut),
        cancelled=(way >= APP) & (way != B2B) & (draws.u(key, 20) < 0.045),
        total=np.empty(0), discount=np.empty(0), pieces=np.empty(0), first=np.empty(0),
    )  # fmt: skip
    orders = _only(orders, (placed <= world.now))
    orders.id = (number + 1) * SPAN + np.arange(len(orders.key))
    return orders, baskets.fill(world, draws, orders)


def _only(orders: Orders, kept: Array) -> Orders:
    for name, column in vars(orders).items():
        if len(column) == len(kept):
            setattr(orders, name, column[kept])
    return orders


def _spells(people: People) -> tuple[Array, Array, Array, Array]:
    """Per order: the person, a running number, and the days between which it falls."""
    once = people.buys_at_once.astype(np.int64)
    parts = []
    for counts, first, last, base in (
        (once, people.joined_day, people.joined_day, 0),
        (people.orders, people.first, people.last, 1),
        (people.orders2, people.first2, people.last2, 4097),
    ):
        person, running = spread(np.minimum(counts, 4000))
        parts.append((person, running + base, first[person].astype(np.int64), last[person].astype(np.int64)))
    person, running, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((running, person))
    return person[order], running[order], start[order], end[order]


def _groups(draws: Draws, people: People, person: Array, key: Array) -> Array:
    mix = np.cumsum(np.array(MIX, float), axis=1)
    mix /= mix[:, -1:]
    codes = np.array([F, S, K, H, M, G])
    return codes[(draws.u(key, 1)[:, None] > mix[people.archetype[person]]).sum(axis=1).clip(0, 5)]


def _ways(draws: Draws, people: People, person: Array, key: Array, group: Array) -> Array:
    u, v = draws.u(key, 2), draws.u(key, 3)
    coffee = np.select([v < 0.76, v < 0.96], [COFFEE_TILL, MINI], TILL)
    online = np.select([v < 0.50, v < 0.60, v < 0.715], [APP, MINI, WEB], PLAT)
    way = np.where(group == F, coffee, np.where(u < people.online[person], online, TILL))
    return np.where(people.company[person] & (group != F) & (draws.u(key, 4) < 0.85), B2B, way)


def _stores(world: World, draws: Draws, people: People, person: Array, key: Array, group: Array, way: Array) -> Array:
    """The home store mostly, else one of the same city; worn things and machines are not sold in express stores."""
    home = people.store[person]
    city = world.store_city[home]
    table, counts = world.any_store
    elsewhere = table[city, draws.below(key, 10, counts[city])]
    store = np.where(draws.u(key, 11) < np.where(group == F, 0.88, 0.78), home, elsewhere)
    large, large_counts = world.large_store
    redirected = large[city, draws.below(key, 12, large_counts[city])]
    store = np.where((group != F) & world.is_express[store], redirected, store)
    pick_up = (way == MINI) & (group == F)
    return np.where((way <= COFFEE_TILL) | pick_up | (way == APP) & (draws.u(key, 13) < 0.12), store, -1)


def _with_guests(draws: Draws, *columns: Array) -> tuple[Array, ...]:
    """Beside every few orders stands one of somebody who gave no name."""
    key, way = columns[2], columns[4]  # person, running, key, group, way, …
    beside = draws.u(key, 14) < np.where(way < APP, 0.17 / 0.83, np.where(way == B2B, 0, 0.03 / 0.97))
    order = np.argsort(np.concatenate([np.arange(len(key)) * 2, np.flatnonzero(beside) * 2 + 1]), kind="stable")
    mixed = [np.concatenate([column, column[beside]])[order] for column in columns]
    guest = np.concatenate([np.zeros(len(key), bool), np.ones(int(beside.sum()), bool)])[order]
    mixed[2] = mixed[2] * 2 + guest  # a key of its own
    # A guest comes on any day of the time that the person beside is about.
    return *mixed, guest


def _depths(world: World, draws: Draws, key: Array, group: Array, archetype: Array) -> Array:
    chance = np.where(group == F, 0.06, np.where(archetype == DEAL, 0.8, 0.31))
    depth = world.depth[draws.below(key, 15, len(world.depth))]
    return np.where((draws.u(key, 16) < chance) & (group != B), np.minimum(np.round(depth, 2), 0.6), 0.0)


def _targets(
    draws: Draws, people: People, person: Array, key: Array, group: Array, archetype: Array, cut: Array
) -> Array:
    median, sigma = np.ones(len(key)), np.ones(len(key))
    for code, (middle, spread_) in MEDIANS.items():
        median[group == code], sigma[group == code] = middle, spread_
    small = (group != F) & (group != M) & (group != B)
    for kind, middle, spread_ in ((DEAL, 130, 0.75), (LOYAL, 60, 1.15)):
        median[(archetype == kind) & small], sigma[(archetype == kind) & small] = middle, spread_
    purse = np.where(group == M, 1.0, people.purse[person])
    return 100 * median * np.exp(sigma * draws.normal(key, 17)) * purse / (1 - cut)


def _one_wrong_clock(world: World, placed: Array, day: Array, store: Array, online: Array) -> Array:
    """The second till of Xuhui ran eight hours ahead for three days."""
    codes = list(world.store_code)
    wrong = ~online & (store == codes.index("SH03")) & (day >= days.WINDOW - 240) & (day < days.WINDOW - 237)
    return placed + np.where(wrong & (placed % 3 == 0), 8 * 3600, 0)
