"""Orders from files, with what they leave on the timeline."""

from decimal import Decimal
from operator import itemgetter

from django.utils import timezone

from commerce.loading.amounts import in_base
from commerce.loading.refunds import release_refunds
from customers.loading.references import find_customers, find_stores
from customers.loading.timeline import mark_dirty, phase_of, tie_to_stores, wake
from scrm.kernel.loading import Batch, Row

ORDER = {
    "customer_id": "bigint", "came_as": "bigint", "digest": "bytea", "store_id": "bigint", "till": "text",
    "channel": "text", "state": "text", "placed_at": "timestamptz", "business_date": "date", "currency": "text",
    "rate": "numeric", "total": "bigint", "discount": "bigint", "base_total": "bigint",
}  # fmt: skip
_ORDER_OF = itemgetter(*ORDER)
NO_FLAGS: list[str] = []


def orders(batch: Batch) -> None:
    for row in batch.rows:
        row["digest"] = row.digest()
    find_customers(batch)
    find_stores(batch)
    for row in batch.rows:
        _complete_order(row, batch)
    rows = batch.standing()
    found = {
        ref: (number, bytes(digest), customer, state)
        for ref, number, digest, customer, state in batch.ask(
            "select source_ref, id, digest, customer_id, state from commerce_order "
            "where source = %s and source_ref = any(%s)",
            batch.source, [row["source_ref"] for row in rows],
        )
    }  # fmt: skip
    new = [row for row in rows if row["source_ref"] not in found]
    old = [row for row in rows if row["source_ref"] in found and _differs(row, found[row["source_ref"]])]
    _insert_orders(batch, new)
    _change_orders(batch, [(row, found[row["source_ref"]]) for row in old])
    release_refunds(batch, [row["source_ref"] for row in new])
    batch.created += len(new)
    batch.updated += len(old)
    batch.unchanged += len(rows) - len(new) - len(old)


def _complete_order(row: Row, batch: Batch) -> None:
    currency = row.get("currency") or batch.options["currency"]
    placed, day = row["placed_at"]
    row |= {
        "placed_at": placed, "business_date": row.get("business_date") or day,
        "currency": currency, "rate": row.get("rate") or Decimal(1), "state": row.get("state") or "paid",
        "discount": row.get("discount") or 0, "till": row.get("till") or "", "channel": row.get("channel") or "",
    }  # fmt: skip
    row["base_total"] = in_base(row["total"], currency, row["rate"])


def _differs(row: Row, stored: tuple[int, bytes, int | None, str]) -> bool:
    _number, digest, customer, _state = stored
    # A guest's order whose customer has been loaded since finds its customer.
    return digest != row["digest"] or (customer is None and row["customer_id"] is not None)


def _insert_orders(batch: Batch, rows: list[Row]) -> None:
    if not rows:
        return
    ids = batch.ids_for("commerce_order", len(rows))
    batch.copy(
        "commerce_order", ("id", "source", "source_ref", "revision", "flags", *ORDER),
        # Numbers as in the file, but written customer by customer: the indexes' pages are then met once a batch.
        sorted(
            ((number, batch.source, row["source_ref"], 1, NO_FLAGS, *_ORDER_OF(row))
             for number, row in zip(ids, rows, strict=True)),
            key=lambda values: (values[5] or 0, values[0]),
        ),
    )  # fmt: skip
    _record(batch, ids)
    _touch(batch, rows)


def _record(batch: Batch, order_ids: list[int]) -> None:
    """The customers' timeline lines of these orders, out of the orders themselves."""
    if not order_ids:
        return
    given = (timezone.now(), phase_of("order.placed"), order_ids)
    if batch.live:
        wake(batch, batch.ask(LINES + "returning id, kind", *given))
    else:
        batch.run(LINES, *given)


LINES = """
insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, store_id,
                             details, source, source_ref, came_as)
select customer_id, 'order.' || state, placed_at, %s, business_date, %s, channel, '', store_id,
       jsonb_build_object('order', id, 'number', source_ref, 'total', total, 'currency', currency,
                          'pieces', 0, 'first', ''),
       source, source_ref, came_as
from commerce_order where id = any(%s) and customer_id is not null
order by customer_id, id
"""


def _touch(batch: Batch, rows: list[Row]) -> None:
    tie_to_stores(batch, ((row["customer_id"], row["store_id"], row["business_date"]) for row in rows))
    mark_dirty(batch, (row["customer_id"] for row in rows))


def _change_orders(batch: Batch, rows: list[tuple[Row, tuple[int, bytes, int | None, str]]]) -> None:
    if not rows:
        return
    news = [row for row, (_n, _d, customer, state) in rows
            if row["customer_id"] and (customer is None or (batch.live and state != row["state"]))]  # fmt: skip
    batch.change("commerce_order", ORDER, [(stored[0], *(row[name] for name in ORDER)) for row, stored in rows])
    ids = {row["source_ref"]: stored[0] for row, stored in rows}
    _amend_lines(batch, [ids[row["source_ref"]] for row, _stored in rows if row not in news])
    _record(batch, [ids[row["source_ref"]] for row in news])
    _touch(batch, [row for row, _stored in rows])
    mark_dirty(batch, (stored[2] for _row, stored in rows))


def _amend_lines(batch: Batch, order_ids: list[int]) -> None:
    """The timeline says what the order says now."""
    batch.run(
        """update customers_event e
           set kind = 'order.' || o.state, at = o.placed_at, business_date = o.business_date, store_id = o.store_id,
               details = e.details || jsonb_build_object('total', o.total, 'currency', o.currency)
           from commerce_order o
           where o.id = any(%s) and e.customer_id = o.customer_id
             and e.kind in ('order.placed', 'order.paid', 'order.cancelled')
             and (e.details->>'order')::bigint = o.id""",
        order_ids,
    )
