"""A block's coupons, their use at purchases, and the packet night with its amends."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from django.db.models import Count, Sum

from loyalty.codes import _WEIGHTED, SIGNS
from loyalty.models import BudgetShard, CampaignGrant, Coupon, CouponTemplate, Drop, DropTry, Redemption
from scrm.demo import days
from scrm.demo.copying import copy, dates, joined, moments, numbers, words_of
from scrm.demo.draws import Array, Draws, _mix, poisson, spread
from scrm.demo.loyalty_earning import is_lost
from scrm.demo.loyalty_levels import Standing
from scrm.demo.money import Refunds
from scrm.demo.orders import APP, CHANNELS, PLAT, SOURCES, Orders
from scrm.demo.people import COFFEE, LOYAL, SKIN, People
from scrm.demo.rows import order_numbers
from scrm.demo.world import SPAN, F, G, H, K, M, S, World

DAY = 86400
GOLD = 2
PER_HEAD = 2.0  # coupons in three years
# code: share of all coupons, how many of a hundred are used, purchases a head that could use one
CODES: dict[str, tuple[float, float, float]] = {
    "MJ80": (0.20, 11, 0.176), "SOCK0": (0.12, 29, 2.16), "BD10": (0.05, 24, 0.52), "NIGHT": (0.08, 48, 0.113),
    "TH30": (0.08, 21, 0.72), "RAIN": (0.08, 33, 1.43), "TRIP": (0.03, 27, 0.109), "OLD50": (0.10, 8.5, 0.183),
    "STEP3": (0.07, 14, 0.49), "SERUM1": (0.07, 38, 1.38), "FREE0": (0.08, 44, 0.24), "UPG": (0.04, 35, 0.97),
}  # fmt: skip
NAMES = list(CODES)
VALID = {"MJ80": 45, "SOCK0": 60, "BD10": 35, "NIGHT": 56, "TH30": 56, "RAIN": 60, "TRIP": 90, "OLD50": 30, "STEP3": 60,
         "SERUM1": 60, "FREE0": 30, "UPG": 60, "PACKET": 14, "OVER199": 14}  # fmt: skip
ONLINE_FOR_STORE, STORE_FOR_ONLINE = 0.565, 0.088  # given on the other side than where they are used
SINCE = {"NIGHT": 540, "TH30": 540}


@dataclass
class Night:
    """The night of the packets, one place per person: came, got (0 nothing, 1 a packet, 2 one over 199), amends."""

    POINTS = 2000

    tried: Array
    won: Array
    amends: Array
    opened: int
    amends_at: int


def night(world: World, people: People) -> Night:
    draws, n = Draws(world.seed, "night"), people.n
    opened = int(world.days.epoch(np.array([days.WINDOW - 12]))[0]) + 20 * 3600
    there = people.joined < opened - DAY
    came, got = min(0.30, 18_900 / world.customers), min(0.08, 5_000 / world.customers)
    tried = there & (draws.u(n, 1) < came)
    won = np.where(tried & (draws.u(n, 2) < got / came), np.where(draws.u(n, 3) < 0.2, 1, 2), 0)
    amends = tried & (won != 1) & (draws.u(n, 4) < min(0.128, 2_560 / world.customers) / came)
    return Night(tried, won, amends, opened, opened + 16 * 3600)


@dataclass
class Coupons:
    """One place per coupon, by person and moment; `order` is the purchase it was used at, or -1."""

    person: Array
    template: Array  # place in NAMES, or after them the two of the night
    given: Array
    online: Array
    order: Array
    back: Array  # when a refund gave it back, or 0


def block(world: World, people: People, orders: Orders, back: Refunds, levels: Standing, at_night: Night) -> Coupons:
    draws = Draws(world.seed, "coupons")
    used = _used(world, people, orders, levels, draws)
    kept = _unused(world, people, levels, draws)
    won = np.flatnonzero(at_night.won > 0)
    moment = at_night.opened + 1 + (70 * draws.u(people.n[won], 9)).astype(np.int64)
    parts = [used, kept, (won, len(NAMES) - 1 + at_night.won[won], moment, np.ones(len(won), bool),
                          np.full(len(won), -1))]  # fmt: skip
    person, template, given, online, order = (np.concatenate(column) for column in zip(*parts, strict=True))
    returned = np.zeros(max(len(orders), 1), np.int64)
    whole = ~is_lost(back) & (back.amount >= orders.total[back.order])
    returned[back.order[whole]] = back.at[whole]
    gave_back = np.where(order >= 0, returned[order.clip(0)], 0)
    sorted_ = np.lexsort((template, given, person))
    return Coupons(*(column[sorted_] for column in (person, template, given, online, order, gave_back)))


def _fits(world: World, orders: Orders, levels: Standing) -> list[Array]:
    """Per coupon the purchases it could have been used at."""
    group, way, total, off = orders.group, orders.way, orders.total, orders.discount
    mine = ~orders.guest & ~orders.cancelled & ~orders.hkd & (total > 0)
    gold = levels.rank[orders.person] >= GOLD
    office = (orders.store >= 0) & (world.store_scene[orders.store.clip(0)] == days.SCENES.index("office"))
    clock, weekday = (orders.placed + 8 * 3600) % DAY, (world.days.date_of(orders.placed) + 3) % 7
    evening = (clock >= 19 * 3600) & (clock < 22.5 * 3600) & (weekday < 5)
    online, recent = (way >= APP) & (way < PLAT), orders.day >= days.WINDOW - 540
    order = np.lexsort((orders.placed, orders.person, ~mine))
    same = np.append(False, np.diff(orders.person[order]) == 0)[: len(order)]
    gap, before = np.zeros(len(order), np.int64), np.zeros(len(order), bool)
    gap[order] = np.where(same, np.append(0, np.diff(orders.placed[order]))[: len(order)], 0)
    before[order] = same
    fits = {
        "MJ80": np.isin(group, [S, H, M, G]) & (off >= 8000) & (total + 8000 >= 60_000), "SOCK0": group == S,
        "BD10": gold & (group != F) & (off * 10 >= total + off), "NIGHT": (group == F) & office & evening & recent,
        "TH30": (group == F) & office & (total >= 2200) & ~evening & recent, "RAIN": (group == F) & (orders.pieces >= 2),
        "TRIP": np.isin(group, [K, H]) & online & (off * 5 >= total + off), "OLD50": (gap >= 180 * DAY) & (total >= 14_900),
        "STEP3": (group == K) & (orders.pieces >= 3), "SERUM1": group == K, "FREE0": online & ~before,
        "UPG": (group == F) & gold,
    }  # fmt: skip
    return [fits[name] & mine for name in NAMES]


def _used(world: World, people: People, orders: Orders, levels: Standing, draws: Draws) -> tuple[Array, ...]:
    """One coupon at most at a purchase, given some days before it."""
    u, chosen, floor = draws.u(orders.key, 1), np.full(len(orders), -1), np.zeros(len(orders))
    for place, fits in enumerate(_fits(world, orders, levels)):
        share, rate, could = CODES[NAMES[place]]
        chance = PER_HEAD * share * rate / 100 / could
        chosen = np.where((chosen < 0) & fits & (u >= floor) & (u < floor + chance), place, chosen)
        floor = floor + fits * chance
    order = np.flatnonzero(chosen >= 0)
    template, person, key = chosen[order], orders.person[order], orders.key[order]
    lasts = np.array([VALID[name] for name in NAMES])[template]
    placed = orders.placed[order]
    given = placed - ((lasts - 1) * DAY * draws.u(key, 2) ** 2).astype(np.int64) - 600
    given = np.minimum(np.maximum(given, people.joined[person] + 1), placed - 30)
    at_store = orders.way[order] < APP
    online = np.where(at_store, draws.u(key, 3) < ONLINE_FOR_STORE, draws.u(key, 3) >= STORE_FOR_ONLINE)
    return person, template, given, online, order


def _unused(world: World, people: People, levels: Standing, draws: Draws) -> tuple[Array, ...]:
    n, kind = people.n, people.archetype
    drinker, gold = np.isin(kind, [COFFEE, LOYAL]), levels.rank >= GOLD
    audience = {  # whom it is given, and how many of all that is
        "NIGHT": (drinker, 0.22), "TH30": (drinker, 0.22), "RAIN": (drinker, 0.22), "SERUM1": (np.isin(kind, [SKIN, LOYAL]), 0.20),
        "UPG": (gold, 0.10), "BD10": (gold, 0.10),
    }  # fmt: skip
    parts = []
    for place, name in enumerate(NAMES):
        share, rate, _could = CODES[name]
        who, part = audience.get(name, (np.ones(len(n), bool), 1.0))
        count = poisson(draws.u(n, 10 + place), PER_HEAD * share * (1 - rate / 100) / part * who)
        person, running = spread(count)
        key = (n[person] * 16 + running) * 16 + place
        since = np.maximum(people.joined[person] + 60, world.now - SINCE.get(name, days.WINDOW) * DAY)
        given = since + ((world.now - 60 - since) * draws.u(key, 5)).astype(np.int64)
        parts.append((person, np.full(len(person), place), given, draws.u(key, 6) < 0.6, np.full(len(person), -1)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


OFF = {"MJ80": 8000, "TH30": 800, "OLD50": 5000, "FREE0": 800, "RAIN": 1300}


def _off(coupons: Coupons, orders: Orders, used: Array) -> Array:
    order, name = coupons.order[used], np.array([*NAMES, "", ""])[coupons.template[used]]
    total, off = orders.total[order], orders.discount[order]
    share = np.select([name == "BD10", name == "TRIP", name == "STEP3"], [(total + off) // 10, (total + off) // 5,
                                                                         (total * 12 + 44) // 88], 0)  # fmt: skip
    return np.select([name == code for code in OFF], list(OFF.values()), share)


def write(cursor: Any, world: World, people: People, orders: Orders, coupons: Coupons, at_night: Night) -> None:
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    size = len(coupons.person)
    number = base + np.arange(size)
    names = [*NAMES, "PACKET", "OVER199"]
    lasts = np.array([VALID[name] for name in names])[coupons.template]
    until = (world.days.date_of(coupons.given) + lasts + 1) * DAY - 8 * 3600
    stands = (coupons.order >= 0) & (coupons.back == 0)
    state = np.where(stands, 0, np.where(until > world.now, 1, 2))
    of_night = coupons.template >= len(NAMES)
    record = people.id[coupons.person]
    copy(cursor, Coupon, {
        "id": number,
        "template_id": np.array([world.loyalty.templates[name][0] for name in names])[coupons.template],
        "customer_id": record,
        "record": record,
        "nth": _nths(coupons),
        "code": codes_of(world.seed, number),
        "state": words_of(["redeemed", "issued", "expired"], state),
        "drop_id": numbers(np.full(size, world.loyalty.drop), ~of_night),
        "issued_at": moments(coupons.given),
        "valid_from": moments(coupons.given),
        "valid_until": moments(until),
        "channel": words_of(["store", "app", "drop"], np.where(of_night, 2, coupons.online.astype(np.int64))),
        "source": words_of(["", "drop"], of_night.astype(np.int64)),
        "source_ref": joined(words_of(["", f"{world.loyalty.drop}:"], of_night.astype(np.int64)),
                             pa.array(np.where(of_night, record.astype(str), "").astype(object))),
        "held_until": pa.nulls(size, pa.string()),
    })  # fmt: skip
    _write_uses(cursor, world, people, orders, coupons, number)
    _write_night(cursor, world, people, coupons, at_night, number)


def _nths(coupons: Coupons) -> Array:
    """The how-manieth of its template each is for its person."""
    pair = coupons.person * 32 + coupons.template
    order = np.lexsort((coupons.given, pair))
    start = np.append(True, np.diff(pair[order]) != 0)[: len(pair)]
    place = np.arange(len(pair))
    nth = np.empty(len(pair), np.int64)
    nth[order] = place - np.maximum.accumulate(np.where(start, place, 0)) + 1
    return nth


def codes_of(seed: int, number: Array) -> pa.Array:
    """Codes as the house makes them, check sign included; here each hangs on the coupon's number."""
    drawn = _mix(number.astype(np.uint64) + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15))
    weighted, signs = np.array(_WEIGHTED), np.array(list(SIGNS))
    values = [((drawn >> np.uint64(5 * place)) & np.uint64(31)).astype(np.int64) for place in range(11)]
    check = np.zeros(len(number), np.int64)
    for place, value in enumerate(values):
        check ^= weighted[place][value]
    letters = (
        np.stack([signs[value] for value in [*values, check]], axis=1) if len(number) else np.zeros((0, 12), "<U1")
    )
    return pa.array(np.ascontiguousarray(letters).view("<U12").ravel().astype(object), pa.string())


