"""Customers, their identities and their addresses, from files."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import (
    find_customers,
    known_keys,
    leave_out_erased,
    remember_keys,
    users,
)
from customers.loading.timeline import Happening, record
from customers.models import Identity
from scrm.kernel import sealed
from scrm.kernel.loading import Batch, Row

IDENTITY_KINDS = tuple(str(kind) for kind in Identity.Kind)
# How each field of a row becomes columns of the customer; the SQL type is for the update.
COLUMNS = {
    "family_name": "text", "given_name": "text", "display_name": "text", "latin_name": "text", "salutation": "text",
    "birth_year": "smallint", "birth_month": "smallint", "birth_day": "smallint", "company_name": "text",
    "locale": "text", "home_store_id": "bigint", "advisor_id": "bigint", "joined_at": "timestamptz",
    "attributes": "jsonb merge",
}  # fmt: skip
BLANK = {"home_store_id": None, "advisor_id": None, "birth_year": None, "birth_month": None, "birth_day": None}


def customers(batch: Batch) -> None:
    leave_out_erased(batch)
    _complete(batch)
    known = known_keys(batch, "customers")
    rows = batch.standing()
    new = [row for row in rows if row["source_ref"] not in known]
    old = [(row, known[row["source_ref"]]) for row in rows if row["source_ref"] in known]
    made = _create(batch, new)
    changed = _change(batch, old)
    # The address first: a live record may be joined to another as soon as its identities are known.
    with_more = _house(batch, [*made, *old])
    with_more |= _identify(batch, made, old)
    changed |= with_more & {number for _row, number in old}
    batch.created += len(made)
    batch.updated += len(changed)
    batch.unchanged += len(old) - len(changed)


def _complete(batch: Batch) -> None:
    """Columns out of fields: the name shown, the parts of the birthday, the ids of store and advisor."""
    stores: dict[str, int] = dict(batch.ask("select code, id from staff_store"))  # type: ignore[arg-type]
    advisors = users(batch, "advisor")
    for row in batch.rows:
        if birthday := row.get("birthday"):
            row["birth_year"], row["birth_month"], row["birth_day"] = birthday
        if not row.get("display_name") and (row.get("family_name") or row.get("given_name")):
            row["display_name"] = full_name(row.get("family_name") or "", row.get("given_name") or "")
        row["home_store_id"] = _found(batch, row, "home_store", stores, _("The store “%s” is not known."))
        row["advisor_id"] = _found(batch, row, "advisor", advisors, _("No advisor signs in as “%s”."))


def _found(batch: Batch, row: Row, field: str, known: dict[str, int], sentence: str) -> int | None:
    named = row.get(field)
    if named and named not in known:
        batch.warn(row, sentence % named)
    return known.get(named) if named else None


def full_name(family: str, given: str) -> str:
    """梅雨晴, but Mary Smith."""
    return f"{given} {family}".strip() if (family + given).isascii() else family + given


def _create(batch: Batch, rows: list[Row]) -> list[tuple[Row, int]]:
    if not rows:
        return []
    ids = batch.ids_for("customers_customer", len(rows))
    numbers = _numbers(batch, rows, ids)
    now = timezone.now()
    lines = []
    for row, number, name in zip(rows, ids, numbers, strict=True):
        row["_number"] = name
        values = [row.get(column, BLANK.get(column, "")) for column in COLUMNS]
        line = dict(zip(COLUMNS, values, strict=True))
        line["display_name"] = line["display_name"] or name
        line["locale"] = line["locale"] or "zh-hans"
        line["joined_at"] = line["joined_at"] or now
        line["attributes"] = line["attributes"] or {}
        lines.append((number, name, not is_known_person(row), *line.values()))
    batch.copy("customers_customer", ("id", "number", "provisional", *COLUMNS), lines)
    made = list(zip(rows, ids, strict=True))
    remember_keys(batch, "customers", made)
    record(batch, [
        Happening(number, "customer.joined", row["joined_at"], row["joined_at"].date(), store=row["home_store_id"])
        for row, number in made if row.get("joined_at")
    ])  # fmt: skip
    return made


def is_known_person(row: Row) -> bool:
    """Whether a name or a strong identity is known; otherwise the customer is provisional."""
    return bool(row.get("display_name") or any(row.get(str(kind)) for kind in Identity.STRONG))


def _numbers(batch: Batch, rows: list[Row], ids: list[int]) -> list[str]:
    wanted = [row["number"] for row in rows if row.get("number")]
    taken = {row[0] for row in batch.ask("select number from customers_customer where number = any(%s)", wanted)}
    numbers = []
    for row, number in zip(rows, ids, strict=True):
        name = row.get("number") or ""
        if name in taken:
            batch.warn(row, _("The member number “%(number)s” belongs to another customer; a new one was given.") % {
                "number": name})  # fmt: skip
            name = ""
        numbers.append(name or f"C{number:08}")
        taken.add(numbers[-1])
    return numbers


def _change(batch: Batch, rows: list[tuple[Row, int]]) -> set[int]:
    """Write what the file says differently; columns it does not name, and empty cells, stay as they are."""
    said = {column for row, _number in rows for column in row if row[column] not in (None, "", {})}
    columns = {name: kind for name, kind in COLUMNS.items() if name in said}
    lines = [(number, *(row.get(name) or None for name in columns)) for row, number in rows]
    return batch.change("customers_customer", columns, lines)


# Identities


def _identify(batch: Batch, made: list[tuple[Row, int]], old: list[tuple[Row, int]]) -> set[int]:
    wanted = []
    for row, number in [*made, *old]:
        for kind in IDENTITY_KINDS:
            if value := row.get(kind):
                if tidy := Identity.tidy(kind, value):
                    wanted.append((row, number, kind, tidy))
                else:
                    batch.warn(row, _("“%(value)s” says nothing as %(kind)s; it was left out.") % {
                        "value": value[:40], "kind": Identity.Kind(kind).label})  # fmt: skip
    gained = add_identities(batch, wanted, fresh={number for _row, number in made})
    return {customer for _row, customer, _kind, _tidy in gained}


Wanted = tuple[Row, int, str, str]  # row, customer, kind, tidy value


def add_identities(batch: Batch, wanted: list[Wanted], *, fresh: set[int]) -> list[Wanted]:
    """Seal and store tidy values, unverified; those that are new.

    A file never takes an identity away from anybody: a value another customer holds is stored beside it as a claim,
    not active, with a note. Whether the two are one person says the rule at intake when the load is live, otherwise
    the comparison of records.
    """
    if not wanted:
        return []
    marks = [sealed.blind_indexes(one[2], one[3]) for one in wanted]
    marked = [(one, own[0]) for one, own in zip(wanted, marks, strict=True)]
    # While the index is given another key, a value may still stand under the former one.
    newer = {former: own[0] for own in marks for former in own[1:]}
    asked = {(one[2], mark) for one, own in zip(wanted, marks, strict=True) for mark in own}
    holders = {(kind, newer.get(mark, mark)): who for (kind, mark), who in _held(batch, asked).items()}
    known = _claimed(batch, [one[1] for one, _mark in marked if one[1] not in fresh])
    mine = {(customer, kind, newer.get(mark, mark)) for customer, kind, mark in known}
    new: list[tuple[Wanted, bytes, bool, bool]] = []
    claims: list[tuple[int, str, int]] = []
    for one, mark in marked:
        row, customer, kind, _tidy = one
        holder, shared = holders.setdefault((kind, mark), (customer, False))
        if (customer, kind, mark) in mine:
            continue
        mine.add((customer, kind, mark))
        new.append((one, mark, holder == customer, shared))
        if holder != customer:
            claims.append((customer, kind, holder))
            batch.warn(row, _("This %(kind)s belongs to another customer; it was kept as a claim.") % {
                "kind": Identity.Kind(kind).label})  # fmt: skip
    keys = _data_keys(batch, {one[1] for one, *_rest in new}, fresh=fresh)
    now = timezone.now()
    batch.copy(
        "customers_identity",
        ("customer_id", "kind", "blind_index", "sealed", "key_id", "tail", "hint", "source", "shared", "active",
         "created_at"),
        [
            (customer, kind, mark, sealed.seal(tidy, keys[customer][1]), keys[customer][0],
             Identity.tail_of(kind, tidy), Identity.mask(kind, tidy), batch.source, shared, active, now)
            for (_row, customer, kind, tidy), mark, active, shared in new
        ],
    )  # fmt: skip
    if batch.live and claims:
        from customers.resolution.intake import meet_all  # with it come numpy and the string distances

        meet_all(claims)
    return [one for one, *_rest in new]


def _held(batch: Batch, marks: set[tuple[str, bytes]]) -> dict[tuple[str, bytes], tuple[int, bool]]:
    """Who holds each (kind, blind index), and whether it is a household's."""
    found = batch.ask(
        "select kind, blind_index, customer_id, shared from customers_identity where active and blind_index = any(%s)",
        [mark for _kind, mark in marks],
    )
    return {(kind, bytes(mark)): (customer, shared) for kind, mark, customer, shared in found}


