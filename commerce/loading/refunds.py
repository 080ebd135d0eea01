"""Money that went back, from files."""

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from commerce.loading.amounts import in_base
from customers.loading.references import find_customers, find_stores
from customers.loading.timeline import Happening, mark_dirty, record
from scrm.kernel.loading import Batch, Row

REFUND = {
    "order_id": "bigint", "order_ref": "text", "customer_id": "bigint", "came_as": "bigint", "digest": "bytea",
    "store_id": "bigint", "till": "text", "refunded_at": "timestamptz", "business_date": "date", "currency": "text",
    "amount": "bigint", "base_amount": "bigint", "tender": "text", "reason": "text",
}  # fmt: skip


def refunds(batch: Batch) -> None:
    """Money that went back; one whose sale is not here yet waits for it."""
    for row in batch.rows:
        row["digest"] = row.digest()
    find_customers(batch)
    find_stores(batch)
    sales = _sales(batch)
    for row in batch.rows:
        _complete_refund(batch, row, sales.get(row.get("order") or ""))
    known = {
        ref: (number, bytes(digest))
        for ref, number, digest in batch.ask(
            "select source_ref, id, digest from commerce_refund where source = %s and source_ref = any(%s)",
            batch.source, [row["source_ref"] for row in batch.rows],
        )
    }  # fmt: skip
    new = [row for row in batch.standing() if row["source_ref"] not in known]
    _refuse_too_much(batch, new, sales)
    new = [row for row in new if not row.reason]
    old = [row for row in batch.standing()
           if row["source_ref"] in known and known[row["source_ref"]][1] != row["digest"]]  # fmt: skip
    _insert_refunds(batch, new)
    batch.change("commerce_refund", REFUND, [
        (known[row["source_ref"]][0], *(row[name] for name in REFUND)) for row in old
    ])  # fmt: skip
    mark_dirty(batch, (row["customer_id"] for row in [*new, *old]))
    batch.created += len(new)
    batch.updated += len(old)
    batch.unchanged += len(batch.standing()) - len(new) - len(old)


Sale = tuple[int, int | None, int, str, Decimal, int, int | None]


def _sales(batch: Batch) -> dict[str, Sale]:
    """The sales the rows name: key → (id, customer, total, currency, rate, refunded so far, came as)."""
    refs = list({row["order"] for row in batch.rows if row.get("order")})
    found = batch.ask(
        """select o.source_ref, o.id, o.customer_id, o.total, o.currency, o.rate,
                  coalesce((select sum(r.amount) from commerce_refund r where r.order_id = o.id), 0)::bigint, o.came_as
           from commerce_order o where o.source = %s and o.source_ref = any(%s)""",
        batch.source, refs,
    )  # fmt: skip
    return {ref: tuple(sale) for ref, *sale in found}  # type: ignore[misc]


def _complete_refund(batch: Batch, row: Row, sale: Sale | None) -> None:
    moment, day = row["refunded_at"]
    currency = row.get("currency") or (sale[3] if sale else batch.options["currency"])
    if sale and sale[1]:
        row["customer_id"], row["came_as"] = sale[1], sale[6]
    row |= {
        "order_id": sale[0] if sale else None, "order_ref": row.get("order") or "",
        "refunded_at": moment,
        "business_date": row.get("business_date") or day, "currency": currency, "till": row.get("till") or "",
        "tender": row.get("tender") or "other", "reason": row.get("reason") or "",
        "base_amount": in_base(row["amount"], currency, sale[4] if sale else Decimal(1)),
    }  # fmt: skip


def _refuse_too_much(batch: Batch, rows: list[Row], sales: dict[str, Sale]) -> None:
    given: dict[str, int] = defaultdict(int)
    for row in rows:
        if (sale := sales.get(row["order_ref"])) is None:
            continue
        if given[row["order_ref"]] + sale[5] + row["amount"] > sale[2]:
            batch.fail(row, _("More would go back for order “%(ref)s” than was paid.") % {"ref": row["order_ref"]})
        else:
            given[row["order_ref"]] += row["amount"]


def _insert_refunds(batch: Batch, rows: list[Row]) -> None:
    if not rows:
        return
    ids = batch.ids_for("commerce_refund", len(rows))
    batch.copy(
        "commerce_refund", ("id", "source", "source_ref", *REFUND),
        [(number, batch.source, row["source_ref"], *(row[name] for name in REFUND))
         for number, row in zip(ids, rows, strict=True)],
    )  # fmt: skip
    record(batch, [_refund_line(number, row) for number, row in zip(ids, rows, strict=True) if row["customer_id"]])


def _refund_line(number: int, row: Row) -> Happening:
    return Happening(
        row["customer_id"], "refund.made", row["refunded_at"], row["business_date"],
        {"refund": number, "number": row["source_ref"], "order": row["order_ref"], "amount": row["amount"],
         "currency": row["currency"], "reason": row["reason"]},
        row["store_id"], source_ref=row["source_ref"], came_as=row["came_as"],
    )  # fmt: skip


def release_refunds(batch: Batch, refs: list[str]) -> None:
    """Refunds that waited for these sales find them, and their customers' timelines."""
    released = batch.ask(
        """with waiting as (
             select r.id, r.customer_id as before, o.id as order_id,
                    coalesce(o.customer_id, r.customer_id) as customer_id,
                    case when o.customer_id is null then r.came_as else o.came_as end as came_as
             from commerce_refund r
             join commerce_order o on o.source = r.source and o.source_ref = r.order_ref
             where r.source = %s and r.order_ref = any(%s) and r.order_id is null
             for update of r)
           update commerce_refund r set order_id = w.order_id, customer_id = w.customer_id, came_as = w.came_as
           from waiting w where r.id = w.id
           returning r.id, r.source_ref, r.order_ref, r.amount, r.currency, r.reason, r.refunded_at, r.business_date,
                     r.store_id, w.came_as, w.customer_id, w.before""",
        batch.source, refs,
    )  # fmt: skip
    names = ("source_ref", "order_ref", "amount", "currency", "reason", "refunded_at", "business_date", "store_id",
             "came_as", "customer_id")  # fmt: skip
    # A return that named its customer has its line on the timeline already.
    record(batch, [
        _refund_line(number, Row(dict(zip(names, rest, strict=True)), line=0, cells=()))
        for number, *rest, before in released if rest[-1] and before is None
    ])  # fmt: skip
    mark_dirty(batch, (row[-2] for row in released))