def _write_uses(
    cursor: Any, world: World, people: People, orders: Orders, coupons: Coupons, number: Array
) -> None:  # fmt: skip
    used = np.flatnonzero(coupons.order >= 0)
    order = coupons.order[used]
    store, off, ref = orders.store[order], _off(coupons, orders, used), order_numbers(orders).take(pa.array(order))
    back = coupons.back[used]
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    copy(cursor, Redemption, {
        "id": base + np.arange(len(used)),
        "coupon_id": number[used],
        "record": people.id[coupons.person[used]],
        "at": moments(orders.placed[order]),
        "business_date": dates(world.days.date_of(orders.placed[order])),
        "store_id": numbers(world.store_id[store.clip(0)], store < 0),
        "channel": words_of(CHANNELS, orders.way[order]),
        "source": words_of(SOURCES, orders.way[order]),
        "source_ref": joined("R-", numbers(base - SPAN + 100_000 + np.arange(len(used)))),
        "order_source": words_of(SOURCES, orders.way[order]),
        "order_ref": ref,
        "currency": pa.repeat("CNY", len(used)),
        "off": off,
        "basket": orders.total[order] + off,
        "undone_at": moments(back, back == 0),
        "undone_why": words_of(["", "refund"], (back > 0).astype(np.int64)),
    })  # fmt: skip


