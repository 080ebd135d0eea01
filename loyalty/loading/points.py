"""Balances of points from a former system, by the rules of the ledger, and the level each person had there."""

from collections import defaultdict
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import find_customers
from loyalty.loading.references import end_of
from loyalty.models import Level, Programme
from scrm.kernel.loading import Batch, Row
from scrm.kernel.parsing import canonical


def points(batch: Batch) -> None:
    """Each row one line of the ledger with its lot. What is here already is never rewritten: a row that says another
    balance under the same key fails."""
    programme = Programme.objects.main()
    find_customers(batch, required=True)
    _hold(batch)
    _complete(batch, programme)
    rows = batch.standing()
    known = {key: bytes(digest) for key, digest in batch.ask(
        "select key, digest from loyalty_pointsentry where source = %s and key = any(%s)",
        batch.source, [row["key"] for row in rows],
    )}  # fmt: skip
    for row in rows:
        if known.get(row["key"], row["digest"]) != row["digest"]:
            batch.fail(row, _("Another balance is here under this key; the ledger is only added to."))
    new = [row for row in batch.standing() if row["key"] not in known]
    _open(batch, new, programme)
    _levels(batch, new, programme)
    batch.created += len(new)
    batch.unchanged += len(batch.standing()) - len(new)


def _hold(batch: Batch) -> None:
    """A merge of these customers waits until the batch is in; who was joined meanwhile is found anew."""
    named = sorted({row["customer_id"] for row in batch.standing()} | {row["came_as"] or 0 for row in batch.standing()})
    merged: dict[int, int | None] = dict(batch.ask(
        "select id, merged_into_id from customers_customer where id = any(%s) order by id for key share", named
    ))  # type: ignore[arg-type] # fmt: skip
    for row in batch.standing():
        record = row["came_as"] or row["customer_id"]
        holder = merged.get(record) or record
        row["customer_id"], row["record"] = holder, record
        row["came_as"] = record if record != holder else None


def _complete(batch: Batch, programme: Programme) -> None:
    now = timezone.now()
    levels = {code: (pk, rank) for code, pk, rank in
              Level.objects.filter(programme=programme).values_list("code", "pk", "rank")}  # fmt: skip
    for row in batch.standing():
        row["at"] = row.get("at") or now
        row["points"], row["qualifying"] = row.get("points") or 0, row.get("qualifying") or 0
        row["ends_at"] = end_of(row["ends"]) if row.get("ends") else programme.lot_ends(row["at"])
        row["key"] = f"opening:{row['source_ref']}"
        row["digest"] = _digest(row)
        if row.get("level"):
            row["level_is"] = levels.get(row["level"])
            if row["level_is"] is None:
                batch.fail(row, _("There is no level “%(code)s”.") % {"code": row["level"]})


def _digest(row: Row) -> bytes:
    """As the verb `open_with` would write it, so that a repeat by either way is the same line."""
    said = [row["record"], "opening", row["points"], "", "", row["qualifying"]]
    return blake2b(canonical(said), digest_size=16).digest()


ACCOUNTS = """
insert into loyalty_pointsaccount (customer_id, programme_id, available, pending, debt, opened_at)
select n.customer, %s, 0, 0, 0, n.at from unnest(%s::bigint[], %s::timestamptz[]) n(customer, at)
order by n.customer on conflict (customer_id, programme_id) do nothing
"""
LOCKED = """
select customer_id, id, available + pending - debt from loyalty_pointsaccount
where programme_id = %s and customer_id = any(%s) order by id for no key update
"""
ENTRY = (
    "id", "account_id", "record", "kind", "delta", "balance_after", "qualifying", "reason", "at", "recorded_at",
    "source", "key", "digest", "source_ref",
)  # fmt: skip
LOT = ("account_id", "entry_id", "record", "amount", "remaining", "state", "counts_at", "ends_at")


def _open(batch: Batch, rows: list[Row], programme: Programme) -> None:
    if not rows:
        return
    first: dict[int, Any] = {}
    for row in rows:
        first[row["customer_id"]] = min(first.get(row["customer_id"], row["at"]), row["at"])
    batch.run(ACCOUNTS, programme.pk, list(first), list(first.values()))
    accounts = {customer: (account, balance) for customer, account, balance in
                batch.ask(LOCKED, programme.pk, list(first))}  # fmt: skip
    # The numbers are taken under the accounts' locks: the lines of an account stand in the order of its balance.
    numbers = batch.ids_for("loyalty_pointsentry", len(rows))
    gained: dict[int, int] = defaultdict(int)
    entries, lots, now = [], [], timezone.now()
    for number, row in zip(numbers, rows, strict=True):
        account, balance = accounts[row["customer_id"]]
        gained[account] += row["points"]
        entries.append((
            number, account, row["record"], "opening", row["points"], balance + gained[account], row["qualifying"],
            "opening", row["at"], now, batch.source, row["key"], row["digest"], row["source_ref"],
        ))  # fmt: skip
        if row["points"]:
            lots.append((account, number, row["record"], row["points"], row["points"], "open", row["at"],
                         row["ends_at"]))  # fmt: skip
    batch.copy("loyalty_pointsentry", ENTRY, entries)
    batch.copy("loyalty_pointslot", LOT, lots)
    batch.run(
        "update loyalty_pointsaccount a set available = a.available + n.points "
        "from unnest(%s::bigint[], %s::bigint[]) n(id, points) where a.id = n.id",
        list(gained), list(gained.values()),
    )  # fmt: skip


def _levels(batch: Batch, rows: list[Row], programme: Programme) -> None:
    """The level that is brought along; whoever has reached a higher one here stays there."""
    rows = [row for row in rows if row.get("level_is")]
    highest: dict[int, Row] = {}
    for row in rows:
        held = highest.get(row["customer_id"])
        if held is None or held["level_is"][1] < row["level_is"][1]:
            highest[row["customer_id"]] = row
    stands = {customer: (number, rank) for customer, number, rank in batch.ask(
        "select customer_id, id, rank from loyalty_levelmembership "
        "where programme_id = %s and customer_id = any(%s) and ended_on is null for update",
        programme.pk, list(highest),
    )}  # fmt: skip
    today, new, ended = timezone.localdate(), [], []
    for customer, row in highest.items():
        number, rank = stands.get(customer, (None, -1))
        if rank > row["level_is"][1]:
            batch.warn(row, _("This customer has a higher level here and keeps it."))
        elif rank < row["level_is"][1]:
            new.append(row)
            ended += [number] if number else []
    batch.run("update loyalty_levelmembership set ended_on = %s where id = any(%s)", today, ended)
    batch.copy(
        "loyalty_levelmembership",
        ("customer_id", "came_as", "programme_id", "level_id", "rank", "origin", "since", "until", "evidence"),
        [(row["customer_id"], row["came_as"], programme.pk, *row["level_is"], "loaded",
          row.get("level_since") or today, row.get("level_until"), {"source": batch.source}) for row in new],
    )  # fmt: skip
