"""Writing one line of the ledger with its lots and uses: one statement, under the account's lock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg2.extras import Json

from loyalty.models.ledger import PointsLot

Use = tuple[int, int, bool]  # lot, amount, whether the lot is pending


@dataclass(frozen=True)
class NewLot:
    """Points that begin to lie in the account; `ends_at` None never ends."""

    amount: int
    counts_at: datetime
    ends_at: datetime | None
    record: int
    pending: bool = False
    origin: int | None = None


@dataclass
class Line:
    """What one line says. `uses` are (lot, amount, whether it is pending); negative amounts go back to the lot."""

    kind: str
    reason: str
    record: int
    at: datetime
    source: str
    key: str
    debt: int = 0
    qualifying: int = 0
    source_ref: str = ""
    digest: bytes = b""
    rule: int | None = None
    reverses: int | None = None
    undone: int = 0
    explanation: dict[str, Any] = field(default_factory=dict)
    actor: int | None = None
    store: int | None = None
    lots: list[NewLot] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    counting: list[tuple[int, int]] = field(default_factory=list)  # pending lots that count from now: (lot, remaining)

    @property
    def delta(self) -> int:
        """Lots born, less what is taken of lots, less new debt."""
        return sum(lot.amount for lot in self.lots) - sum(amount for _lot, amount, _p in self.uses) - self.debt


POST = """
with account as (
  update loyalty_pointsaccount set available = available + %(available)s, pending = pending + %(pending)s,
         debt = debt + %(debt)s
  where id = %(account)s returning available, pending, debt, available + pending - debt as balance),
entry as (
  insert into loyalty_pointsentry (account_id, record, kind, delta, debt_delta, balance_after, qualifying, reason, at,
    recorded_at, source, key, digest, source_ref, rule_id, reverses_id, undone, explanation, actor_id, store_id)
  select %(account)s, %(record)s, %(kind)s, %(delta)s, %(debt)s, balance, %(qualifying)s, %(reason)s, %(at)s,
    clock_timestamp(), %(source)s, %(key)s, %(digest)s, %(source_ref)s, %(rule)s, %(reverses)s, %(undone)s,
    %(explanation)s, %(actor)s, %(store)s
  from account returning id){lots}{uses}{counting}
select entry.id, account.available, account.pending, account.debt from entry, account
"""
LOTS = """,
lots as (
  insert into loyalty_pointslot (account_id, entry_id, record, amount, remaining, state, counts_at, ends_at, origin_id)
  select %(account)s, entry.id, n.record, n.amount, n.amount, n.state, n.counts_at, n.ends_at, n.origin
  from entry, unnest(%(lot_records)s::bigint[], %(lot_amounts)s::bigint[], %(lot_states)s::text[],
    %(lot_counts)s::timestamptz[], %(lot_ends)s::timestamptz[], %(lot_origins)s::bigint[])
    n(record, amount, state, counts_at, ends_at, origin))"""
USES = """,
uses as (
  insert into loyalty_lotuse (entry_id, lot_id, amount)
  select entry.id, n.lot, n.amount
  from entry, unnest(%(use_lots)s::bigint[], %(use_amounts)s::bigint[]) n(lot, amount)),
taken as (
  update loyalty_pointslot l set remaining = l.remaining - n.amount
  from unnest(%(use_lots)s::bigint[], %(use_amounts)s::bigint[]) n(lot, amount) where l.id = n.lot)"""
COUNTING = """,
counting as (update loyalty_pointslot set state = 'open' where id = any(%(counting)s))"""


def post(account: int, line: Line) -> tuple[int, int, int, int]:
    """Write the line; the caller holds the account's lock: (the entry's id, available, pending, debt after it)."""
    counting = sum(amount for _lot, amount in line.counting)
    born = {state: sum(lot.amount for lot in line.lots if lot.pending is state) for state in (False, True)}
    taken = {state: sum(amount for _lot, amount, pending in line.uses if pending is state) for state in (False, True)}
    values: dict[str, Any] = {
        "account": account, "available": born[False] - taken[False] + counting,
        "pending": born[True] - taken[True] - counting, "debt": line.debt, "delta": line.delta,
        "explanation": Json(line.explanation),
    }  # fmt: skip
    names = ("record", "kind", "qualifying", "reason", "at", "source", "key", "digest", "source_ref", "rule",
             "reverses", "undone", "actor", "store")  # fmt: skip
    values |= {name: getattr(line, name) for name in names}
    if line.lots:
        values |= {
            "lot_records": [lot.record for lot in line.lots], "lot_amounts": [lot.amount for lot in line.lots],
            "lot_states": [_state(lot.pending) for lot in line.lots],
            "lot_counts": [lot.counts_at for lot in line.lots], "lot_ends": [lot.ends_at for lot in line.lots],
            "lot_origins": [lot.origin for lot in line.lots],
        }  # fmt: skip
    if line.uses:
        values |= {"use_lots": [use[0] for use in line.uses], "use_amounts": [use[1] for use in line.uses]}
    if line.counting:
        values["counting"] = [lot for lot, _amount in line.counting]
    statement = POST.format(lots=LOTS if line.lots else "", uses=USES if line.uses else "",
                            counting=COUNTING if line.counting else "")  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        written: tuple[int, int, int, int] = cursor.fetchone()
    return written


def _state(pending: bool) -> str:
    return PointsLot.State.PENDING.value if pending else PointsLot.State.OPEN.value


def take(lots: Iterable[Use], points: int) -> tuple[list[Use], int]:
    """Of (lot, remaining, pending) in this order so many points: (the uses, what was not to be had)."""
    uses: list[Use] = []
    for lot, remaining, pending in lots:
        if points <= 0:
            break
        part = min(points, remaining)
        if part > 0:
            uses.append((lot, part, pending))
            points -= part
    return uses, points
