"""What customers allowed or took back, from files: each word once, whatever is sent twice."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.loading.references import find_customers
from customers.loading.timeline import Happening, record
from customers.models.consent import CHANNELS_OF, Consent, Purpose
from scrm.kernel.loading import Batch, Row

COLUMNS = ("id", "customer_id", "purpose", "channel", "given", "origin", "at")


def consents(batch: Batch) -> None:
    find_customers(batch, required=True)
    for row in batch.standing():
        row["channel"] = row.get("channel") or ""
        if row["channel"] not in CHANNELS_OF[Purpose(row["purpose"])]:
            batch.fail(row, _("“%(purpose)s” is not asked for this channel.") % {"purpose": row["purpose"]})
    rows = batch.standing()
    known = {tuple(word) for word in batch.ask(
        "select customer_id, purpose, channel, at from customers_consent where customer_id = any(%s)",
        [row["customer_id"] for row in rows],
    )}  # fmt: skip
    new: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if (mark := _mark(row)) not in known:
            new.setdefault(mark, row)
    ids = batch.ids_for("customers_consent", len(new)) if new else []
    origin = str(Consent.Origin.IMPORT)
    batch.copy("customers_consent", COLUMNS, [
        (number, row["customer_id"], row["purpose"], row["channel"], row["given"], origin, row["at"][0])
        for number, row in zip(ids, new.values(), strict=True)
    ])  # fmt: skip
    record(batch, [_line(row, number) for number, row in zip(ids, new.values(), strict=True)])
    batch.created += len(new)
    batch.unchanged += len(rows) - len(new)


def _line(row: Row, number: int) -> Happening:
    kind = "consent.given" if row["given"] else "consent.withdrawn"
    at, day = row["at"]
    return Happening(row["customer_id"], kind, at, day, {"consent": number, "purpose": row["purpose"]},
                     channel=row["channel"], came_as=row["came_as"])  # fmt: skip


def _mark(row: Row) -> tuple[int, str, str, datetime]:
    return row["customer_id"], row["purpose"], row["channel"], row["at"][0]