def _write_night(
    cursor: Any, world: World, people: People, coupons: Coupons, at_night: Night, number: Array
) -> None:  # fmt: skip
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    draws = Draws(world.seed, "night")
    won = np.zeros(len(people.n), np.int64)
    moment = at_night.opened + 1 + (240 * draws.u(people.n, 6) ** 2).astype(np.int64)
    of_night = np.flatnonzero(coupons.template >= len(NAMES))
    won[coupons.person[of_night]] = number[of_night]
    moment[coupons.person[of_night]] = coupons.given[of_night]
    tried = np.flatnonzero(at_night.tried)
    copy(cursor, DropTry, {
        "id": base + np.arange(len(tried)), "drop_id": np.full(len(tried), world.loyalty.drop),
        "record": people.id[tried], "at": moments(moment[tried]), "coupon_id": numbers(won[tried], won[tried] == 0),
        "told": won[tried] > 0,
    })  # fmt: skip
    amends = np.flatnonzero(at_night.amends)
    arm = _arms(world, people)
    tested = np.flatnonzero(arm > 0)
    who = np.concatenate([amends, tested])
    is_test = np.arange(len(who)) >= len(amends)
    by_person = np.lexsort((is_test, who))
    who, is_test = who[by_person], is_test[by_person]
    begun = int(world.days.epoch(np.array([days.WINDOW - 1 - 70]))[0]) + 9 * 3600
    gave = [
        json.dumps(one)
        for one in ({"points": Night.POINTS}, {"arm": "night"}, {"arm": "threshold"}, {"arm": "control"})
    ]
    copy(cursor, CampaignGrant, {
        "id": base + np.arange(len(who)),
        "campaign_id": np.where(is_test, world.loyalty.campaigns["overtime"], world.loyalty.campaigns["packet-night-amends"]),
        "customer_id": people.id[who],
        "occasion": joined(words_of(["amends:", "arm:"], is_test.astype(np.int64)), numbers(people.id[who])),
        "at": moments(np.where(is_test, begun, at_night.amends_at + people.n[who] % 3600)),
        "cost": np.where(is_test, 0, Night.POINTS),
        "gave": words_of(gave, np.where(is_test, arm[who], 0)),
    })  # fmt: skip


