"""Indexes and foreign keys off while millions of rows come in, and on again, whatever happens between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, models, transaction

from commerce.models import Order, OrderLine, Payment, Refund, RefundLine
from customers.models import Address, BrowseSession, Customer, DataKey, Event, Identity, StoreTie
from loyalty.models import (
    CampaignGrant,
    Coupon,
    DropTry,
    LevelMembership,
    LotUse,
    PointsAccount,
    PointsEntry,
    PointsLot,
    Redemption,
)
from touchpoints.models import Trial, Visit

TABLES: list[type[models.Model]] = [
    Event, Order, OrderLine, PointsEntry, PointsLot, LotUse, Payment, Coupon, BrowseSession, Identity, Customer, DataKey,
    Address, StoreTie, PointsAccount, LevelMembership, Redemption, Refund, RefundLine, Visit, Trial, CampaignGrant,
    DropTry,
]  # fmt: skip

FOUND = """
select c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype::text
from pg_constraint c where c.contype in ('f', 'u') and c.conrelid = any(%(tables)s::regclass[])
union all
select i.indrelid::regclass::text, r.relname, pg_get_indexdef(i.indexrelid), 'i'
from pg_index i join pg_class r on r.oid = i.indexrelid
where i.indrelid = any(%(tables)s::regclass[]) and not i.indisprimary
  and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('u', 'p', 'x'))
order by 1, 4, 2
"""


def take_off(keep: Callable[[list[dict[str, str]]], None]) -> None:
    """Drop what slows the load; `keep` notes in the same transaction what must come back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(FOUND, {"tables": [model._meta.db_table for model in TABLES]})
        hooks = [dict(zip(("table", "name", "words", "kind"), row, strict=True)) for row in cursor.fetchall()]
        keep(hooks)
        for hook in hooks:
            if hook["kind"] == "i":
                cursor.execute(f'drop index "{hook["name"]}"')
            else:
                cursor.execute(f'alter table {hook["table"]} drop constraint "{hook["name"]}"')


def put_back(
    hooks: list[dict[str, str]], *, threads: int = 2, step: Callable[[int, int], Any] = lambda a, b: None
) -> None:
    """Build again what is missing of these: indexes table by table side by side, then the foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"tables": [model._meta.db_table for model in TABLES]})
        there = {(row[0], row[1]) for row in cursor.fetchall()}
    missing = [hook for hook in hooks if (hook["table"], hook["name"]) not in there]
    builds = [_statement(hook) for hook in missing if hook["kind"] != "f"]
    keys = _in_turn([hook for hook in missing if hook["kind"] == "f"])
    # A foreign key is checked apart from being added, so that the table is not closed for so long.
    adds = [f"{_statement(hook)} not valid" for hook in keys]
    checks = [f'alter table {hook["table"]} validate constraint "{hook["name"]}"' for hook in keys]
    done, total = 0, len(builds) + len(checks)
    for statements, width in ((_heavy_first(builds), threads), (adds, 1), (checks, threads)):
        for _ in _run(statements, width):
            if statements is not adds:
                done += 1
                step(done, total)


def _in_turn(hooks: list[dict[str, str]]) -> list[dict[str, str]]:
    """One of each table after the other: two checks of one table would wait for each other."""
    seen: dict[str, int] = {}
    turns: list[tuple[int, int, dict[str, str]]] = []
    for hook in hooks:
        seen[hook["table"]] = seen.get(hook["table"], 0) + 1
        turns.append((seen[hook["table"]], len(turns), hook))
    return [hook for _turn, _place, hook in sorted(turns, key=lambda one: one[:2])]


def _statement(hook: dict[str, str]) -> str:
    if hook["kind"] == "i":
        return hook["words"]
    return f'alter table {hook["table"]} add constraint "{hook["name"]}" {hook["words"]}'


def _heavy_first(statements: list[str]) -> list[str]:
    order = [model._meta.db_table for model in TABLES]
    return sorted(statements, key=lambda text: next((i for i, name in enumerate(order) if f"{name} " in text), 99))


def _run(statements: list[str], threads: int) -> Any:
    if connection.in_atomic_block or threads < 2:
        yield from map(_execute, statements)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(_execute_apart, statements)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '512MB'")
        cursor.execute("set work_mem = '128MB'")
        cursor.execute(statement)


def _execute_apart(statement: str) -> None:
    try:
        _execute(statement)
    finally:
        connections["default"].close()


def move_sequences(last: dict[type[models.Model], int]) -> None:
    """Let the next row of each table get the number after the given one, or after what stands there."""
    with connection.cursor() as cursor:
        for model, number in last.items():
            table = model._meta.db_table
            cursor.execute(
                f"select setval(pg_get_serial_sequence(%s, 'id'), greatest(%s, (select coalesce(max(id), 0) from {table}))"
                " + 1, false)",
                [table, number],
            )
