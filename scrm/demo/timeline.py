"""A block's visits, sittings and clicks as rows, and the lines of the timeline for everything that happened."""

import json
from typing import Any

import numpy as np
import pyarrow as pa

from customers.models import BrowseSession, Event
from customers.models.event import PHASES
from scrm.demo import goods
from scrm.demo.copying import copy, copy_table, dates, joined, moments, numbers, words_of
from scrm.demo.draws import Array, spread
from scrm.demo.floor import KEPT_DAYS, RECOGNISED, REFUSALS, SITES, Sessions, Visits
from scrm.demo.money import REASONS, Refunds
from scrm.demo.orders import CHANNELS, Orders
from scrm.demo.people import People
from scrm.demo.places import three
from scrm.demo.rows import order_numbers
from scrm.demo.world import SPAN, World
from touchpoints.models import Trial, Visit

YEAR = 365 * 86400
CATEGORIES = [three(goods.CATEGORIES[goods.CATEGORY_OF[letter]][0]) for letter in "YRCFHKB"]
CATEGORY_CODES = [goods.CATEGORY_OF[letter] for letter in "YRCFHKB"]


def write_visits(cursor: Any, world: World, people: People, visits: Visits) -> None:
    if not len(visits.id):
        return
    copy(cursor, Visit, {
        "id": visits.id,
        "customer_id": people.id[0] + visits.person,
        "store_id": world.store_id[visits.store],
        "received_by_id": numbers(visits.received_by, visits.received_by == 0),
        "recognised_by": words_of(RECOGNISED, visits.by),
        "arrived_at": moments(visits.at),
        "left_at": moments(visits.at + visits.minutes * 60),
    })  # fmt: skip
    refused = visits.trial_result == 2
    reason = np.where(refused, np.array(REFUSALS, object)[visits.trial_reason], "")
    copy(cursor, Trial, {
        "id": visits.id[0] + np.arange(len(visits.trial_visit)),
        "visit_id": visits.id[visits.trial_visit],
        "product_id": world.sku_id[visits.trial_sku],
        "sku": world.sku_code.take(pa.array(visits.trial_sku)),
        "result": words_of(["bought", "kept", "refused"], visits.trial_result),
        "reason": pa.array(reason),
    })  # fmt: skip


def write_sessions(cursor: Any, world: World, people: People, sessions: Sessions) -> None:
    if not len(sessions.id):
        return
    name = joined("s", numbers(sessions.id))
    copy(cursor, BrowseSession, {
        "id": sessions.id,
        "customer_id": people.id[0] + sessions.person,
        "source": pa.repeat("shop", len(name)),
        "session": name,
        "visitor": joined("v", numbers(people.id[0] + sessions.person)),
        "started_at": moments(sessions.at),
        "ended_at": moments(sessions.at + sessions.seconds),
        "channel": words_of(SITES, sessions.site),
        "counts": joined('{"view": ', numbers(sessions.views), "}"),
    })  # fmt: skip
    _write_clicks(cursor, world, people, sessions, name)


def _write_clicks(cursor: Any, world: World, people: People, sessions: Sessions, name: pa.Array) -> None:
    """Single views of the last ninety days; in a capped load those of one person in twenty."""
    recent = sessions.at >= world.now - KEPT_DAYS * 86400
    if world.capped:
        recent &= people.n[sessions.person] % 20 == 0
    which = np.flatnonzero(recent)
    session, running = spread(sessions.views[which])
    session = which[session]
    step = sessions.seconds[session] // np.maximum(sessions.views[session], 1)
    sku = _viewed(world, sessions, session, running)
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    copy_table(cursor, "customers_browse", pa.table({
        "id": numbers(base + np.arange(len(session))),
        "at": moments(sessions.at[session] + running * step),
        "customer_id": numbers(people.id[0] + sessions.person[session]),
        "source": pa.repeat("shop", len(session)),
        "visitor": joined("v", numbers(people.id[0] + sessions.person[session])),
        "session": name.take(pa.array(session)),
        "kind": pa.repeat("view", len(session)),
        "category": words_of(CATEGORY_CODES, world.sku_group[sku].clip(0, 6)),
        "product": world.sku_code.take(pa.array(sku)),
        "channel": words_of(SITES, sessions.site[session]),
    }))  # fmt: skip


def _viewed(world: World, sessions: Sessions, session: Array, running: Array) -> Array:
    """Sixty-four in a hundred look at one category: neighbours of the first thing in the list of goods."""
    first = sessions.sku[session]
    one = sessions.key[session] % 100 < 64
    other = first + np.where(one, running % 5, (running * 197) % 400)
    fits = (other < len(world.skus)) & (world.sku_group[np.minimum(other, len(world.skus) - 1)] < 7)
    return np.where(fits, other, first)


