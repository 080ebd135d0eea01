"""Ten thousand people at a time: who they are, where they shop, when they came and how often they buy."""

from dataclasses import dataclass

import numpy as np

from scrm.demo import days, names
from scrm.demo.draws import Array, Draws, of_table, poisson
from scrm.demo.world import FIRST_CUSTOMER, World

# archetype: share, gamma shape, orders a year, share of each group F S K H M G, median of the active life in months
COFFEE, SPORT, HOME, SKIN, GIFT, DEAL, LOYAL, ONCE = range(8)
SHARES = [14, 18, 15, 12, 13, 16, 8, 4]
SHAPES = [2.2, 1.4, 0.9, 1.6, 0.8, 1.0, 2.5, 1.0]
RATES = [26, 5.5, 2.0, 5.2, 1.8, 2.4, 20, 0]
LIVES = [36, 36, 36, 36, 36, 36, 80, 0]
MIX = [
    [97, 1, 1, 1, 0, 0], [15, 78, 4, 2.4, 0.6, 0], [5, 6, 6, 77, 3.0, 3], [4, 6, 82, 6.5, 0.5, 1],
    [4, 14, 16, 16, 1, 49], [4, 47, 22, 25.5, 0.5, 1], [16, 34, 26, 18.5, 0.5, 5], [20, 30, 20, 19, 1, 10],
]  # fmt: skip
ONLINE = [0.2, 0.36, 0.38, 0.42, 0.36, 0.62, 0.32, 0.4]
# how a second record differs: same phone, phone changed, one digit wrong, another way of writing the name,
# typed for somebody of the family, masked by the marketplace, day and month of birth swapped
SAME, CHANGED, DIGIT, NICKNAME, FAMILY, MASKED, SWAPPED = range(7)
TWINS = [30, 18, 9, 22, 8, 8, 5]
MONTH = 30.4375


@dataclass
class People:
    """Columns, one place per person of the block."""

    n: Array
    id: Array
    archetype: Array
    store: Array  # index
    locale: Array
    joined: Array  # seconds
    joined_day: Array  # of the window, may be negative
    buys_at_once: Array
    first: Array  # two spells of activity, in days of the window; empty when last < first
    last: Array
    first2: Array
    last2: Array
    orders: Array
    orders2: Array
    rate: Array
    purse: Array
    online: Array
    company: Array
    born_online: Array
    twin_of: Array  # n of the person this record repeats, or -1
    twin_way: Array  # which of the usual ways, or -1
    born: dict[str, Array]


def block(world: World, first: int, last: int) -> People:
    """The people first … last − 1 (last may cut the block short: nobody changes by it)."""
    draws = Draws(world.seed, "people")
    n = np.arange(first, last)
    twin = (draws.u(n, 40) < 0.0245) & (n % 10_000 > 0)
    way = np.where(twin, draws.pick(n, 41, TWINS), -1)
    who = np.where(twin, n - 1, n)  # a second record is of the same person
    archetype = draws.pick(n, 0, SHARES)
    store = draws.pick(who, 1, world.store_weight)
    joined_day = np.maximum(_joined(draws, n), world.opened[store] + 3 * draws.u(n, 9))
    joined_day = np.minimum(joined_day, days.WINDOW - 1)
    scene = np.full(len(n), days.SCENES.index("online"))
    day = np.floor(joined_day).astype(np.int64)
    joined = np.minimum(world.days.epoch(day) + days.seconds_of_day(draws.u(n, 10), draws.u(n, 11), scene),
                        world.now - 900)  # fmt: skip
    rate = np.zeros(len(n))
    for kind, (shape, mean) in enumerate(zip(SHAPES, RATES, strict=True)):
        mine = archetype == kind
        rate[mine] = of_table(draws.u(n[mine], 2), world.gamma[shape]) * mean
    first1, last1, first2, last2 = _lives(draws, n, archetype, joined_day)
    years = np.maximum(last1 - first1, 0) / 365.25
    years2 = np.maximum(last2 - first2, 0) / 365.25
    company = (draws.u(n, 12) < 0.008) & (archetype != ONCE)
    inside = joined_day >= 0
    registered_only = inside & (draws.u(n, 13) < 0.077)
    rate = np.where(registered_only, 0.0, rate + company * 2.5)
    hong_kong = world.is_hong_kong[store]
    locale = np.where(hong_kong & (draws.u(n, 14) < 0.86), 1, np.where(
        draws.u(n, 15) < 0.045, 1, np.where(draws.u(n, 16) < 0.02, 2, 0)))  # fmt: skip
    online = np.clip(np.array(ONLINE)[archetype] + 0.3 * draws.normal(n, 52), 0.02, 0.97)
    return People(
        n=n, id=n + FIRST_CUSTOMER, archetype=archetype, store=store, locale=locale, joined=joined,
        joined_day=day, buys_at_once=inside & ~registered_only,
        first=first1, last=last1, first2=first2, last2=last2,
        orders=np.where(last1 > first1, poisson(draws.u(n, 4), rate * years), 0),
        orders2=np.where(last2 > first2, poisson(draws.u(n, 5), rate * years2), 0),
        rate=rate, purse=np.exp(0.75 * draws.normal(n, 50)), online=online, company=company,
        born_online=draws.u(n, 19) < online, twin_of=np.where(twin, who, -1), twin_way=way,
        born=_born(draws, n, who, way, hong_kong),
    )  # fmt: skip