def _claimed(batch: Batch, customers: list[int]) -> set[tuple[int, str, bytes]]:
    """What these customers hold or claim already."""
    found = batch.ask(
        "select customer_id, kind, blind_index from customers_identity where customer_id = any(%s)", customers
    ) if customers else []  # fmt: skip
    return {(customer, kind, bytes(mark)) for customer, kind, mark in found}


def _data_keys(batch: Batch, customers: set[int], *, fresh: set[int]) -> dict[int, tuple[int, bytes]]:
    """Each customer's (key id, key in clear); made where there is none."""
    keys: dict[int, tuple[int, bytes]] = {}
    if old := list(customers - fresh):
        found = batch.ask(
            "select distinct on (customer_id) customer_id, id, wrapped from customers_datakey "
            "where customer_id = any(%s) and destroyed_at is null order by customer_id, id",
            old,
        )
        keys = {customer: (number, sealed.unwrap(bytes(wrapped))) for customer, number, wrapped in found}
    missing = sorted(customers - set(keys))
    ids = batch.ids_for("customers_datakey", len(missing)) if missing else []
    now, lines = timezone.now(), []
    for customer, number in zip(missing, ids, strict=True):
        secret, wrapped = sealed.new_data_key()
        keys[customer] = (number, secret)
        lines.append((number, customer, wrapped, now))
    batch.copy("customers_datakey", ("id", "customer_id", "wrapped", "created_at"), lines)
    return keys


