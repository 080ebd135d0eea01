"""Writing the outlook as differences: a row that says the same as before is not touched."""

import time
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.segments import dirty
from journeys.models import OutlookDirty, OutlookRun, ValueBorders
from journeys.outlook.computing import compute
from scrm.kernel.nudges import nudge

HEARD = ("order.", "refund.", "case.", "health.", "consent.", "need.", "tag.", "appointment.", "trial.")
VALUES = (
    "value", "paid", "potential", "need", "need_by_id", "need_set_at", "need_why", "clv", "churn", "upsell", "reasons",
)  # fmt: skip
SHARED = "select pg_advisory_xact_lock_shared(hashtextextended('outlook', 0))"
ALONE = "select pg_advisory_xact_lock(hashtextextended('outlook', 0))"
IF_FREE = "select pg_try_advisory_xact_lock_shared(hashtextextended('outlook', 0))"
CELL = "coalesce({0}.value, '-') || '.' || coalesce({0}.need, '-')"
RANK = "array_position(array['low', 'middle', 'high'], {0}.value::text)"


@transaction.atomic
def everybody(*, as_of: date | None = None) -> OutlookRun:
    """Compute everybody as of a day (today), write what differs, keep the borders and the counts."""
    begun, moment = time.monotonic(), timezone.now()
    day, borders, last = as_of or timezone.localdate(), ValueBorders.current(), OutlookRun.objects.first()
    cut = {"middle_from": borders.middle_from, "high_from": borders.high_from, "premium_from": borders.premium_from}
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        # What is marked now is in this computation; marks made from here on stay for the sweep.
        cursor.execute("delete from journeys_outlookdirty")
        cursor.execute("set local work_mem = '128MB'")
        compute(cursor, as_of=day, borders=borders)
        cursor.execute("analyze outlook_next")
        _write(cursor, as_of=day, moment=moment, watched=last is not None, cut=last is not None and last.borders != cut)
        picture = _picture(cursor)
    return OutlookRun.objects.create(
        as_of=day, borders=cut, picture=picture, seconds=round(time.monotonic() - begun, 3)
    )


@transaction.atomic
def refresh(customers: Iterable[int], *, as_of: date | None = None) -> int:
    """Compute some customers; how many rows changed. Who is merged or erased has none afterwards."""
    ids = sorted(set(customers))
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(SHARED)
        return _refresh(cursor, ids, as_of=as_of)


@transaction.atomic
def sweep_dirty(*, limit: int = 500) -> int:
    """Refresh who was heard of; several sweeps at once take different ones. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(IF_FREE)
        if not cursor.fetchone()[0]:
            return 0  # everybody is being computed: what stays marked is for the next sweep
        # Unmarked before reading: what is heard later marks its customer again.
        cursor.execute(
            """delete from journeys_outlookdirty where customer_id in (
                 select customer_id from journeys_outlookdirty order by since limit %s for update skip locked)
               returning customer_id""",
            [limit],
        )
        ids = sorted(row[0] for row in cursor.fetchall())
        if ids:
            _refresh(cursor, ids)
    for customer in ids[:200]:
        nudge(f"customer.{customer}", "value")
    return len(ids)


def heard_of(event: Any) -> None:
    """Note in the event's transaction that this customer's outlook is to be computed anew."""
    if event.kind.startswith(HEARD):
        OutlookDirty.mark(event.customer_id)


def _refresh(cursor: Any, ids: list[int], *, as_of: date | None = None) -> int:
    moment, day = timezone.now(), as_of or timezone.localdate()
    compute(cursor, as_of=day, borders=ValueBorders.current(), customers=ids)
    watched = OutlookRun.objects.exists()
    written = _write(cursor, as_of=day, moment=moment, watched=watched, cut=False, only=ids)
    if written:
        dirty.mark(ids)  # segments ask for these figures too
    return written


def _write(
    cursor: Any, *, as_of: date, moment: datetime, watched: bool, cut: bool, only: list[int] | None = None
) -> int:
    new, old = (", ".join(f"{side}.{name}" for name in VALUES) for side in "no")
    names = ", ".join(VALUES)
    values = {"as_of": as_of, "moment": moment, "watched": watched, "cut": cut, "only": only}
    # What a person said while this was computed stands: it was not in what was read.
    still = "(o.need_set_at is null or o.need_set_at <= %(moment)s)"
    cursor.execute(
        f"""insert into journeys_outlookchange (customer_id, "on", before, after, why)
            select n.customer_id, %(as_of)s, {_cell("o")}, {_cell("n")}, case
                when n.need is distinct from o.need and coalesce(n.need_by_id, o.need_by_id) is not null then 'said'
                when o.value is null and o.need is null then 'first'
                when o.value is distinct from n.value and %(cut)s then 'borders'
                when {RANK.format("n")} > coalesce({RANK.format("o")}, 0) then 'bought'
                when {RANK.format("n")} < {RANK.format("o")} or n.value is null and o.value is not null then 'passed'
                when n.need = 'personal' then 'asked' else 'quiet' end
            from outlook_next n left join journeys_outlook o using (customer_id)
            where {_cell("o")} <> {_cell("n")} and (o.customer_id is not null or %(watched)s)
              and (o.customer_id is null or {still})""",
        values,
    )
    gone = "o.customer_id = any(%(only)s) and" if only is not None else ""
    cursor.execute(
        f"""delete from journeys_outlook o where {gone} not exists (
              select from outlook_next n where n.customer_id = o.customer_id) and {still}""",
        values,
    )
    written = int(cursor.rowcount)
    cursor.execute(
        f"""update journeys_outlook o set ({names}, as_of) = row({new}, %(as_of)s::date)
            from outlook_next n where n.customer_id = o.customer_id and row({new}) is distinct from row({old})
              and {still}""",
        values,
    )
    written += int(cursor.rowcount)
    cursor.execute(
        f"""insert into journeys_outlook (customer_id, {names}, as_of)
            select n.customer_id, {new}, %(as_of)s from outlook_next n
            where not exists (select from journeys_outlook o where o.customer_id = n.customer_id)
            order by n.customer_id on conflict (customer_id) do nothing""",
        values,
    )
    return written + int(cursor.rowcount)


def _cell(side: str) -> str:
    return CELL.format(side)


def _picture(cursor: Any) -> dict[str, Any]:
    """How many people stand in each cell, how many by a person's word; “-” is unknown."""
    cursor.execute(f"select {_cell('n')}, count(*), count(need_by_id) from outlook_next n group by 1")
    found = cursor.fetchall()
    cursor.execute("select count(*) from customers_customer where merged_into_id is null and erased_at is null")
    return {
        "cells": {cell: people for cell, people, _said in found}, "said": sum(said for _cell, _people, said in found),
        "people": cursor.fetchone()[0],
    }  # fmt: skip
