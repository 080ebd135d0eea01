"""The nightly work on everybody's points, in sets: what counts from now, what has ended, points for many at once."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from django.db import connection, transaction
from django.utils import timezone

from loyalty.models import PointsAccount, Programme
from scrm.kernel.parsing import canonical

CHUNK = 2000  # accounts in one transaction

LOCK = """
select id from loyalty_pointsaccount where id in (
  select account_id from loyalty_pointslot where {due} order by account_id limit %(chunk)s)
order by id for no key update skip locked
"""

EXPIRE = """
with due as materialized (
  select l.id as lot, l.account_id, l.remaining, l.record, l.state,
         sum(l.remaining) over (partition by l.account_id order by l.ends_at, l.id) as so_far,
         'expire:' || l.id || ':' || (select count(*) from loyalty_lotuse u where u.lot_id = l.id) as key, l.ends_at
  from loyalty_pointslot l where l.account_id = any(%(accounts)s) and l.ends_at <= %(at)s and l.remaining > 0),
entries as (
  insert into loyalty_pointsentry (account_id, record, kind, delta, debt_delta, balance_after, qualifying, reason, at,
    recorded_at, source, key, digest, source_ref, undone, explanation)
  select d.account_id, d.record, 'expire', -d.remaining, 0, a.available + a.pending - a.debt - d.so_far, 0, 'end',
         %(at)s, clock_timestamp(), 'house', d.key, '', '', 0, '{}'
  from due d join loyalty_pointsaccount a on a.id = d.account_id order by d.account_id, d.ends_at, d.lot
  returning id, key),
uses as (
  insert into loyalty_lotuse (entry_id, lot_id, amount)
  select e.id, d.lot, d.remaining from entries e join due d on d.key = e.key),
lots as (update loyalty_pointslot l set remaining = 0 from due d where d.lot = l.id),
accounts as (
  update loyalty_pointsaccount a set
    available = a.available - coalesce(s.open, 0), pending = a.pending - coalesce(s.pending, 0)
  from (select account_id, sum(remaining) filter (where state = 'open') as open,
               sum(remaining) filter (where state = 'pending') as pending from due group by 1) s
  where s.account_id = a.id),
told as (
  insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, details,
                               source, source_ref)
  select a.customer_id, 'points.ended', %(at)s, now(), %(on)s, 'during', '', '',
         jsonb_build_object('points', -s.points, 'reason', 'end'), 'house', ''
  from (select account_id, sum(remaining) as points from due group by 1) s
  join loyalty_pointsaccount a on a.id = s.account_id)
select coalesce(sum(remaining), 0)::bigint from due
"""

CONFIRM = """
with due as materialized (
  select l.id as lot, l.account_id, l.remaining, l.record, l.counts_at
  from loyalty_pointslot l
  where l.account_id = any(%(accounts)s) and l.state = 'pending' and l.counts_at <= %(at)s and l.remaining > 0),
entries as (
  insert into loyalty_pointsentry (account_id, record, kind, delta, debt_delta, balance_after, qualifying, reason, at,
    recorded_at, source, key, digest, source_ref, undone, explanation)
  select d.account_id, d.record, 'confirm', 0, 0, a.available + a.pending - a.debt, 0, 'due', %(at)s,
         clock_timestamp(), 'house', 'confirm:' || d.lot, '', '', 0, jsonb_build_object('points', d.remaining)
  from due d join loyalty_pointsaccount a on a.id = d.account_id order by d.account_id, d.counts_at, d.lot),
lots as (update loyalty_pointslot l set state = 'open' from due d where d.lot = l.id),
accounts as (
  update loyalty_pointsaccount a set available = a.available + s.points, pending = a.pending - s.points
  from (select account_id, sum(remaining) as points from due group by 1) s where s.account_id = a.id)
