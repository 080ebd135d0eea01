"""Finding what rows name: customers by their source's key or by an identity, stores by code, keys taken before."""

from typing import Any

from django.utils.translation import gettext as _

from customers.models import Identity
from customers.models.event import source_mark
from scrm.kernel import sealed
from scrm.kernel.loading import Batch, Row


def known_keys(batch: Batch, kind: str) -> dict[str, int]:
    """What the rows of this batch became when this source brought them before: key → id."""
    refs = [row["source_ref"] for row in batch.rows]
    return dict(batch.ask(
        "select source_ref, object_id from customers_sourcekey "
        "where source = %s and kind = %s and source_ref = any(%s)",
        batch.source, kind, refs,
    ))  # fmt: skip


def leave_out_erased(batch: Batch) -> None:
    """Fail the rows that would bring back somebody who was erased: their key is known by its fingerprint alone."""
    if not batch.ask("select 1 from customers_erasure limit 1"):
        return
    marks = {source_mark(batch.source, row["source_ref"]): row for row in batch.rows}
    found = batch.ask(
        "select source_ref from customers_sourcekey where source = %s and kind = 'customers' and source_ref = any(%s)",
        batch.source, list(marks),
    )  # fmt: skip
    for (mark,) in found:
        batch.fail(marks[mark], _("This person was erased and is not taken in again."))


def remember_keys(batch: Batch, kind: str, rows: list[tuple[Row, int]]) -> None:
    batch.copy(
        "customers_sourcekey", ("source", "kind", "source_ref", "object_id", "digest"),
        [(batch.source, kind, row["source_ref"], number, b"") for row, number in rows],
    )  # fmt: skip


def find_customers(batch: Batch, *, required: bool = False) -> None:
    """Set `customer_id` in each row that names a customer; a row that names an unknown one fails.

    `came_as` is the record named where that is joined to the customer's.
    """
    wanted = {row["customer"] for row in batch.rows if row.get("customer")}
    found = _customers(batch, wanted) if wanted else {}
    guests = batch.options.get("guests")
    for row in batch.rows:
        named = row.get("customer")
        row["customer_id"], row["came_as"] = found.get(named, NOBODY) if named else NOBODY
        if row["customer_id"] is None and (required or (named and not guests)):
            if named:
                batch.fail(row, _("The customer “%(ref)s” is not known here; load customers first.") % {"ref": named})
            else:
                batch.fail(row, _("This row names no customer."))


Holder = tuple[int | None, int | None]
NOBODY: Holder = (None, None)
HOLDER = "coalesce(c.merged_into_id, c.id), case when c.merged_into_id is not null then c.id end"


def _customers(batch: Batch, wanted: set[str]) -> dict[str, Holder]:
    by = batch.options.get("customer_by", "source_ref")
    if by == "source_ref":
        found = batch.ask(
            f"""select k.source_ref, {HOLDER}
               from customers_sourcekey k join customers_customer c on c.id = k.object_id
               where k.source = %s and k.kind = 'customers' and k.source_ref = any(%s)""",
            batch.options.get("customer_source") or batch.source, list(wanted),
        )  # fmt: skip
        return {ref: (holder, record) for ref, holder, record in found}
    if by == "number":
        found = batch.ask(f"select number, {HOLDER} from customers_customer c where number = any(%s)", list(wanted))
        return {number: (holder, record) for number, holder, record in found}
    prints = {value: sealed.blind_indexes(by, tidy) for value in wanted if (tidy := Identity.tidy(by, value))}
    found = batch.ask(
        """select i.blind_index, i.customer_id, nullif(k.customer_id, i.customer_id)
           from customers_identity i join customers_datakey k on k.id = i.key_id
           where i.active and not i.shared and i.kind = %s and i.blind_index = any(%s)""",
        by, [mark for marks in prints.values() for mark in marks],
    )  # fmt: skip
    holders = {bytes(mark): (holder, record) for mark, holder, record in found}
    return {value: holders[mark] for value, marks in prints.items() for mark in marks if mark in holders}


def _pairs(rows: list[tuple[Any, ...]]) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in rows]


def held_by(batch: Batch, marks: set[tuple[str, bytes]]) -> dict[tuple[str, bytes], int]:
    """Which customer holds each (kind, blind index)."""
    found = batch.ask(
        "select kind, blind_index, customer_id from customers_identity where active and blind_index = any(%s)",
        [mark for _kind, mark in marks],
    )
    return {(kind, bytes(mark)): customer for kind, mark, customer in found}


def find_stores(batch: Batch, field: str = "store", *, required: bool = False) -> None:
    """Set `store_id` in each row that names a store by its code; a row that names an unknown one fails."""
    wanted = {row[field] for row in batch.rows if row.get(field)}
    found = dict(_pairs(batch.ask("select code, id from staff_store where code = any(%s)", list(wanted))))
    for row in batch.rows:
        code = row.get(field)
        row["store_id"] = found.get(code) if code else None
        if row["store_id"] is None and (code or required):
            batch.fail(row, _("The store “%(code)s” is not known here; load stores first.") % {"code": code or ""})


def users(batch: Batch, field: str) -> dict[str, int]:
    wanted = {row[field] for row in batch.rows if row.get(field)}
    return dict(_pairs(batch.ask("select username, id from staff_user where username = any(%s)", list(wanted))))
