"""What stood on the receipt, and how it was paid, from files."""

from django.utils.translation import gettext as _

from commerce.loading.goods import by_code, count
from scrm.kernel import money
from scrm.kernel.loading import Batch, Row

LINE = {
    "product_id": "bigint", "sku": "text", "name": "text", "kind": "text", "quantity": "numeric",
    "unit_price": "numeric", "discount": "bigint", "total": "bigint",
}  # fmt: skip


def order_lines(batch: Batch) -> None:
    _find_orders(batch)
    products_by_code = by_code(batch, "commerce_product", (row.get("sku") for row in batch.rows))
    for row in batch.rows:
        row["product_id"] = products_by_code.get(row.get("sku") or "")
        row["discount"] = row.get("discount") or 0
        if "total" not in row:
            _price(batch, row)
    rows = batch.standing()
    found = _found_below_orders(batch, "commerce_orderline", "line_ref", rows)
    new = [row for row in rows if (row["order_id"], row["line_ref"]) not in found]
    old = [row for row in rows if (row["order_id"], row["line_ref"]) in found]
    batch.copy(
        "commerce_orderline", ("order_id", "line_ref", *LINE),
        [(row["order_id"], row["line_ref"], row["product_id"], row.get("sku") or "", row.get("name") or "",
          row.get("kind") or "goods", row["quantity"], row.get("unit_price"), row["discount"], row["total"])
         for row in new],
    )  # fmt: skip
    changed = batch.change("commerce_orderline", LINE, [
        (found[row["order_id"], row["line_ref"]], *(row.get(name) for name in LINE)) for row in old
    ])  # fmt: skip
    touched = {row["order_id"] for row in new}
    touched |= {row["order_id"] for row in old if found[row["order_id"], row["line_ref"]] in changed}
    name_first_pieces(batch, sorted(touched))
    count(batch, new, old, changed)


def _price(batch: Batch, row: Row) -> None:
    if row.get("unit_price") is None:
        batch.fail(row, _("This line has neither a total nor a unit price."))
        return
    row["total"] = money.to_minor(row["quantity"] * row["unit_price"], batch.options["currency"]) - row["discount"]


def _find_orders(batch: Batch) -> None:
    refs = {row["order"] for row in batch.rows}
    found: dict[str, int] = dict(batch.ask(
            "select source_ref, id from commerce_order where source = %s and source_ref = any(%s)",
            batch.source, list(refs),
        ))  # fmt: skip
    for row in batch.rows:
        row["order_id"] = found.get(row["order"])
        if row["order_id"] is None:
            batch.fail(row, _("The order “%(ref)s” is not known here; load orders first.") % {"ref": row["order"]})


def _found_below_orders(batch: Batch, table: str, ref: str, rows: list[Row]) -> dict[tuple[int, str], int]:
    found = batch.ask(
        f"select order_id, {ref}, id from {table} where order_id = any(%s)", list({row["order_id"] for row in rows})
    )
    return {(order, name): number for order, name, number in found}


def name_first_pieces(batch: Batch, order_ids: list[int]) -> None:
    """Put the first thing bought and the number of pieces into the orders' timeline lines.

    A weighed or metered quantity (12.5 kg, 40,000 units of fuel) counts as one piece.
    """
    if order_ids:
        batch.run(NAME_FIRST, order_ids)


NAME_FIRST = """
with said as (
  select o.id, o.customer_id, o.placed_at,
    coalesce(sum(case when l.quantity = trunc(l.quantity) and l.quantity between 1 and 999 then l.quantity else 1 end)
      filter (where l.kind in ('goods', 'service')), 0)::bigint as pieces,
    coalesce((array_agg(case when p.name <> '{}' then p.name else to_jsonb(coalesce(nullif(l.name, ''), l.sku)) end
      order by l.id) filter (where l.kind in ('goods', 'service')))[1], '""') as first
  from commerce_order o
  join commerce_orderline l on l.order_id = o.id
  left join commerce_product p on p.id = l.product_id
  where o.id = any(%s) and o.customer_id is not null
  group by o.id)
update customers_event e set details = e.details || jsonb_build_object('pieces', said.pieces, 'first', said.first)
from said
where e.customer_id = said.customer_id and e.at = said.placed_at
  and e.kind in ('order.placed', 'order.paid') and (e.details->>'order')::bigint = said.id
"""

PAYMENT = {"kind": "text", "amount": "bigint", "captured_at": "timestamptz", "reference": "text"}


def payments(batch: Batch) -> None:
    _find_orders(batch)
    rows = batch.standing()
    found = _found_below_orders(batch, "commerce_payment", "ref", rows)
    new = [row for row in rows if (row["order_id"], row["ref"]) not in found]
    old = [row for row in rows if (row["order_id"], row["ref"]) in found]
    batch.copy(
        "commerce_payment", ("order_id", "ref", *PAYMENT),
        [(row["order_id"], row["ref"], row["kind"], row["amount"], row.get("captured_at"), row.get("reference") or "")
         for row in new],
    )  # fmt: skip
    changed = batch.change("commerce_payment", PAYMENT, [
        (found[row["order_id"], row["ref"]], *(row.get(name) for name in PAYMENT)) for row in old
    ])  # fmt: skip
    count(batch, new, old, changed)
