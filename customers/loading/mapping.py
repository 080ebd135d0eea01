"""The map of a file: which column says what. Read once, checked once, compiled to one function per field."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from customers.loading.trouble import LoadTrouble, RowTrouble
from customers.loading.values import Manner, as_text, money_of, number, reader
from scrm.kernel.loading import Field, LoadKind, Row

Cells = Sequence[Any]
Getter = Callable[[Cells, int], Any]  # the raw cells and the line → a raw value, "" or None when there is none

TABLES = {"kind", "file", "read", "fields", "keep", "drop", "group"}
FILE = {"format", "encoding", "separator", "header", "skip_lines", "sheet"}
READ = {"zone", "business_zone", "dates", "decimal", "currency", "minor", "empty", "unknown_customer"}
SOURCES = ("column", "columns", "constant", "line_number", "sum", "times")
MANNERS = {"zone", "business_zone", "dates", "decimal", "currency", "minor"}
TURNS = {"join", "default", "translate", "otherwise", "prefix", "absolute", "negate", "by", "source", "unreadable"}
TESTS = {"is", "not", "matches", "below", "above", "empty"}
SHORT = 40  # signs of a text worth keeping
GROUP = {"by", "sum", "smallest", "largest"}


def read_map(path: Path) -> dict[str, Any]:
    """The TOML of a map file. Raises LoadTrouble with a sentence."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LoadTrouble(_("The map %(file)s cannot be read: %(why)s.") % {
            "file": path, "why": error.strerror or error}) from None  # fmt: skip
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LoadTrouble(_("The map %(file)s is not TOML: %(why)s.") % {"file": path, "why": error}) from None


@dataclass
class Grouping:
    by: list[str] = field(default_factory=list)
    sum: list[str] = field(default_factory=list)
    smallest: list[str] = field(default_factory=list)
    largest: list[str] = field(default_factory=list)