def _joined(draws: Draws, n: Array) -> Array:
    """Day of joining: 22 % in the two years before the window, the rest with linear growth."""
    u, v = draws.u(n, 7), draws.u(n, 8)
    months = np.arange(36)
    month = np.searchsorted(np.cumsum(1 + 0.03 * months) / (1 + 0.03 * months).sum(), v).clip(0, 35)
    inside = (month + draws.u(n, 18)) * (days.WINDOW / 36)
    return np.where(u < 0.22, -730 * v, inside)


def _lives(draws: Draws, n: Array, archetype: Array, joined: Array) -> tuple[Array, Array, Array, Array]:
    mean = np.array(LIVES)[archetype] * MONTH / np.log(2)
    life = -np.log(draws.u(n, 24)) * mean
    ended = joined + life
    first, last = np.maximum(joined, 0), np.minimum(ended, days.WINDOW - 1)
    back = (draws.u(n, 25) < 0.07) & (mean > 0)
    again = ended + 240 * np.exp(0.4 * draws.normal(n, 26))
    over = again - np.log(draws.u(n, 28)) * mean
    first2 = np.where(back, np.maximum(again, 0), days.WINDOW)
    return first, last, first2, np.where(back, np.minimum(over, days.WINDOW - 1), -1)


def _born(draws: Draws, n: Array, who: Array, way: Array, hong_kong: Array) -> dict[str, Array]:
    """Age, birthday and names; a second record differs from the first in one of the usual ways."""
    age = np.clip(34 + 9 * draws.normal(who, 54), 16, 78).astype(np.int64)
    seed = draws_seed(draws)
    names_ = names.people(Draws(seed, "names"), who, age, hong_kong)
    other = names.people(Draws(seed, "names"), n, age, hong_kong)
    for part in ("given", "given_hant"):
        names_[part] = np.where(way == FAMILY, other[part], names_[part])
    month, day = 1 + draws.below(who, 33, 12), 1 + draws.below(who, 34, 28)
    swapped = (way == SWAPPED) & (day <= 12)
    month, day = np.where(swapped, day, month), np.where(swapped, month, day)
    nameless = (way == NICKNAME) & (draws.u(n, 42) < 0.6)
    known_day = (draws.u(who, 32) < 0.63) & ~nameless & (way != MASKED) & (way != FAMILY)
    return {"age": age, "age_known": draws.u(who, 31) < 0.41, "day_known": known_day, "month": month, "day": day,
            "nameless": nameless, "masked": way == MASKED, "pinyin": (way == NICKNAME) & ~nameless,
            "odd_date": draws.u(n, 35) < 0.003, **names_}  # fmt: skip


def draws_seed(draws: Draws) -> int:
    """A seed for a table that hangs on this one."""
    return int(draws.base[0] & np.uint64(0x7FFFFFFF))
