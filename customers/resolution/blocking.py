"""Which pairs are worth comparing: people who share a key, out of blocks small enough to compare everybody in them."""

import itertools
import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np

from customers.resolution.names import is_han, sound
from customers.resolution.people import MARK_KINDS, SLOTS, Array, People, numbered

# A block of more people says little, and costs the square of its size.
LARGEST = 40
_MIX = np.uint64(0x9E3779B97F4A7C15)


PEOPLE_A_BUCKET = 50_000


class Candidates:
    """Every pair of places that shares a key, once, the lower place first: in files, so that memory stays flat.

    The files hold nothing but places, and are gone with the object.
    """

    def __init__(self, people: People) -> None:
        self._people = len(people)
        self._buckets = [tempfile.TemporaryFile() for _bucket in range(len(people) // PEOPLE_A_BUCKET + 1)]  # noqa: SIM115
        for places, keys in _keyed(people):
            for pairs in pairs_in_blocks(places, keys, len(people)):
                self._lay_aside(pairs)
        self.count = sum(self._settled(bucket) for bucket in self._buckets)

    def _lay_aside(self, pairs: Array) -> None:
        if len(self._buckets) == 1:
            pairs.tofile(self._buckets[0])
            return
        bucket = pairs // self._people // PEOPLE_A_BUCKET
        for number in np.unique(bucket).tolist():
            pairs[bucket == number].tofile(self._buckets[number])

    def _settled(self, bucket: IO[bytes]) -> int:
        """Sorted, each pair once."""
        bucket.seek(0)
        pairs = np.unique(np.fromfile(bucket, np.int64))
        bucket.seek(0)
        bucket.truncate()
        pairs.tofile(bucket)
        return len(pairs)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        for bucket in self._buckets:
            bucket.seek(0)
            pairs = np.fromfile(bucket, np.int64)
            yield (pairs // self._people).astype(np.int32), (pairs % self._people).astype(np.int32)

    def sample(self, most: int, chance: np.random.Generator) -> tuple[Array, Array]:
        """About so many of them, drawn at random; all when there are no more."""
        share = most / max(self.count, 1)
        drawn = []
        for a, b in self:
            pick = chance.random(len(a)) < share
            drawn.append((a[pick], b[pick]))
        return np.concatenate([pair[0] for pair in drawn]), np.concatenate([pair[1] for pair in drawn])


def pairs_in_blocks(places: Array, keys: Array, count: int) -> Iterator[Array]:
    """All pairs inside each block of equal keys, as first × count + second."""
    order = np.lexsort((places, keys))
    places, keys = places[order].astype(np.int64), keys[order]
    del order
    fresh = np.ones(len(keys), bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (places[1:] != places[:-1])
    places, keys = places[fresh], keys[fresh]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(keys)])
    # Oversized blocks are left out whole; what two records of one person share besides is a key of its own.
    small = np.repeat((sizes >= 2) & (sizes <= LARGEST), sizes)
    block = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[small]
    places = places[small]
    for step in range(1, LARGEST):
        same = block[step:] == block[:-step]
        if not same.any():
            return
        yield places[:-step][same] * count + places[step:][same]


def _keyed(people: People) -> Iterator[tuple[Array, Array]]:
    """Each kind of key in turn: (places, keys). A part that is unknown makes no key."""
    everyone = np.arange(len(people), dtype=np.int32)
    live = people.mark_kind != MARK_KINDS.index("device")
    yield people.mark_place[live], _mixed(people.mark_kind[live], people.mark[live])

    family, given = people["family"], people["given"]
    skeletons = numbered(map(_skeleton, people.texts["names"].values))
    f_sound, g_sound = people.sounds[family], people.sounds[given]
    f_bone, g_bone = skeletons[family], skeletons[given]
    day, month_day, year = _day_and_month(people)
    city, postcode, store = people["city"], people["postcode"], people["store"]
    street, house = people["street"], people["house"]

    def keys(*parts: Array, where: Array | None = None) -> tuple[Array, Array]:
        ready = np.logical_and.reduce([part != 0 for part in parts])
        ready = ready & where if where is not None else ready
        return everyone[ready], _mixed(*(part[ready] for part in parts))

    low, high = np.minimum(f_sound, g_sound), np.maximum(f_sound, g_sound)
    names = _mixed(low, high) * ((family > 0) & (given > 0))
    yield keys(day)
    for bone in (f_bone, g_bone):
        yield from _both(keys, bone, (day, month_day, year, postcode, city, store, street, people["birth"]))
    for name in (f_sound, g_sound):
        yield keys(name)
        yield from _both(keys, name, (month_day, year, postcode, city, house))
    yield keys(names)
    for part in (month_day, year, city, store, postcode):
        yield keys(names, part)
    yield keys(_mixed(np.minimum(f_bone, g_bone), np.maximum(f_bone, g_bone)) * ((f_bone != 0) & (g_bone != 0)))
    yield keys(street, house)
    yield keys(street, postcode)
    yield keys(street, city)
    yield keys(postcode, house)
    yield keys(postcode, city)
    yield keys(month_day, city, house)
    yield keys(day, city)
    yield keys(day, postcode)
    yield from _near_identities(people, everyone)


def _both(keys, one: Array, others: tuple[Array, ...]) -> Iterator[tuple[Array, Array]]:  # type: ignore[no-untyped-def]
    for other in others:
        yield keys(one, other)


def _near_identities(people: People, everyone: Array) -> Iterator[tuple[Array, Array]]:
    """Either half of a phone and of a document number, the two ends of a mail: a slip leaves one of them whole."""
    for kind, parts in (("phone", _halves), ("id_number", _halves), ("mail", _mail_parts)):
        values = people.texts[f"{kind}s"].values
        found: list[tuple[Array, Array]] = []
        for part in range(len(parts(""))):
            table = numbered(parts(value)[part] for value in values)
            for slot in range(SLOTS):
                marks = table[people[f"{kind}{slot}"]]
                if slot and not marks.any():
                    continue
                # A second value is compared with first ones too: both slots are one kind of key.
                known = marks != 0
                found.append((everyone[known], marks[known]))
            yield np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])
            found = []