def identities(batch: Batch) -> None:
    find_customers(batch, required=True)
    wanted: list[Wanted] = []
    for row in batch.standing():
        if tidy := Identity.tidy(row["kind"], row["value"]):
            wanted.append((row, row["customer_id"], row["kind"], tidy))
        else:
            batch.fail(row, _("“%(value)s” says nothing as %(kind)s; it was left out.") % {
                "value": row["value"][:40], "kind": Identity.Kind(row["kind"]).label})  # fmt: skip
    new = add_identities(batch, wanted, fresh=set())
    batch.unchanged += len(wanted) - len(new)
    batch.created += len(new)


# Addresses

PLACES = ("country", "region", "city", "district", "street", "postcode")


def addresses(batch: Batch) -> None:
    find_customers(batch, required=True)
    rows = batch.standing()
    new, changed = _write_addresses(batch, [(row["source_ref"], row["customer_id"], row) for row in rows])
    batch.created += len(new)
    batch.updated += len(changed)
    batch.unchanged += len(rows) - len(new) - len(changed)


def _house(batch: Batch, rows: list[tuple[Row, int]]) -> set[int]:
    """The address that stands in the customer's own row, under the customer's key; who has a new one."""
    told = [(f"of {row['source_ref']}"[:120], number, row) for row, number in rows if any(map(row.get, PLACES))]
    new, changed = _write_addresses(batch, told) if told else (set(), set())
    return new | changed


def _write_addresses(batch: Batch, told: list[tuple[str, int, Row]]) -> tuple[set[int], set[int]]:
    """(key, customer, row) → the customers with a new address, and with a changed one."""
    found: dict[Any, Any] = dict(batch.ask(
        "select source_ref, id from customers_address where source = %s and source_ref = any(%s)",
        batch.source, [ref for ref, _customer, _row in told],
    ))  # type: ignore[arg-type] # fmt: skip
    new = [one for one in told if one[0] not in found]
    batch.copy(
        "customers_address", ("customer_id", "source", "source_ref", "label", *PLACES),
        [(customer, batch.source, ref, row.get("label") or "",
          *(row.get(name) or ("CN" if name == "country" else "") for name in PLACES)) for ref, customer, row in new],
    )  # fmt: skip
    columns = {"customer_id": "bigint"} | dict.fromkeys(("label", *PLACES), "text")
    old = {found[ref]: (customer, row) for ref, customer, row in told if ref in found}
    changed = batch.change(
        "customers_address", columns,
        [(number, customer, *(row.get(name) or None for name in ("label", *PLACES)))
         for number, (customer, row) in old.items()],
    )  # fmt: skip
    return {customer for _ref, customer, _row in new}, {old[number][0] for number in changed}