class Map:
    """A checked map of one kind, still without a file; `onto(columns)` makes the function that reads its rows."""

    def __init__(self, kind: LoadKind, content: dict[str, Any], *, draft: bool = False) -> None:
        self.kind = kind
        self.draft = draft  # a draft may still lack what is needed
        self.content = content
        _known("", content, TABLES)
        if content.get("kind", kind.name) != kind.name:
            raise LoadTrouble(_("This map is for %(map)s, not for %(kind)s.") % {
                "map": content["kind"], "kind": kind.name})  # fmt: skip
        self.file: dict[str, Any] = _table(content, "file", FILE)
        read = _table(content, "read", READ)
        self.empty = {"", *map(str, read.get("empty", ()))}
        self.guests = _unknown_customer(read)
        self.manner = _manner(Manner(zone=settings.TIME_ZONE, currency=settings.BASE_CURRENCY), read)
        self.fields = self._checked_fields(content)
        self.group = self._checked_group(content)
        self.filters = [(True, test) for test in _tests(content, "keep")] + [
            (False, test) for test in _tests(content, "drop")
        ]

    @property
    def options(self) -> dict[str, Any]:
        """What the kind's writer has to know besides the rows."""
        customer = self.fields.get("customer", {})
        return {
            "customer_by": customer.get("by", "source_ref"), "customer_source": customer.get("source"),
            "guests": self.guests, "currency": self.manner.currency,
            "named": frozenset(self.fields),
        }  # fmt: skip

    def onto(self, columns: list[str]) -> "Rows":
        return Rows(self, columns)

    # Checks

    def _checked_fields(self, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
        given = content.get("fields")
        if not isinstance(given, dict) or not given:
            raise LoadTrouble(_("The map needs a [fields] table: field = “column”."))
        flat: dict[str, dict[str, Any]] = {}
        for name, spec in given.items():
            if name == self.kind.open_under and isinstance(spec, dict):
                flat |= {f"{name}.{under}": _spec(f"{name}.{under}", one) for under, one in spec.items()}
                continue
            if self.kind.field(name) is None:
                names = [one.name for one in self.kind.fields] + [f"{self.kind.open_under}.…"] * bool(
                    self.kind.open_under
                )
                raise LoadTrouble(_("%(kind)s have no field “%(name)s”; they have: %(names)s.") % {
                    "kind": self.kind.name, "name": name, "names": ", ".join(names)})  # fmt: skip
            flat[name] = _spec(name, spec)
        for one in self.kind.fields:
            if one.required and one.name not in flat and not self.draft:
                raise LoadTrouble(_("The map must say where %(kind)s take “%(name)s” from.") % {
                    "kind": self.kind.name, "name": one.name})  # fmt: skip
        return flat

    def _checked_group(self, content: dict[str, Any]) -> Grouping | None:
        table = _table(content, "group", GROUP)
        if self.kind.collects:
            return Grouping(by=[])
        if not table:
            return None
        by = table.get("by")
        group = Grouping(
            by=[by] if isinstance(by, str) else list(by or ()),
            **{name: list(table.get(name, ())) for name in ("sum", "smallest", "largest")},
        )
        if not group.by:
            raise LoadTrouble(_("[group] needs “by”: the column or columns that tell one group from another."))
        for name in (*group.sum, *group.smallest, *group.largest):
            if name not in self.fields:
                raise LoadTrouble(_("[group] names the field “%(name)s”, which [fields] does not fill.") % {
                    "name": name})  # fmt: skip
        return group


def _known(where: str, table: dict[str, Any], names: set[str]) -> None:
    for name in table:
        if name not in names:
            raise LoadTrouble(_("The map's %(where)s knows no “%(name)s”; it knows: %(names)s.") % {
                "where": where or _("top level"), "name": name, "names": ", ".join(sorted(names))})  # fmt: skip


def _table(content: dict[str, Any], name: str, names: set[str]) -> dict[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise LoadTrouble(_("[%(name)s] in the map must be a table.") % {"name": name})
    _known(f"[{name}]", table, names)
    return table


def _unknown_customer(read: dict[str, Any]) -> bool:
    choice = read.get("unknown_customer", "fail")
    if choice not in ("fail", "guest"):
        raise LoadTrouble(_("unknown_customer is “fail” or “guest”."))
    return choice == "guest"


def _manner(base: Manner, given: dict[str, Any]) -> Manner:
    said = {name: given[name] for name in MANNERS & set(given)}
    if isinstance(said.get("dates"), str):
        said["dates"] = [said["dates"]]
    if "dates" in said:
        said["dates"] = tuple(said["dates"])
    if said.get("decimal", ".") not in (".", ","):
        raise LoadTrouble(_("The decimal sign is “.” or “,”."))
    for name in ("zone", "business_zone"):
        try:
            ZoneInfo(said.get(name) or "UTC")
        except (ValueError, OSError, KeyError):
            raise LoadTrouble(_("There is no time zone “%(zone)s”.") % {"zone": said[name]}) from None
    return base.but(**said)


def _spec(name: str, given: Any) -> dict[str, Any]:
    """A field's table; a bare text names its column."""
    if isinstance(given, str):
        given = {"column": given}
    if not isinstance(given, dict):
        raise LoadTrouble(_("“%(name)s” must name a column or be a table, such as { constant = 1 }.") % {"name": name})
    _known(f"field “{name}”", given, set(SOURCES) | MANNERS | TURNS)
    if given.get("unreadable", "fail") not in ("fail", "empty"):
        raise LoadTrouble(_("unreadable is “fail” or “empty”."))
    if sum(source in given for source in SOURCES) != 1:
        raise LoadTrouble(_("“%(name)s” needs exactly one of: %(sources)s.") % {
            "name": name, "sources": ", ".join(SOURCES)})  # fmt: skip
    return given


def _tests(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tests = content.get(name, [])
    for test in tests if isinstance(tests, list) else [None]:
        if not isinstance(test, dict) or "column" not in test or len(test) != 2:
            raise LoadTrouble(_("Each [[%(name)s]] needs a column and one of: %(tests)s.") % {
                "name": name, "tests": ", ".join(sorted(TESTS))})  # fmt: skip
        _known(f"[[{name}]]", test, TESTS | {"column"})
    return tests


class Rows:
    """A map laid onto the columns of a file."""

    def __init__(self, mapping: Map, columns: list[str]) -> None:
        self.map = mapping
        self.columns = {name: position for position, name in enumerate(columns)}
        self._keeps = [(keep, self._test(test)) for keep, test in mapping.filters]
        self.readers = [(name, self._reader(name, spec)) for name, spec in mapping.fields.items()]
        self._required = [one for one in mapping.kind.fields if one.required]
        self._group_by = [self._position(name) for name in (mapping.group.by if mapping.group else [])]
        self._open = mapping.kind.open_under

    def wants(self, cells: Cells) -> bool:
        """Whether the filters let this row in."""
        return all(test(cells) is keep for keep, test in self._keeps)

    def group_of(self, cells: Cells) -> str:
        return "\x1f".join(as_text(cells[position]).strip() for position in self._group_by)

    def row(self, cells: Cells, line: int) -> Row:
        """The row's fields. Raises RowTrouble."""
        values: dict[str, Any] = {}
        for name, read in self.readers:
            value = read(cells, line)
            if value is not None:
                values[name] = value
        for one in self._required:
            if values.get(one.name) in (None, ""):
                raise RowTrouble(_("%(field)s is missing.") % {"field": one.label})
        if self._open:
            self._gather(values)
        return Row(values, line=line, cells=cells)

    def _gather(self, values: dict[str, Any]) -> None:
        prefix = self._open + "."
        under = {name.removeprefix(prefix): values.pop(name) for name in [*values] if name.startswith(prefix)}
        values[self._open] = under

    # From the spec to a function

    def _position(self, column: str) -> int:
        if column not in self.columns:
            raise LoadTrouble(_("The file has no column “%(name)s”; it has: %(names)s.") % {
                "name": column, "names": ", ".join(list(self.columns)[:60])})  # fmt: skip
        return self.columns[column]

    def _field(self, name: str) -> Field:
        known = self.map.kind.field(name)
        return known or Field(name, name.partition(".")[2], length=2000)

    def _reader(self, name: str, spec: dict[str, Any]) -> Getter:
        one = self._field(name)
        manner = _manner(self.map.manner, spec)
        if one.type == "money" and ("times" in spec or "sum" in spec):
            return self._computed(one, spec, manner)
        read = reader(one, manner)
        if spec.get("absolute") or spec.get("negate"):
            read = _signed(one, manner, absolute=bool(spec.get("absolute")))
        if TURNS.isdisjoint(spec) and "column" in spec and one.type != "words":
            return _straight(self._position(spec["column"]), read, self.map.empty)
        get, blank = self._turned(one, spec, self._source(one, spec, manner)), self._blank

        def value(cells: Cells, line: int) -> Any:
            raw = get(cells, line)
            return None if blank(raw) else read(raw)

        return _forgiving(value) if spec.get("unreadable") == "empty" else value

    def _computed(self, one: Field, spec: dict[str, Any], manner: Manner) -> Getter:
        get = self._turned(one, spec, self._source(one, spec, manner))

        def value(cells: Cells, line: int) -> Any:
            amount = get(cells, line)
            if amount is None:
                return None
            found = money_of(amount, manner.currency, minor=manner.minor)
            return -found if spec.get("negate") else abs(found) if spec.get("absolute") else found

        return value

    def _source(self, one: Field, spec: dict[str, Any], manner: Manner) -> Getter:
        if "column" in spec:
            position = self._position(spec["column"])
            return lambda cells, line: cells[position]
        if "columns" in spec:
            positions, sign = [self._position(name) for name in spec["columns"]], spec.get("join", "-")
            return lambda cells, line: sign.join(as_text(cells[position]).strip() for position in positions)
        if "constant" in spec:
            constant = spec["constant"]
            return lambda cells, line: constant
        if "line_number" in spec:
            return lambda cells, line: str(line)
        return self._sum(one, spec["sum"], manner) if "sum" in spec else self._times(one, spec["times"], manner)

    def _sum(self, one: Field, names: list[str], manner: Manner) -> Getter:
        parts = [(-1 if name.startswith("-") else 1, self._position(name.lstrip("-"))) for name in names]

        def get(cells: Cells, line: int) -> Decimal | None:
            filled = [(sign, cells[position]) for sign, position in parts if not self._blank(cells[position])]
            amounts = (sign * number(raw, decimal=manner.decimal, what=one.label) for sign, raw in filled)
            return sum(amounts, Decimal()) if filled else None

        return get

    def _times(self, one: Field, names: list[str], manner: Manner) -> Getter:
        positions = [self._position(name) for name in names]

        def get(cells: Cells, line: int) -> Decimal | None:
            product = Decimal(1)
            for position in positions:
                if self._blank(cells[position]):
                    return None
                product *= number(cells[position], decimal=manner.decimal, what=one.label)
            return product

        return get

    def _blank(self, raw: Any) -> bool:
        return raw is None or (type(raw) is str and raw.strip() in self.map.empty) or raw != raw

    def _turned(self, one: Field, spec: dict[str, Any], get: Getter) -> Getter:
        for name in ("translate", "default", "prefix"):
            if name in spec:
                get = getattr(self, f"_{name}")(one, spec, get)
        return get

    def _translate(self, one: Field, spec: dict[str, Any], get: Getter) -> Getter:
        table = {str(key).strip(): value for key, value in spec["translate"].items()}
        otherwise = spec.get("otherwise")

        def translated(cells: Cells, line: int) -> Any:
            raw = get(cells, line)
            return table.get(as_text(raw).strip(), raw if otherwise is None else otherwise)

        return translated

    def _default(self, one: Field, spec: dict[str, Any], get: Getter) -> Getter:
        def filled(cells: Cells, line: int) -> Any:
            raw = get(cells, line)
            return spec["default"] if self._blank(raw) else raw

        return filled

    def _prefix(self, one: Field, spec: dict[str, Any], get: Getter) -> Getter:
        def prefixed(cells: Cells, line: int) -> Any:
            raw = get(cells, line)
            return None if self._blank(raw) else spec["prefix"] + as_text(raw).strip()

        return prefixed

    def _test(self, test: dict[str, Any]) -> Callable[[Cells], bool]:
        position = self._position(test["column"])
        name, wanted = next((name, value) for name, value in test.items() if name != "column")
        if name in ("is", "not"):
            values = {str(one) for one in (wanted if isinstance(wanted, list) else [wanted])}
            return lambda cells: (as_text(cells[position]).strip() in values) == (name == "is")
        if name == "matches":
            try:
                pattern = re.compile(wanted)
            except re.error as error:
                raise LoadTrouble(_("“%(text)s” is not a regular expression: %(why)s.") % {
                    "text": wanted, "why": error}) from None  # fmt: skip
            return lambda cells: pattern.search(as_text(cells[position])) is not None
        if name == "empty":
            return lambda cells: self._blank(cells[position]) == wanted
        border = Decimal(str(wanted))

        def compare(cells: Cells) -> bool:
            if self._blank(cells[position]):
                return False
            found = number(cells[position], decimal=self.map.manner.decimal, what=test["column"])
            return found < border if name == "below" else found > border

        return compare


def _straight(position: int, read: Callable[[Any], Any], empty: set[str]) -> Getter:
    # The usual field, and most of the time of a load: one column, read as it is. Stores, members, days and prices
    # come again and again: what they read as is kept for a while.
    @lru_cache(maxsize=8192)
    def text(raw: str) -> Any:
        return None if raw in empty or raw.strip() in empty else read(raw)

    afresh = text.__wrapped__

    def value(cells: Cells, line: int) -> Any:
        raw = cells[position]
        if type(raw) is str:
            return text(raw) if len(raw) <= SHORT else afresh(raw)
        return None if raw is None or raw != raw else read(raw)

    return value


def _forgiving(value: Getter) -> Getter:
    def or_nothing(cells: Cells, line: int) -> Any:
        try:
            return value(cells, line)
        except RowTrouble:
            return None

    return or_nothing


def _signed(one: Field, manner: Manner, *, absolute: bool) -> Callable[[Any], Any]:
    free = Field(one.name, one.label, one.type)
    read = reader(free, manner)
    return lambda raw: abs(read(raw)) if absolute else -read(raw)
