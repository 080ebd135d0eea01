"""Visits, with what was tried on, from files."""

from datetime import date, datetime
from typing import Any

from customers.loading.references import find_customers, find_stores, users
from customers.loading.timeline import Happening, record, tie_to_stores
from scrm.kernel.loading import Batch, Row
from touchpoints.models import Trial

Moment = tuple[datetime, date]


def visits(batch: Batch) -> None:
    """A visit, and the one piece its row may say was tried on; further pieces come as rows of the same visit."""
    find_customers(batch, required=True)
    find_stores(batch, required=True)
    staff = users(batch, "received_by")
    rows = batch.standing()
    known: dict[str, int] = dict(batch.ask(
        "select source_ref, id from touchpoints_visit where source = %s and source_ref = any(%s)",
        batch.source, [row["source_ref"] for row in rows],
    ))  # fmt: skip
    first: dict[str, Row] = {}
    for row in rows:
        if row["source_ref"] not in known:
            first.setdefault(row["source_ref"], row)
    numbers = _create(batch, list(first.values()), staff)
    tried = _try_on(batch, rows, known | numbers, set(numbers))
    batch.created += len(first)
    more = {id(row) for row in tried} - {id(row) for row in first.values()}
    batch.updated += len(more)
    batch.unchanged += len(rows) - len(first) - len(more)


def _create(batch: Batch, rows: list[Row], staff: dict[str, int]) -> dict[str, int]:
    ids = batch.ids_for("touchpoints_visit", len(rows)) if rows else []
    batch.copy(
        "touchpoints_visit",
        ("id", "customer_id", "store_id", "received_by_id", "recognised_by", "arrived_at", "left_at", "source",
         "source_ref", "came_as"),
        [(number, row["customer_id"], row["store_id"], staff.get(row.get("received_by") or ""),
          row.get("recognised_by") or "", row["arrived_at"][0], row.get("left_at") or row["arrived_at"][0],
          batch.source, row["source_ref"], row["came_as"]) for number, row in zip(ids, rows, strict=True)],
    )  # fmt: skip
    record(batch, [
        _line(row, "visit.made", {"visit": number, "minutes": _minutes(row)})
        for number, row in zip(ids, rows, strict=True)
    ])  # fmt: skip
    tie_to_stores(batch, ((row["customer_id"], row["store_id"], row["arrived_at"][1]) for row in rows))
    return {row["source_ref"]: number for number, row in zip(ids, rows, strict=True)}


def _line(row: Row, kind: str, details: dict[str, Any]) -> Happening:
    at, day = row["arrived_at"]
    return Happening(row["customer_id"], kind, at, day, details, row["store_id"], source_ref=row["source_ref"],
                     came_as=row["came_as"])  # fmt: skip


def _minutes(row: Row) -> int | None:
    left = row.get("left_at")
    return max(int((left - row["arrived_at"][0]).total_seconds() // 60), 0) if left else None


def _try_on(batch: Batch, rows: list[Row], visits: dict[str, int], made: set[str]) -> list[Row]:
    rows = [row for row in rows if row.get("sku") and row.get("result")]
    numbers = [visits[row["source_ref"]] for row in rows]
    known = {tuple(one) for one in batch.ask(
        "select visit_id, sku, result from touchpoints_trial where visit_id = any(%s)", numbers
    )}  # fmt: skip
    new = [row for row in rows if (visits[row["source_ref"]], row["sku"], row["result"]) not in known]
    codes: dict[str, int] = dict(batch.ask(
        "select code, id from commerce_product where code = any(%s)", [row["sku"] for row in new]
    ))  # fmt: skip
    batch.copy(
        "touchpoints_trial", ("visit_id", "product_id", "sku", "result", "reason"),
        [(visits[row["source_ref"]], codes.get(row["sku"]), row["sku"], row["result"], row.get("reason") or "")
         for row in new],
    )  # fmt: skip
    _tell(batch, new, visits)
    return new


def _tell(batch: Batch, rows: list[Row], visits: dict[str, int]) -> None:
    """One line for what was tried in a visit; the rest of a visit that comes later gets its own line."""
    by_visit: dict[str, list[Row]] = {}
    for row in rows:
        by_visit.setdefault(row["source_ref"], []).append(row)
    record(batch, [
        _line(tried[0], "trial.logged", _tried(tried, visits[ref]))
        for ref, tried in by_visit.items()
    ])  # fmt: skip


def _tried(rows: list[Row], visit: int) -> dict[str, Any]:
    return {
        "visit": visit, "pieces": len(rows),
        "bought": sum(row["result"] == Trial.Result.BOUGHT for row in rows),
        "reasons": list(dict.fromkeys(row["reason"] for row in rows if row.get("reason"))),
    }  # fmt: skip
