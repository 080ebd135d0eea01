"""Faults planted from outside: SQL against the drill's own database, or a function replaced in its processes.

The product knows nothing of them. Each must turn the drill red.
"""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """`sql` is run once after the migrations; `patch` runs in each process before it begins to serve."""

    words: str
    sql: str = ""
    patch: Callable[[], None] = lambda: None


def _no_keys() -> None:
    """The ledger and the door forget what they have done already."""
    from loyalty.models import PointsAccount
    from scrm.kernel import idempotency

    def never(self: Any, source: str, key: str, digest: bytes) -> None:
        return None

    def every_time(*, client: str, place: str, key: str, digest: str, command: Callable[[], Any]) -> Any:
        status, answer = command()
        return status, answer, False

    PointsAccount._before = never  # type: ignore[assignment]
    idempotency.once = every_time  # type: ignore[assignment]


def _no_lock() -> None:
    from loyalty.models import PointsAccount

    def looked_at(self: Any, *others: Any) -> None:
        for account in (self, *others):
            row = PointsAccount.objects.filter(pk=account.pk).values_list("available", "pending", "debt").get()
            account.available, account.pending, account.debt = row

    PointsAccount._lock = looked_at  # type: ignore[method-assign]


def _commit_split() -> None:
    """The line is committed before its lots; now and then the process dies between the two."""
    from django.db import connection

    from loyalty.models import account as room
    from loyalty.models import posting

    whole = posting.post

    def in_two(account: int, line: Any) -> Any:
        if not line.uses:
            return whole(account, line)
        written = whole(account, line)
        with connection.cursor() as cursor:
            cursor.execute("update loyalty_pointslot set remaining = remaining + u.amount from loyalty_lotuse u "
                           "where u.entry_id = %s and u.lot_id = loyalty_pointslot.id", [written[0]])  # fmt: skip
            connection.connection.commit()
            if random.random() < 0.01:  # noqa: S311
                os.kill(os.getpid(), signal.SIGKILL)
            cursor.execute("update loyalty_pointslot set remaining = remaining - u.amount from loyalty_lotuse u "
                           "where u.entry_id = %s and u.lot_id = loyalty_pointslot.id", [written[0]])  # fmt: skip
        return written

    room.post = in_two  # type: ignore[attr-defined]


def _refund_forgets() -> None:
    from loyalty import purchases

    def nothing(self: Any, wanted: Any) -> None:
        return None

    purchases.Settlement._follow = nothing  # type: ignore[method-assign]


def _debt_forgotten() -> None:
    from loyalty.models import PointsAccount

    real = PointsAccount._back_from

    def forgiving(self: Any, entry: Any, points: int, at: Any) -> Any:
        uses, _rest = real(self, entry, points, at)
        return uses, 0

    PointsAccount._back_from = forgiving  # type: ignore[method-assign]


def _last_end_first() -> None:
    from django.db.models import F

    from loyalty.models import PointsAccount

    real = PointsAccount._open

    def backwards(self: Any, at: Any) -> Any:
        return real(self, at).order_by(F("ends_at").desc(nulls_first=True), "-pk")

    PointsAccount._open = backwards  # type: ignore[method-assign]


def _answer_first() -> None:
    """The answer goes out before the commit, which one in ten times does not come."""
    from django.db import transaction

    from staff.api import MachineView

    real = MachineView.once

    def hasty(self: Any, request: Any, command: Any) -> Any:
        with transaction.atomic():
            answer = real(self, request, command)
            if random.random() < 0.1:  # noqa: S311
                transaction.set_rollback(True)
        return answer

    MachineView.once = hasty  # type: ignore[method-assign]


USE_WITHOUT_CONDITION = """
do $$ begin
  execute replace(pg_get_functiondef('loyalty_redeem'::regproc), 'where id = p_coupon and (',
    'where id = p_coupon and (true or ');
end $$
"""

CLAIM_WITHOUT_LOCK = """
create or replace function loyalty_claim(p_drop bigint, p_record bigint, p_zone text)
returns table (outcome text, coupon bigint, code text, place bigint, at timestamptz) language plpgsql as $$
declare slot bigint;
begin
  select c.id into slot from loyalty_coupon c where c.drop_id = p_drop and c.state = 'minted' order by c.id limit 1;
  if slot is null then return query select 'gone', null::bigint, null::text, null::bigint, now(); return; end if;
  perform pg_sleep(0.01);
  update loyalty_coupon c set state = 'issued', customer_id = p_record, record = p_record, issued_at = now(),
    valid_from = now() where c.id = slot;
  return query select 'won', c.id, c.code::text, 1::bigint, now() from loyalty_coupon c where c.id = slot;
end $$
"""

FAULTS: dict[str, Fault] = {
    "key_dropped": Fault(
        "The unique key of the ledger is gone, and nobody looks before writing",
        "alter table loyalty_pointsentry drop constraint points_entry_once", _no_keys,
    ),
    "lock_removed": Fault("An account is changed without its lock", "", _no_lock),
    "commit_split": Fault("A line is committed before its lots", "", _commit_split),
    "commit_asynchronous": Fault(
        "Commits are acknowledged before they are on disk",
        "alter system set synchronous_commit = off; alter system set wal_writer_delay = '10s'",
    ),
    "answer_before_commit": Fault("The answer goes out before the commit", "", _answer_first),
    "refund_forgets": Fault("A refund takes no points back", "", _refund_forgets),
    "debt_forgotten": Fault("Points spent before a refund are forgiven in silence", "", _debt_forgotten),
    "last_end_first": Fault("What ends last is spent first", "", _last_end_first),
    "coupon_twice": Fault(
        "A coupon may be used twice", "drop index if exists redemption_one_stands; "
        "alter table loyalty_redemption drop constraint if exists redemption_one_stands;" + USE_WITHOUT_CONDITION,
    ),
    "claim_unlocked": Fault(
        "A slot of a drop is claimed without its lock",
        "drop index if exists coupon_one_of_a_drop;" + CLAIM_WITHOUT_LOCK,
    ),
    "guard_dropped": Fault(
        "Lines of the ledger may be changed", "drop trigger loyalty_entry_only_added on loyalty_pointsentry"
    ),
    "check_dropped": Fault(
        "An account may go below zero",
        "alter table loyalty_pointsaccount drop constraint points_available_not_negative; "
        "alter table loyalty_pointslot drop constraint points_lot_remaining", _no_lock,
    ),
}  # fmt: skip
