"""Wrapping every stored key anew, under the newest master key, while the site runs."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from scrm.kernel import sealed
from scrm.kernel.models import HouseKey
from scrm.kernel.registry import wrapped

AT_ONCE = 1000


def keep_house_keys() -> None:
    """Store the keys of the house that were derived until now: from here on they outlive the oldest master key."""
    for purpose in sealed.PURPOSES:
        if not HouseKey.objects.filter(purpose=purpose).exists():
            HouseKey.objects.create(purpose=purpose, wrapped=sealed.wrap(sealed.derived(purpose)))


def rewrap() -> Iterator[tuple[str, int]]:
    """(what, how many) after each batch. What is done is done: stopped at any point, it goes on from there."""
    for words in wrapped.names():
        table, column = _place(words)
        last = 0
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"select id, {column} from {table} where id > %s and {_foreign(column)} order by id limit %s"
                    " for update",
                    [last, _newest(), AT_ONCE],
                )
                rows = cursor.fetchall()
                if not rows:
                    break
                new = [sealed.wrap(sealed.unwrap(bytes(old))) for _pk, old in rows]
                cursor.execute(
                    f"update {table} t set {column} = n.w from unnest(%s::bigint[], %s::bytea[]) n(id, w)"
                    " where t.id = n.id",
                    [[pk for pk, _old in rows], new],
                )
            last = rows[-1][0]
            yield words, len(rows)


def left() -> dict[str, int]:
    """How many keys of each kind are not under the newest master key."""
    found = {}
    with connection.cursor() as cursor:
        for words in wrapped.names():
            table, column = _place(words)
            cursor.execute(f"select count(*) from {table} where {_foreign(column)}", [_newest()])
            if count := cursor.fetchone()[0]:
                found[words] = count
    return found


@transaction.atomic
def retire(drop: Any) -> dict[str, int]:
    """Call `drop` when nothing is wrapped by an older master key; else say what is. Writers of keys wait meanwhile."""
    with connection.cursor() as cursor:
        for words in wrapped.names():
            cursor.execute(f"lock table {_place(words)[0]} in share row exclusive mode")
    remaining = left()
    if not remaining:
        drop()
    return remaining


def _place(words: str) -> tuple[str, str]:
    table, _dot, column = str(wrapped.get(words)).partition(".")
    return table, column


def _foreign(column: str) -> str:
    return (f"length({column}) > 0 and not (length({column}) = {sealed.WRAPPED}"
            f" and substring({column} from 1 for {sealed.KEY_ID}) = %s)")  # fmt: skip


def _newest() -> bytes:
    return sealed.key_id(sealed.master_keys()[0])
