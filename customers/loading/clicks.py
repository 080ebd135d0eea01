"""Timeline lines and clicks from files."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import find_customers, find_stores, known_keys, remember_keys
from customers.loading.timeline import Happening, record
from scrm.kernel.loading import Batch, Row
from scrm.kernel.registry import event_kinds

DAYS_KEPT = 90


def events(batch: Batch) -> None:
    """Lines of any registered kind; one that is here already stays as it is, as the timeline is never rewritten."""
    find_customers(batch, required=True)
    find_stores(batch)
    for row in batch.rows:
        if event_kinds.get(row["kind"]) is None:
            batch.fail(row, _("There is no event kind “%(kind)s”.") % {"kind": row["kind"]})
    known = known_keys(batch, "events")
    rows = batch.standing()
    new = [row for row in rows if row["source_ref"] not in known]
    record(batch, [
        Happening(
            row["customer_id"], row["kind"], row["at"][0], row["at"][1], row["details"], row["store_id"],
            row.get("channel") or "", row["source_ref"], row["came_as"],
        )
        for row in new
    ])  # fmt: skip
    # Nothing points at an event, and the timeline is never rewritten: that it is here is all there is to remember.
    remember_keys(batch, "events", [(row, 0) for row in new])
    batch.created += len(new)
    batch.unchanged += len(rows) - len(new)


def browse(batch: Batch) -> None:
    """Clicks, session by session: the session is kept, its clicks for ninety days, its line on the timeline."""
    for row in batch.rows:
        row["customer"] = next((click["customer"] for click in row.members if click.get("customer")), None)
    find_customers(batch)
    rows = batch.standing()
    sittings = {row["session"]: _sitting(row) for row in rows}
    found: dict[str, tuple[Any, ...]] = {
        session: tuple(rest)
        for session, *rest in batch.ask(
            "select session, id, customer_id, started_at, ended_at, counts from customers_browsesession "
            "where source = %s and session = any(%s)",
            batch.source, list(sittings),
        )
    }  # fmt: skip
    new = [row for row in rows if row["session"] not in found]
    changed = [row for row in rows if row["session"] in found and not _same(found[row["session"]], sittings, row)]
    _write_sessions(batch, new, sittings)
    _rewrite_sessions(batch, changed, sittings, found)
    _write_clicks(batch, new, changed)
    batch.created += sum(len(row.members) for row in new)
    batch.updated += sum(len(row.members) for row in changed)
    batch.unchanged += sum(len(row.members) for row in rows) - sum(len(row.members) for row in [*new, *changed])


def _sitting(row: Row) -> tuple[datetime, datetime, dict[str, int]]:
    moments = [click["at"][0] for click in row.members]
    return min(moments), max(moments), dict(Counter(click["kind"] for click in row.members))


def _same(stored: tuple[Any, ...], sittings: dict[str, Any], row: Row) -> bool:
    import json

    counts = json.loads(stored[4]) if isinstance(stored[4], str) else stored[4]
    return (stored[1], stored[2], stored[3], counts) == (row["customer_id"], *sittings[row["session"]])


def _write_sessions(batch: Batch, rows: list[Row], sittings: dict[str, Any]) -> None:
    if not rows:
        return
    ids = batch.ids_for("customers_browsesession", len(rows))
    batch.copy(
        "customers_browsesession",
        ("id", "customer_id", "source", "session", "visitor", "channel", "started_at", "ended_at", "counts"),
        [(number, row["customer_id"], batch.source, row["session"], row.get("visitor") or "",
          row.get("channel") or "", *sittings[row["session"]]) for number, row in zip(ids, rows, strict=True)],
    )  # fmt: skip
    record(batch, [_line(number, row) for number, row in zip(ids, rows, strict=True) if row["customer_id"]])


def _line(number: int, row: Row) -> Happening:
    at, day = min((click["at"] for click in row.members), key=lambda one: one[0])
    categories = Counter(click["category"] for click in row.members if click.get("category"))
    products = list(dict.fromkeys(click["product"] for click in row.members if click.get("product")))
    return Happening(
        row["customer_id"], "browse.session", at, day,
        {"category": categories.most_common(1)[0][0] if categories else "", "views": len(row.members),
         "products": products[:12], "session": number},
        channel=row.get("channel") or "", source_ref=row["session"], came_as=row["came_as"],
    )  # fmt: skip


def _rewrite_sessions(
    batch: Batch, rows: list[Row], sittings: dict[str, Any], found: dict[str, tuple[Any, ...]]
) -> None:
    for row in rows:
        number, customer = found[row["session"]][0], found[row["session"]][1]
        started, ended, counts = sittings[row["session"]]
        batch.change(
            "customers_browsesession",
            {"customer_id": "bigint", "started_at": "timestamptz", "ended_at": "timestamptz", "counts": "jsonb"},
            [(number, row["customer_id"], started, ended, counts)],
        )
        if customer is None and row["customer_id"]:
            record(batch, [_line(number, row)])
        elif customer:
            batch.run(
                "update customers_event set details = details || jsonb_build_object('views', %s) "
                "where customer_id = %s and kind = 'browse.session' and (details->>'session')::bigint = %s",
                len(row.members), customer, number,
            )  # fmt: skip


def _write_clicks(batch: Batch, new: list[Row], changed: list[Row]) -> None:
    since = timezone.now() - timedelta(days=DAYS_KEPT)
    if changed:
        batch.run(
            "delete from customers_browse where source = %s and session = any(%s)",
            batch.source, [row["session"] for row in changed],
        )  # fmt: skip
    clicks = [(row, click) for row in [*new, *changed] for click in row.members if click["at"][0] >= since]
    for month in {click["at"][0].date().replace(day=1) for _row, click in clicks}:
        batch.ask("select customers_browse_month(%s)", month)
    batch.copy(
        "customers_browse",
        ("at", "customer_id", "source", "visitor", "session", "kind", "category", "product", "channel"),
        [(click["at"][0], row["customer_id"], batch.source, click.get("visitor") or "", row["session"], click["kind"],
          click.get("category") or "", click.get("product") or "", click.get("channel") or "")
         for row, click in clicks],
    )  # fmt: skip