def _arms(world: World, people: People) -> Array:
    """Coffee regulars of office stores by hash: 15 % the drink, 15 % the money off, 20 % neither; 0 is nobody."""
    u = Draws(world.seed, "overtime").u(people.n, 1)
    office = world.store_scene[people.store] == days.SCENES.index("office")
    arm = np.select([u < 0.15, u < 0.30, u < 0.50], [1, 2, 3], 0)
    return np.where(office & (people.archetype == COFFEE) & (people.joined_day < days.WINDOW - 71), arm, 0)


def of_uses(world: World, people: People, orders: Orders, coupons: Coupons) -> tuple[Any, ...]:
    """The lines of the timeline: coupons used."""
    used = np.flatnonzero(coupons.order >= 0)
    order, base = coupons.order[used], (int(people.n[0]) // 10_000 + 1) * SPAN
    said = [f'{{"coupon": {world.loyalty.templates[name][1]}, "template": "{name}", "id": ' for name in NAMES]
    ref, off = order_numbers(orders).take(pa.array(order)), _off(coupons, orders, used)

    def details(kept: Array) -> pa.Array:
        return joined(words_of(said, coupons.template[used[kept]]), numbers(base + used[kept]), ', "off": ',
                      numbers(off[kept]), ', "currency": "CNY", "order": "', ref.take(pa.array(kept)), '"}')  # fmt: skip

    zero = np.zeros(len(used), np.int64)
    store = np.where(orders.store[order] >= 0, world.store_id[orders.store[order].clip(0)], 0)
    return (["coupon.redeemed"], zero, coupons.person[used], orders.placed[order], (CHANNELS, orders.way[order]), store,
            details)  # fmt: skip


def count_up() -> None:
    """What hangs on everybody: how many each template gave, how large the drop was, what the amends cost."""
    given = dict(Coupon.objects.exclude(state="minted").values_list("template").annotate(n=Count("pk")))
    for template, count in given.items():
        CouponTemplate.objects.filter(pk=template).update(issued=count)
    for drop in Drop.objects.filter(state="stopped"):
        prizes = drop.slots.values_list("template__code").annotate(n=Count("pk")).order_by("template__code")
        drop.slots_total = sum(count for _code, count in prizes)
        drop.prizes = [{"template": code, "slots": count} for code, count in prizes]
        drop.felt = {"asked": 900, "before": 2.1, "after": 3.6}
        drop.save()
    costs = CampaignGrant.objects.filter(cost__gt=0).values_list("campaign").annotate(cost=Sum("cost"))
    for campaign, cost in costs:
        for shard in BudgetShard.objects.filter(campaign=campaign).order_by("shard"):
            part = min(shard.left, cost)
            BudgetShard.objects.filter(pk=shard.pk).update(left=shard.left - part)
            cost -= part
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("analyze loyalty_coupon, loyalty_pointsentry, loyalty_pointslot, loyalty_lotuse")
