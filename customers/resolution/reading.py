"""Reading records for comparison, some thousand at a time; sealed values are opened in memory and nowhere else."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import connection

from customers.resolution.people import MARK_KINDS, Held, Person
from scrm.kernel import sealed

AT_ONCE = 5000
OPENED = ("phone", "mail", "id_number")

# Records of one source, or everybody's; neither merged nor erased.
OF_SOURCES = """exists (select from customers_sourcekey k where k.kind = 'customers' and k.object_id = c.id
                        and k.source = any(%(sources)s))"""
CUSTOMERS = """
select c.id, c.family_name, c.given_name, c.display_name, c.number, c.birth_year, c.birth_month, c.birth_day,
       c.attributes->>'birthday', c.home_store_id
from customers_customer c
where c.id > %(after)s and c.merged_into_id is null and c.erased_at is null {scope}
order by c.id limit %(limit)s"""
ADDRESSES = """
select distinct on (customer_id) customer_id, street, city, region, postcode
from customers_address where customer_id = any(%s) order by customer_id, id desc"""
IDENTITIES = """
select i.customer_id, i.kind, i.blind_index, i.sealed, i.verified_at is not null, i.shared, k.id, k.wrapped
from customers_identity i join customers_datakey k on k.id = i.key_id
where i.customer_id = any(%s) and i.kind = any(%s) and k.destroyed_at is null
order by i.customer_id, i.active desc, i.id desc"""


def persons(sources: Sequence[str] = (), *, only: Sequence[int] = ()) -> Iterator[Person]:
    """Everybody's records in order of their ids; of some sources, or only some customers."""
    scope = f"and {OF_SOURCES}" if sources else ""
    scope += " and c.id = any(%(only)s)" if only else ""
    after = 0
    while True:
        given = {"after": after, "limit": AT_ONCE, "sources": list(sources), "only": list(only)}
        rows = _asked(CUSTOMERS.format(scope=scope), given)
        if not rows:
            return
        ids = [row[0] for row in rows]
        places = {row[0]: row[1:] for row in _asked(ADDRESSES, [ids])}
        held = _held(ids)
        for number, family, given_name, display, shown, year, month, day, text, store in rows:
            street, city, region, postcode = places.get(number, ("", "", "", ""))
            yield Person(
                number, family, given_name, "" if display == shown else display, year or 0, month or 0, day or 0,
                text or "", street, city, region, postcode, store or 0, held.get(number, ()),
            )  # fmt: skip
        after = ids[-1]


def _held(ids: list[int]) -> dict[int, list[Held]]:
    found: dict[int, list[Held]] = defaultdict(list)
    keys: dict[int, bytes | None] = {}
    for customer, kind, mark, closed, verified, shared, number, wrapped in _asked(IDENTITIES, [ids, list(MARK_KINDS)]):
        value = ""
        if kind in OPENED:
            if number not in keys:
                keys[number] = _key(bytes(wrapped))
            value = _opened(bytes(closed), keys[number])
        first_half = int.from_bytes(bytes(mark)[:8], "big", signed=True)
        found[customer].append(Held(kind, value, first_half, verified, shared))
    return found


def _key(wrapped: bytes) -> bytes | None:
    try:
        return sealed.unwrap(wrapped)
    except InvalidTag:  # sealed under a master key that is gone: equal values are still found by their mark
        return None


def _opened(closed: bytes, key: bytes | None) -> str:
    try:
        return sealed.unseal(closed, key) if key else ""
    except InvalidTag:
        return ""


def _asked(sql: str, given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def refs_of(ids: Sequence[int], sources: Sequence[str]) -> dict[int, tuple[str, str]]:
    """(source, key) by which each customer came; the member number of one that came with no file."""
    named = {row[0]: ("", row[1]) for row in _asked("select id, number from customers_customer where id = any(%s)", [
        list(ids)])}  # fmt: skip
    asked = "and source = any(%s)" if sources else "and %s is not null"
    keys = _asked(
        "select distinct on (object_id) object_id, source, source_ref from customers_sourcekey "
        f"where kind = 'customers' and object_id = any(%s) {asked} order by object_id, id",
        [list(ids), list(sources)],
    )
    return named | {row[0]: (row[1], row[2]) for row in keys}


def told_apart(ids: Sequence[int] = ()) -> set[tuple[int, int]]:
    """Pairs a person called different, the lower id first; all, or those among some customers."""
    among = "and first_id = any(%s) and second_id = any(%s)" if ids else ""
    found = _asked(
        f"select first_id, second_id from customers_mergesuggestion where state = 'different' {among}",
        [list(ids), list(ids)] if ids else None,
    )
    return {(row[0], row[1]) for row in found}