def write_events(
    cursor: Any, world: World, people: People, orders: Orders, back: Refunds, visits: Visits, sessions: Sessions,
    more: list[tuple[Any, ...]],
) -> int:  # fmt: skip
    """One line each; a capped load keeps those of the last twelve months."""
    since = world.now - YEAR if world.capped else 0
    parts = [
        _of_orders(world, orders), _of_refunds(orders, back), _of_visits(world, visits), _of_trials(world, visits),
        _of_sessions(world, sessions), _of_joining(people), *more,
    ]  # fmt: skip
    done = 0
    for kinds, which, person, at, channel, store, details in parts:
        kept = np.flatnonzero(at >= since)
        if not len(kept):
            continue
        base = (int(people.n[0]) // 10_000 + 1) * SPAN + done
        done += copy(cursor, Event, {
            "id": base + np.arange(len(kept)),
            "customer_id": people.id[0] + person[kept],
            "kind": words_of(kinds, which[kept]),
            "at": moments(at[kept]),
            "recorded_at": moments(at[kept] + 1),
            "business_date": dates(world.days.date_of(at[kept])),
            "phase": words_of([str(PHASES.get(kind.partition(".")[0], "during")) for kind in kinds], which[kept]),
            "channel": words_of(channel[0], channel[1][kept]),
            "store_id": numbers(store[kept], store[kept] == 0),
            "details": details(kept),
        })  # fmt: skip
    return done


def _of_orders(world: World, orders: Orders) -> tuple[Any, ...]:
    mine = np.flatnonzero(~orders.guest)
    numbers_ = order_numbers(orders)

    def details(kept: Array) -> pa.Array:
        at = mine[kept]
        return joined(
            '{"order": ', numbers(orders.id[at]), ', "number": "', numbers_.take(pa.array(at)), '", "total": ',
            numbers(orders.total[at]), ', "currency": "', words_of(["CNY", "HKD"], orders.hkd[at].astype(np.int64)),
            '", "pieces": ', numbers(orders.pieces[at]), ', "first": ', world.sku_words.take(pa.array(orders.first[at])),
            "}",
        )  # fmt: skip

    store = np.where(orders.store >= 0, world.store_id[orders.store.clip(0)], 0)
    return (["order.paid", "order.cancelled"], orders.cancelled[mine].astype(np.int64), orders.person[mine],
            orders.placed[mine], (CHANNELS, orders.way[mine]), store[mine], details)  # fmt: skip


def _of_refunds(orders: Orders, back: Refunds) -> tuple[Any, ...]:
    mine = np.flatnonzero(~orders.guest[back.order] & (back.id % 1000 != 13))
    numbers_ = order_numbers(orders)

    def details(kept: Array) -> pa.Array:
        at = mine[kept]
        order = back.order[at]
        return joined(
            '{"refund": ', numbers(back.id[at]), ', "number": "T-', numbers(back.id[at] - SPAN + 100_000),
            '", "order": "', numbers_.take(pa.array(order)), '", "amount": ', numbers(back.amount[at]),
            ', "currency": "', words_of(["CNY", "HKD"], orders.hkd[order].astype(np.int64)), '", "reason": "',
            words_of(REASONS, back.reason[at]), '"}',
        )  # fmt: skip

    zero = np.zeros(len(mine), np.int64)
    return (["refund.made"], zero, orders.person[back.order[mine]], back.at[mine],
            (CHANNELS, orders.way[back.order[mine]]), zero, details)  # fmt: skip


def _of_visits(world: World, visits: Visits) -> tuple[Any, ...]:
    def details(kept: Array) -> pa.Array:
        return joined('{"visit": ', numbers(visits.id[kept]), ', "minutes": ', numbers(visits.minutes[kept]), "}")

    zero = np.zeros(len(visits.id), np.int64)
    return ["visit.made"], zero, visits.person, visits.at, (["store"], zero), world.store_id[visits.store], details


def _of_trials(world: World, visits: Visits) -> tuple[Any, ...]:
    visit, first = np.unique(visits.trial_visit, return_index=True)
    ends = np.append(first[1:], len(visits.trial_visit))[: len(first)]
    bought = np.bincount(visits.trial_visit, visits.trial_result == 0, len(visits.id))[visit].astype(np.int64)
    refused = visits.trial_result == 2
    reasons = np.array([
        json.dumps(sorted({REFUSALS[r] for r in visits.trial_reason[a:b][refused[a:b]]}), ensure_ascii=False)
        for a, b in zip(first, ends, strict=True)
    ], object)  # fmt: skip

    def details(kept: Array) -> pa.Array:
        return joined('{"pieces": ', numbers((ends - first)[kept]), ', "bought": ', numbers(bought[kept]),
                      ', "reasons": ', pa.array(reasons[kept], pa.string()), "}")  # fmt: skip

    zero = np.zeros(len(visit), np.int64)
    at = visits.at[visit] + visits.minutes[visit] * 50
    return (["trial.logged"], zero, visits.person[visit], at, (["store"], zero),
            world.store_id[visits.store[visit]], details)  # fmt: skip


def _of_sessions(world: World, sessions: Sessions) -> tuple[Any, ...]:
    category = [json.dumps(name, ensure_ascii=False) for name in CATEGORIES]

    def details(kept: Array) -> pa.Array:
        sku = sessions.sku[kept]
        return joined(
            '{"category": ', words_of(category, world.sku_group[sku].clip(0, 6)), ', "views": ',
            numbers(sessions.views[kept]), ', "products": ["', world.sku_code.take(pa.array(sku)), '"], "session": ',
            numbers(sessions.id[kept]), "}",
        )  # fmt: skip

    zero = np.zeros(len(sessions.id), np.int64)
    return ["browse.session"], zero, sessions.person, sessions.at, (SITES, sessions.site), zero, details


def _of_joining(people: People) -> tuple[Any, ...]:
    zero = np.zeros(len(people.n), np.int64)
    channel = np.where(people.born_online, 1, 0)
    return (["customer.joined"], zero, np.arange(len(people.n)), people.joined, (["store", "app"], channel), zero,
            lambda kept: pa.repeat("{}", len(kept)))  # fmt: skip