select coalesce(sum(remaining), 0)::bigint from due
"""


def expire_everything(*, at: datetime | None = None) -> int:
    """End every point whose time is over; how many points. A killed run goes on where it was."""
    at, points = at or timezone.now(), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK.format(due="ends_at <= %(at)s and remaining > 0"), {"at": at, "chunk": CHUNK})
            accounts = [pk for (pk,) in cursor.fetchall()]
            if not accounts:
                return points
            cursor.execute(EXPIRE, {"accounts": accounts, "at": at, "on": timezone.localdate(at)})
            points += int(cursor.fetchone()[0])


def confirm_everything(*, at: datetime | None = None) -> int:
    """Let every pending point count whose time has come; how many. Accounts that owe something repay it at once."""
    at, points = at or timezone.now(), 0
    due = "state = 'pending' and counts_at <= %(at)s and remaining > 0"
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK.format(due=due), {"at": at, "chunk": CHUNK})
            accounts = [pk for (pk,) in cursor.fetchall()]
            if not accounts:
                return points
            owing = list(PointsAccount.objects.filter(pk__in=accounts, debt__gt=0).select_related("programme"))
            held = set(accounts) - {account.pk for account in owing}
            cursor.execute(CONFIRM, {"accounts": sorted(held), "at": at})
            points += int(cursor.fetchone()[0])
        for account in owing:
            points += account.confirm_due(at=at)


GIVE = """
with given as materialized (
  select n.customer, n.points, n.key, n.digest, a.id as account_id, a.available + a.pending - a.debt as balance,
         sum(n.points) over (partition by a.id order by n.key) as so_far
  from unnest(%(customers)s::bigint[], %(points)s::bigint[], %(keys)s::text[], %(digests)s::bytea[])
    n(customer, points, key, digest)
  join loyalty_pointsaccount a on a.customer_id = n.customer and a.programme_id = %(programme)s
  where not exists (select from loyalty_pointsentry e where e.source = %(source)s and e.key = n.key)),
entries as (
  insert into loyalty_pointsentry (account_id, record, kind, delta, debt_delta, balance_after, qualifying, reason, at,
    recorded_at, source, key, digest, source_ref, undone, explanation)
  select account_id, customer, 'earn', points, 0, balance + so_far, 0, %(reason)s, %(at)s, clock_timestamp(),
         %(source)s, key, digest, '', 0, '{}'
  from given order by account_id, key
  on conflict do nothing returning id, account_id, record, delta),
lots as (
  insert into loyalty_pointslot (account_id, entry_id, record, amount, remaining, state, counts_at, ends_at)
  select account_id, id, record, delta, delta, 'open', %(at)s, %(ends)s from entries),
accounts as (
  update loyalty_pointsaccount a set available = a.available + s.points
  from (select account_id, sum(delta) as points from entries group by 1) s where s.account_id = a.id)
select count(*) from entries
"""


@transaction.atomic
def give_many(rows: Sequence[tuple[int, int, str]], *, reason: str, source: str) -> int:
    """Points that count at once for many: (customer, points, key); how many were new. The same keys again give nothing.

    Customers must be standing records. Who owes something gets it by the account's own verb, so that it repays.
    """
    programme, at = Programme.objects.main(), timezone.now()
    customers = sorted({customer for customer, _points, _key in rows})
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into loyalty_pointsaccount (customer_id, programme_id, available, pending, debt, opened_at)
               select n.id, %s, 0, 0, 0, now() from unnest(%s::bigint[]) n(id) on conflict do nothing""",
            [programme.pk, customers],
        )
        cursor.execute(
            """select customer_id, debt > 0 from loyalty_pointsaccount
               where customer_id = any(%s) and programme_id = %s order by id for no key update""",
            [customers, programme.pk],
        )
        owing = {customer for customer, owes in cursor.fetchall() if owes}
        plain = [row for row in rows if row[0] not in owing]
        cursor.execute(GIVE, {
            "customers": [row[0] for row in plain], "points": [row[1] for row in plain],
            "keys": [row[2] for row in plain], "digests": [_digest(row, reason) for row in plain],
            "programme": programme.pk, "source": source, "reason": reason, "at": at,
            "ends": programme.lot_ends(at),
        })  # fmt: skip
        given = int(cursor.fetchone()[0])
    for customer, points, key in (row for row in rows if row[0] in owing):
        account = PointsAccount.objects.get(customer=customer, programme=programme)
        account.earn(points, reason=reason, source=source, key=key, tells=False)
        given += 1
    return given


def _digest(row: tuple[int, int, str], reason: str) -> bytes:
    """As the verb would say it: a repeat through either way is the same command."""
    return blake2b(canonical([row[0], "earn", row[1], reason, "", 0]), digest_size=16).digest()