def _halves(value: str) -> tuple[str, str]:
    middle = len(value) // 2
    return value[:middle], value[-middle:] if middle else ""


def _mail_parts(value: str) -> tuple[str, str, str, str]:
    user, _at, host = value.partition("@")
    letters = "".join(sign for sign in user if sign.isalpha())
    return user, host, letters[:6] if len(letters) > 3 else "", value[:4] + host[:4] if host else ""


def _skeleton(name: str) -> str:
    """The first letter and the next consonants: what typing errors leave alone most often."""
    said = sound(name)
    if is_han(said) or not said:
        return said
    rest = [sign for before, sign in itertools.pairwise(said) if sign not in "aeiouyhw" and sign != before]
    return said[0] + "".join(rest)[:3]


def _day_and_month(people: People) -> tuple[Array, Array, Array]:
    """The whole birthday, month and day, and the year as keys; day and month in either order are one key."""
    month, day = people["month_day"] // 100, people["month_day"] % 100
    either = np.minimum(month, day) * 100 + np.maximum(month, day)
    either = np.where(people["month_day"] > 0, either, 0).astype(np.int64)
    year = people["year"].astype(np.int64)
    return (either * 10_000 + year) * ((either > 0) & (year > 0)), either, year


def _mixed(*parts: Array) -> Array:
    with np.errstate(over="ignore"):
        mixed = np.zeros(len(parts[0]), np.uint64)
        for part in parts:
            mixed = (mixed ^ part.astype(np.int64).view(np.uint64)) * _MIX
            mixed ^= mixed >> np.uint64(29)
    return mixed.view(np.int64)
