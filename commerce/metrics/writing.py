"""Writing the metrics as differences: a row that says the same as before is not touched."""

import time
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from commerce.metrics.computing import borders, compute, compute_some
from customers.models import Customer, Metrics, MetricsRun
from customers.segments import dirty
from scrm.kernel.nudges import nudge

VALUES = (
    "first_on", "last_on", "orders", "days", "spent", "r", "f", "m", "r_cut", "f_cut", "m_cut", "lifecycle",
)  # fmt: skip
LOCK = "select pg_advisory_xact_lock(hashtextextended('metrics', 0))"


@transaction.atomic
def everybody(*, as_of: date | None = None) -> MetricsRun:
    """Compute everybody as of a day (today), write what differs, keep the borders and the counts."""
    begun = time.monotonic()
    as_of = as_of or timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        # What is marked now is in this computation; marks made from here on stay for the sweep.
        cursor.execute("delete from customers_metricsdirty")
        compute(cursor, as_of=as_of)
        cursor.execute("analyze metrics_next")
        _write(cursor, as_of=as_of, previous=_previous_day())
        return MetricsRun.objects.create(
            as_of=as_of, customers=_count(cursor), borders=borders(cursor), picture=picture(cursor),
            seconds=round(time.monotonic() - begun, 3),
        )  # fmt: skip


@transaction.atomic
def refresh(customers: Iterable[int], *, as_of: date | None = None) -> int:
    """Compute some customers by the borders of the last computation; 0 when there was none yet."""
    ids = sorted(set(customers))
    last = MetricsRun.objects.first()
    if last is None or not ids:
        return 0
    day = as_of or max(timezone.localdate(), last.as_of)
    with connection.cursor() as cursor:
        compute_some(cursor, as_of=day, customers=ids, borders=last.borders)
        return _write(cursor, as_of=day, previous=last.as_of, only=ids)


@transaction.atomic
def sweep_dirty(*, limit: int = 2000) -> int:
    """Refresh customers whose orders changed; several sweeps at once take different ones. Returns how many."""
    if not MetricsRun.objects.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock_shared(hashtextextended('metrics', 0))")
        if not cursor.fetchone()[0]:
            return 0  # everybody is being computed: what stays marked is for the next sweep
        # Unmarked before reading: an order that commits later marks its customer again.
        cursor.execute(
            """delete from customers_metricsdirty where customer_id in (
                 select customer_id from customers_metricsdirty order by since limit %s for update skip locked)
               returning customer_id""",
            [limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        refresh(ids)
        dirty.mark(ids)
        for customer in ids[:200]:
            nudge(f"customer.{customer}", "picture")
    return len(ids)


def _previous_day() -> date | None:
    last = MetricsRun.objects.first()
    return last.as_of if last else None


def _write(cursor: Any, *, as_of: date, previous: date | None, only: list[int] | None = None) -> int:
    table, names = Metrics._meta.db_table, ", ".join(VALUES)
    values = {"as_of": as_of, "previous": previous, "only": only}
    # A first purchase is a change of stage only when we were watching: not on the first computation of old orders.
    cursor.execute(
        f"""insert into customers_lifecyclechange (customer_id, before, after, "on")
            select n.customer_id, coalesce(m.lifecycle, 'none'), n.lifecycle, %(as_of)s
            from metrics_next n left join {table} m using (customer_id)
            where m.lifecycle is distinct from n.lifecycle
              and (m.customer_id is not null or n.first_on > %(previous)s::date)""",
        values,
    )
    gone = "m.customer_id = any(%(only)s) and" if only is not None else ""
    cursor.execute(
        f"""with gone as (
              delete from {table} m where {gone} not exists (
                select from metrics_next n where n.customer_id = m.customer_id)
              returning customer_id, lifecycle)
            insert into customers_lifecyclechange (customer_id, before, after, "on")
            select customer_id, lifecycle, 'none', %(as_of)s from gone""",
        values,
    )
    new, old = (", ".join(f"{side}.{name}" for name in VALUES) for side in "nm")
    cursor.execute(
        f"""update {table} m set ({names}, as_of) = row({new}, %(as_of)s::date)
            from metrics_next n where n.customer_id = m.customer_id and row({new}) is distinct from row({old})""",
        values,
    )
    written: int = cursor.rowcount
    cursor.execute(
        f"""insert into {table} (customer_id, {names}, as_of)
            select n.customer_id, {new}, %(as_of)s from metrics_next n
            where not exists (select from {table} m where m.customer_id = n.customer_id)
            order by n.customer_id""",
        values,
    )
    return written + int(cursor.rowcount)


def _count(cursor: Any) -> int:
    cursor.execute("select count(*) from metrics_next")
    found: int = cursor.fetchone()[0]
    return found


def picture(cursor: Any) -> dict[str, dict[str, int]]:
    """How many people stand in each stage and in each cell of recency × frequency."""
    cursor.execute("select lifecycle, count(*) from metrics_next group by 1")
    stages: dict[str, int] = dict(cursor.fetchall())
    stages["none"] = Customer.objects.living().count() - sum(stages.values())
    cursor.execute("select r::text || f::text, count(*) from metrics_next group by 1")
    return {"stages": stages, "cells": dict(cursor.fetchall())}
