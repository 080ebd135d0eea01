"""What a room says about the files it can take in, and how a batch of their rows reaches its tables."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Field:
    """One thing a row may say.

    `type` is text, customer, integer, decimal, money (minor units), date, moment, dated (a moment with its business
    day), birthday, flag or choice.
    """

    name: str
    label: Text
    type: str = "text"
    required: bool = False
    length: int = 0
    least: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadKind:
    """One kind of `load`: its fields, and the function that writes a batch of them set-based.

    `key` names the fields that tell one row from another. `open_under` is a field below which any further name may
    be mapped (attributes, details). `collects` gives the rows of one value of that field to `store` together. `tables`
    are those whose statistics the writing depends on. `batch` rows go into one transaction.
    """

    name: str
    label: Text
    fields: tuple[Field, ...]
    store: Callable[["Batch"], None]
    key: tuple[str, ...] = ("source_ref",)
    open_under: str = ""
    collects: str = ""
    tables: tuple[str, ...] = ()
    batch: int = 5000

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


class Row(dict[str, Any]):
    """The fields of one row of a file, its line, and the cells it was made of (several lines when rows are grouped)."""

    __slots__ = ("cells", "line", "members", "reason")

    def __init__(self, values: dict[str, Any], *, line: int, cells: Sequence[Any]) -> None:
        super().__init__(values)
        self.line = line
        self.cells = cells
        self.members: Sequence[Row] = ()
        self.reason = ""

    def digest(self) -> bytes:
        """Sixteen bytes that change when anything the row says changes; ask before adding to the row."""
        said = "\x1f".join([f"{name}\x1e{value}" for name, value in self.items()])
        return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass
class Batch:
    """Some thousand rows on their way into the tables, in one transaction with the run's progress."""

    cursor: Any
    source: str
    live: bool
    rows: list[Row]
    options: dict[str, Any] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    warnings: list[tuple[Row, str]] = field(default_factory=list)

    def fail(self, row: Row, reason: str) -> None:
        """This row does not go in; the others do."""
        row.reason = row.reason or reason

    def warn(self, row: Row, reason: str) -> None:
        """The row goes in without a part of it."""
        self.warnings.append((row, reason))

    def standing(self) -> list[Row]:
        return [row for row in self.rows if not row.reason]

    def ask(self, sql: str, *values: Any) -> list[Any]:
        self.cursor.execute(sql, values)
        found: list[Any] = self.cursor.fetchall()
        return found

    def run(self, sql: str, *values: Any) -> int:
        self.cursor.execute(sql, values)
        count: int = self.cursor.rowcount
        return count

    def ids_for(self, table: str, count: int) -> list[int]:
        """Numbers taken from the table's sequence beforehand, so that rows and what points to them go in together."""
        # The sequence is looked up once, in a subquery: asked for in the list it would be looked up for each number.
        return [number for (number,) in self.ask(
            "select nextval(s.name) from (select pg_get_serial_sequence(%s, 'id')::regclass as name offset 0) s, "
            "generate_series(1, %s)", table, count,
        )]  # fmt: skip

    def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        names, rest = _with_defaults(table, tuple(columns))
        lines = map("\t".join, zip(*map(_written, zip(*rows, strict=True)), strict=True))
        text = (f"{rest}\n".join(lines) + f"{rest}\n").encode()
        # In one piece: psycopg2's own pieces of 8 KB each wait for the thread that reads on meanwhile.
        self.cursor.copy_expert(f"copy {table} ({names}) from stdin", io.BytesIO(text), size=len(text) + 1)

    def change(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[Any]]) -> set[int]:
        """Set columns of rows named by id (the first value of each) where something differs; the ids that changed.

        `columns` maps each column to its SQL type; one ending in " merge" is added to a JSON object. None keeps
        what stands: an empty cell says nothing.
        """
        if not rows or not columns:
            return set()
        arrays = ", ".join(f"%s::{kind.removesuffix(' merge')}[]" for kind in ("bigint", *columns.values()))
        names = ", ".join(f'"{name}"' for name in columns)
        new = {
            name: f'coalesce(t."{name}" || n."{name}", t."{name}")' if kind.endswith(" merge") else
            f'coalesce(n."{name}", t."{name}")' for name, kind in columns.items()
        }  # fmt: skip
        sets = ", ".join(f'"{name}" = {value}' for name, value in new.items())
        old, fresh = ", ".join(f't."{name}"' for name in columns), ", ".join(new.values())
        turned = [[_plain(value) for value in column] for column in zip(*rows, strict=True)]
        changed = self.ask(
            f"update {table} t set {sets} from unnest({arrays}) n(id, {names}) "
            f"where t.id = n.id and row({old}) is distinct from row({fresh}) returning t.id",
            *turned,
        )
        return {row[0] for row in changed}


def _bare(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value  # a member of choices is its text


@cache
def _with_defaults(table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    """The columns to write, and what ends each line: the model's defaults of needed columns nobody named."""
    model = next((model for model in apps.get_models() if model._meta.db_table == table), None)
    more = [
        (one.column, _bare(one.get_default()))
        for one in (model._meta.concrete_fields if model is not None and model._meta.managed else ())
        if one.column not in columns and not one.null and not one.primary_key and not one.generated
    ]
    names = ", ".join(f'"{name}"' for name in (*columns, *(name for name, _value in more)))
    return names, "".join("\t" + _WRITERS[type(value)](value) for _name, value in more)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: str) -> str:
    return value if value.isalnum() else value.translate(_ESCAPES)


def _written(column: Sequence[Any]) -> Sequence[str]:
    """A column's values as COPY reads them; a whole column at once, as nearly all hold one type or few values."""
    types = set(map(type, column))
    if len(types) > 1:
        return [_WRITERS[type(value)](value) for value in column]
    if str in types:
        whole = "".join(column)
        return column if whole.isprintable() and "\\" not in whole else [_text(value) for value in column]
    write = _WRITERS[types.pop()]
    if isinstance(column[0], dict | list):
        return [write(value) for value in column]
    texts = {value: write(value) for value in set(column)}
    return [texts[value] for value in column]


# Made once: json.dumps would make one per call.
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _plain(value: Any) -> Any:
    return _json(value) if isinstance(value, dict | list) else value


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    str: _text,
    Decimal: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    bytes: lambda value: "\\\\x" + value.hex(),
    dict: lambda value: _json(value).replace("\\", "\\\\"),
    list: lambda value: _json(value).replace("\\", "\\\\"),
}
