"""What is known of many people as columns of numbers: each text stands once, each person is one place."""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from customers.resolution.names import fold, name_of, sound

Array = np.ndarray
SLOTS = 2  # how many phones, mails and document numbers of one person are compared
# A phone, mail or document that more records carry is nobody's: a till's filler, an agent's own number.
CROWD = 12
NO_DAY = {(1900, 1, 1), (1970, 1, 1), (0, 0, 0)}  # what tills write for “unknown”


@dataclass(frozen=True)
class Held:
    """One identity in clear. `mark` is the first half of its blind index, as a number."""

    kind: str
    value: str
    mark: int
    verified: bool = False
    shared: bool = False


@dataclass(frozen=True)
class Person:
    """What one record says; "" and 0 are unknown."""

    id: int
    family: str = ""
    given: str = ""
    display: str = ""
    year: int = 0
    month: int = 0
    day: int = 0
    birth_text: str = ""  # as written, where it was no date
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    store: int = 0
    held: Sequence[Held] = ()


TEXT = np.dtypes.StringDType()
CHUNK = 20_000


class Texts:
    """A dictionary of texts, gathered by their hashes in chunks; once closed, a code per text, 0 for ""."""

    def __init__(self) -> None:
        self._chunk: dict[int, str] = {}
        self._hashes: list[Array] = []
        self._texts: list[Array] = []
        self._known: Array = np.empty(0, np.int64)
        self.values: Array = np.array([""], TEXT)

    def mark(self, text: str) -> int:
        if not text:
            return 0
        number = hash(text)
        if number not in self._chunk:
            self._chunk[number] = text
            if len(self._chunk) >= CHUNK:
                self._lay_aside()
        return number

    def _lay_aside(self) -> None:
        self._hashes.append(np.fromiter(self._chunk.keys(), np.int64, len(self._chunk)))
        self._texts.append(np.array(list(self._chunk.values()), TEXT))
        self._chunk = {}

    def close(self) -> None:
        """No more texts come."""
        if self._chunk:
            self._lay_aside()
        if self._hashes:
            self._known, first = np.unique(np.concatenate(self._hashes), return_index=True)
            self.values = np.concatenate([self.values, np.concatenate(self._texts)[first]])
        self._hashes, self._texts = [], []

    def codes(self, marks: Array) -> Array:
        return np.where(marks == 0, 0, np.searchsorted(self._known, marks) + 1).astype(np.int32)


TEXT_COLUMNS = {
    "family": "names", "given": "names", "birth": "births", "street": "streets", "house": "houses", "city": "places",
    "region": "places", "postcode": "postcodes",
    **{f"{kind}{slot}": f"{kind}s" for kind in ("phone", "mail", "id_number") for slot in range(SLOTS)},
}  # fmt: skip
WHOLE_COLUMNS = ("month_day", "year", "store")
# Bits of `verified` and `household` per kind.
BITS = {"phone": 1, "id_number": 2, "unionid": 4}


@dataclass
class People:
    """Columns of codes into `texts`; `marks` are (place, mark, flags) of every identity that may join or suggest."""

    ids: Array
    columns: dict[str, Array]
    texts: dict[str, Texts]
    verified: Array  # per person, one bit per kind whose every compared value was verified
    mark_place: Array
    mark: Array
    mark_kind: Array  # place in MARK_KINDS
    mark_shared: Array
    filled: Array  # how much each record says
    _noted: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def text(self, name: str) -> Texts:
        return self.texts[TEXT_COLUMNS[name]]

    def noted(self, what: str, make: Callable[[Array], Any]) -> Any:
        """What `make` says of each text of a dictionary, made at first need: noted("names.sound", …)."""
        if what not in self._noted:
            self._noted[what] = make(self.texts[what.partition(".")[0]].values)
        return self._noted[what]

    @property
    def sounds(self) -> Array:
        """For each name a number of its sound; 0 for ""."""
        return self.noted("names.sound", lambda names: numbered([sound(name) for name in names]))


def numbered(texts: Iterable[str]) -> Array:
    """A number per different text, 0 for ""."""
    return np.fromiter((hash(text) if text else 0 for text in texts), np.int64)


MARK_KINDS = ("phone", "mail", "id_number", "unionid", "member_no", "qr", "wecom", "app", "web", "shop", "device")


