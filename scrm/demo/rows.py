"""A block's people, orders and money as rows of the tables."""

from typing import Any

import numpy as np
import pyarrow as pa

from commerce.models import Order, OrderLine, Payment, Refund, RefundLine
from customers.models import StoreTie
from scrm.demo.baskets import Lines
from scrm.demo.copying import copy, dates, joined, moments, money_text, numbers, words_of
from scrm.demo.draws import Array
from scrm.demo.floor import Visits
from scrm.demo.money import REASONS, TENDERS, Payments, Refunds
from scrm.demo.orders import APP, B2B, CHANNELS, COFFEE_TILL, PLAT, PREFIXES, SOURCES, Orders
from scrm.demo.people import People
from scrm.demo.world import SPAN, World

FIRST_NUMBER = 100_000  # order numbers below belong to the cast


def order_numbers(orders: Orders) -> pa.Array:
    return joined(words_of(PREFIXES, orders.way), numbers(orders.id - SPAN + FIRST_NUMBER))


def base_total(orders: Orders) -> Array:
    return np.floor(orders.total * orders.rate + 0.5).astype(np.int64)


def write_orders(cursor: Any, world: World, people: People, orders: Orders, lines: Lines, paid: Payments) -> None:
    if not len(orders):
        return
    store = world.store_id[orders.store.clip(0)]
    customer = orders.person + people.id[0]
    placed = moments(orders.placed)
    copy(cursor, Order, {
        "id": orders.id,
        "customer_id": numbers(customer, orders.guest),
        "source": words_of(SOURCES, orders.way),
        "source_ref": order_numbers(orders),
        "store_id": numbers(store, orders.store < 0),
        "till": _tills(world, orders),
        "channel": words_of(CHANNELS, orders.way),
        "state": words_of(["paid", "cancelled"], orders.cancelled.astype(np.int64)),
        "placed_at": placed,
        "business_date": dates(world.days.date_of(orders.placed)),
        "currency": words_of(["CNY", "HKD"], orders.hkd.astype(np.int64)),
        "rate": pa.array(orders.rate),
        "total": orders.total,
        "discount": orders.discount,
        "base_total": base_total(orders),
    })  # fmt: skip
    copy(cursor, OrderLine, {
        "id": lines.id,
        "order_id": orders.id[lines.order],
        "line_ref": numbers(lines.ref + 1).cast(pa.string()),
        "product_id": world.sku_id[lines.sku],
        "sku": world.sku_code.take(pa.array(lines.sku)),
        "name": world.sku_name.take(pa.array(lines.sku)),
        "kind": world.sku_kind.take(pa.array(lines.sku)),
        "quantity": lines.quantity,
        "unit_price": money_text(lines.unit),
        "discount": lines.discount,
        "total": lines.total,
    })  # fmt: skip
    copy(cursor, Payment, {
        "id": lines.id[0] + np.arange(len(paid.order)),
        "order_id": orders.id[paid.order],
        "ref": numbers(paid.ref).cast(pa.string()),
        "kind": words_of([str(kind.value) for kind in TENDERS], paid.kind),
        "amount": paid.amount,
        "captured_at": moments(orders.placed[paid.order] + 20 + paid.amount % 71),
    })  # fmt: skip


def _tills(world: World, orders: Orders) -> pa.Array:
    code = world.store_code[orders.store.clip(0)]
    spot = orders.key % 7
    at_store = np.where(orders.way == COFFEE_TILL, "-C1", np.where(spot == 0, "-S1", np.where(
        spot < 4, "-T1", np.where(spot < 6, "-T2", "-T3"))))  # fmt: skip
    name = code.astype(str).astype(object) + at_store.astype(object)
    online = np.where(orders.way == B2B, "B2B", np.where(orders.way == PLAT, "PLAT", "SHOP"))
    return pa.array(np.where(orders.way < APP, name, online.astype(object)))


def write_refunds(cursor: Any, world: World, people: People, orders: Orders, lines: Lines, back: Refunds) -> None:
    if not len(back.id):
        return
    order = back.order
    # One in a thousand names a sale that is not here yet.
    lost = back.id % 1000 == 13
    store = orders.store[order]
    ref = order_numbers(orders).take(pa.array(order))
    copy(cursor, Refund, {
        "id": back.id,
        "order_id": numbers(orders.id[order], lost),
        "order_ref": ref,
        "customer_id": numbers(orders.person[order] + people.id[0], orders.guest[order] | lost),
        "source": words_of(SOURCES, orders.way[order]),
        "source_ref": joined("T-", numbers(back.id - SPAN + FIRST_NUMBER)),
        "store_id": numbers(world.store_id[store.clip(0)], store < 0),
        "till": _tills(world, orders).take(pa.array(order)),
        "refunded_at": moments(back.at),
        "business_date": dates(world.days.date_of(back.at)),
        "currency": words_of(["CNY", "HKD"], orders.hkd[order].astype(np.int64)),
        "amount": back.amount,
        "base_amount": np.floor(back.amount * orders.rate[order] + 0.5).astype(np.int64),
        "tender": words_of([str(kind.value) for kind in TENDERS], back.kind),
        "reason": words_of(REASONS, back.reason),
    })  # fmt: skip
    missing = lost[back.line_refund]
    copy(cursor, RefundLine, {
        "id": back.id[0] + np.arange(len(back.line)),
        "refund_id": back.id[back.line_refund],
        "order_line_id": numbers(lines.id[back.line], missing),
        "line_ref": numbers(lines.ref[back.line] + 1).cast(pa.string()),
        "quantity": back.line_quantity,
        "amount": back.line_amount,
    })  # fmt: skip


def write_ties(cursor: Any, world: World, people: People, orders: Orders, visits: Visits) -> None:
    """The last day of each person at each store, from purchases and visits."""
    here = ~orders.guest & (orders.store >= 0) & ~orders.cancelled
    person = np.concatenate([orders.person[here], visits.person])
    store = np.concatenate([orders.store[here], visits.store])
    day = np.concatenate([world.days.date_of(orders.placed[here]), world.days.date_of(visits.at)])
    pair = person * 100 + store
    order = np.lexsort((day, pair))
    last = np.append(np.diff(pair[order]) != 0, True) if len(pair) else np.zeros(0, bool)
    kept = order[last]
    base = (int(people.n[0]) // 10_000 + 1) * SPAN
    copy(cursor, StoreTie, {
        "id": base + np.arange(len(kept)),
        "customer_id": people.id[0] + person[kept],
        "store_id": world.store_id[store[kept]],
        "last_on": dates(day[kept]),
    })  # fmt: skip
