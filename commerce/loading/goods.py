"""Products and stock from files."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.marks import typed
from customers.loading.references import find_stores
from scrm.kernel.loading import Batch, Row
from staff.loading import words_of

PRODUCT = {
    "parent": "text", "name": "jsonb merge", "category_id": "bigint", "kind": "text", "brand": "text",
    "price": "bigint", "size": "text", "attributes": "jsonb merge",
}  # fmt: skip
PRODUCT_BLANK: dict[str, Any] = {"category_id": None, "price": None, "kind": "goods", "attributes": {}, "name": {}}


def products(batch: Batch) -> None:
    known = by_code(batch, "commerce_product", (row["code"] for row in batch.rows))
    categories = _categories(batch)
    for row in batch.rows:
        row["name"] = words_of(row, "name")
        row["category_id"] = categories.get(row.get("category") or "")
        if row.get("attributes"):
            row["attributes"] = typed(row["attributes"])
    new = [row for row in batch.rows if row["code"] not in known]
    old = [row for row in batch.rows if row["code"] in known]
    batch.copy(
        "commerce_product", ("code", *PRODUCT),
        [(row["code"], *(row.get(name) or PRODUCT_BLANK.get(name, "") for name in PRODUCT)) for row in new],
    )  # fmt: skip
    changed = batch.change(
        "commerce_product", PRODUCT, [(known[row["code"]], *(row.get(name) or None for name in PRODUCT)) for row in old]
    )
    count(batch, new, old, changed)


def by_code(batch: Batch, table: str, codes: Iterable[str | None]) -> dict[str, int]:
    found = batch.ask(f"select code, id from {table} where code = any(%s)", sorted({code for code in codes if code}))
    return dict(found)


def _categories(batch: Batch) -> dict[str, int]:
    """The categories the rows name; one not seen before is made, below `parent_category` when that is given."""
    named: dict[str, Row] = {row["category"]: row for row in batch.rows if row.get("category")}
    above = {row["parent_category"] for row in named.values() if row.get("parent_category")}
    for codes in (above - named.keys(), named.keys()):
        known = by_code(batch, "commerce_category", [*above, *named])
        batch.copy("commerce_category", ("code", "name", "parent_id"), [
            (code, {"zh-hans": code}, known.get(named[code].get("parent_category") or "") if code in named else None)
            for code in sorted(codes) if code not in known
        ])  # fmt: skip
    return by_code(batch, "commerce_category", named)


def stock(batch: Batch) -> None:
    find_stores(batch, required=True)
    codes = by_code(batch, "commerce_product", (row["product"] for row in batch.rows))
    now = timezone.now()
    for row in batch.rows:
        row["product_id"] = codes.get(row["product"])
        row["counted_at"] = row.get("counted_at") or now
        if row["product_id"] is None:
            batch.fail(row, _("The product “%(code)s” is not known here; load products first.") % {
                "code": row["product"]})  # fmt: skip
    rows = batch.standing()
    found = {
        (store, product): number
        for store, product, number in batch.ask(
            "select store_id, product_id, id from commerce_stock where store_id = any(%s) and product_id = any(%s)",
            [row["store_id"] for row in rows], [row["product_id"] for row in rows],
        )
    }  # fmt: skip
    new = [row for row in rows if (row["store_id"], row["product_id"]) not in found]
    old = [row for row in rows if (row["store_id"], row["product_id"]) in found]
    batch.copy(
        "commerce_stock", ("store_id", "product_id", "quantity", "counted_at"),
        [(row["store_id"], row["product_id"], row["quantity"], row["counted_at"]) for row in new],
    )  # fmt: skip
    columns = {"quantity": "numeric"} | (
        {"counted_at": "timestamptz"} if "counted_at" in batch.options["named"] else {}
    )
    changed = batch.change("commerce_stock", columns, [
        (found[row["store_id"], row["product_id"]], *(row[name] for name in columns)) for row in old
    ])  # fmt: skip
    count(batch, new, old, changed)


def count(batch: Batch, new: list[Row], old: list[Row], changed: set[int]) -> None:
    batch.created += len(new)
    batch.updated += len(changed)
    batch.unchanged += len(old) - len(changed)