def gathered(persons: Iterable[Person]) -> People:
    """Columns out of records, read once."""
    texts = {name: Texts() for name in set(TEXT_COLUMNS.values())}
    codes = {name: array("q" if name in TEXT_COLUMNS else "i") for name in (*TEXT_COLUMNS, *WHOLE_COLUMNS)}
    ids, verified = array("q"), array("b")
    place_of, mark, mark_kind, mark_shared = array("i"), array("q"), array("b"), array("b")

    def put(column: str, text: str) -> None:
        codes[column].append(texts[TEXT_COLUMNS[column]].mark(text))

    homes: dict[str, set[int]] = {"phone": set(), "mail": set(), "id_number": set()}
    for place, one in enumerate(persons):
        ids.append(one.id)
        name = name_of(one.family, one.given, one.display)
        put("family", name.family)
        put("given", name.given)
        birth, month_day, year = _birth(one)
        put("birth", birth)
        codes["month_day"].append(month_day)
        codes["year"].append(year)
        codes["store"].append(one.store)
        house, street = _street(one.street)
        put("house", house)
        put("street", street)
        put("city", fold(one.city))
        put("region", fold(one.region))
        put("postcode", fold(one.postcode).replace(" ", ""))
        seen, proven = dict.fromkeys(("phone", "mail", "id_number"), 0), 0
        for held in one.held:
            if held.kind not in MARK_KINDS:
                continue
            place_of.append(place)
            mark.append(held.mark)
            mark_kind.append(MARK_KINDS.index(held.kind))
            mark_shared.append(held.shared)
            if held.verified:
                proven |= BITS.get(held.kind, 0)
            if held.shared and held.kind in homes:
                homes[held.kind].add(texts[f"{held.kind}s"].mark(held.value))
            elif held.kind in seen and seen[held.kind] < SLOTS:
                put(f"{held.kind}{seen[held.kind]}", held.value)
                seen[held.kind] += 1
        for kind, used in seen.items():
            for slot in range(used, SLOTS):
                codes[f"{kind}{slot}"].append(0)
        verified.append(proven)
    for table in texts.values():
        table.close()
    columns = {}
    for called in (*TEXT_COLUMNS, *WHOLE_COLUMNS):
        column = codes.pop(called)
        columns[called] = (
            texts[TEXT_COLUMNS[called]].codes(_numbers(column, np.int64)) if called in TEXT_COLUMNS
            else _numbers(column, np.int32)
        )  # fmt: skip
    marks = _uncrowded(*(_numbers(column, kind) for column, kind in zip(
        (place_of, mark, mark_kind, mark_shared), (np.int32, np.int64, np.int8, np.int8), strict=True)))  # fmt: skip
    for kind in ("phone", "mail", "id_number"):
        shared = texts[f"{kind}s"].codes(np.array(sorted(homes[kind]), np.int64))
        _forget([columns[f"{kind}{slot}"] for slot in range(SLOTS)], shared)
    filled = sum((column > 0).astype(np.int16) for column in columns.values()) + 2 * np.bitwise_count(
        _numbers(verified, np.int8))  # fmt: skip
    return People(_numbers(ids, np.int64), columns, texts, _numbers(verified, np.int8), *marks, filled)


def _uncrowded(place: Array, mark: Array, kind: Array, shared: Array) -> tuple[Array, Array, Array, Array]:
    """Without the marks of a crowd; one that is a household's for somebody is so for all who claim it."""
    _each, back, counts = np.unique(mark, return_inverse=True, return_counts=True)
    for_all = np.zeros(len(counts), np.int8)
    np.maximum.at(for_all, back, shared)
    few = counts[back] <= CROWD
    return place[few], mark[few], kind[few], for_all[back][few]


def _forget(columns: list[Array], homes: Array) -> None:
    """Values of a crowd or of a household say nothing of one person."""
    counts = np.bincount(np.concatenate(columns), minlength=int(homes.max(initial=0)) + 1)
    counts[homes] = CROWD + 1
    for column in columns:
        column[counts[column] > CROWD] = 0


def _numbers(values: "array[int]", kind: type) -> Array:
    return np.frombuffer(values, kind).copy() if values else np.empty(0, kind)


def _birth(one: Person) -> tuple[str, int, int]:
    """(eight digits when all parts are known, month and day as one number, year)."""
    year, month, day = one.year or 0, one.month or 0, one.day or 0
    if (year, month, day) in NO_DAY:
        year = month = day = 0
    if year and month:
        return f"{year:04}{month:02}{day:02}", month * 100 + day, year
    if not month and (digits := re.sub(r"\D", "", one.birth_text)) and len(digits) == 8:
        return digits, 0, 0
    return "", month * 100 + day, year


def _street(text: str) -> tuple[str, str]:
    """(its numbers, its letters): “12/3 Rose Lane” → “12 3”, “rose lane”."""
    plain = fold(text)
    return " ".join(re.findall(r"\d+", plain)), " ".join(re.sub(r"\d+", " ", plain).split())
