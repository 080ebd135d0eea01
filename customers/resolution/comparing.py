"""How alike two records are, field by field, in levels: 0 is different, higher is more alike, below 0 says nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cpdist

from customers.resolution.names import is_han, sound
from customers.resolution.people import SLOTS, TEXT, Array, People, numbered

# The levels of each field, from different to equal. The first level is evidence against.
LEVELS: dict[str, tuple[str, ...]] = {
    "given": ("different", "similar", "near", "variant", "same"),
    "family": ("different", "similar", "near", "variant", "same"),
    "swapped": ("straight", "swapped"),
    "birth": ("different", "close", "near", "same"),
    "birthday": ("different", "close", "near", "same"),
    "year": ("different", "near", "same"),
    "phone": ("different", "near", "same"),
    "mail": ("different", "similar", "user", "near", "same"),
    "id_number": ("different", "similar", "near", "same"),
    "street": ("different", "similar", "near", "same"),
    "house": ("different", "near", "same"),
    "postcode": ("different", "near", "same"),
    "city": ("different", "near", "same"),
    "region": ("different", "same"),
    "store": ("different", "same"),
}
NOTHING = -1
# Of different texts by their codes, the lower first: the level of each two.
Compare = Callable[[People, Array, Array], Array]


def compared(people: People, a: Array, b: Array) -> dict[str, Array]:
    """The level of every field for every pair."""
    levels = _names(people, a, b)
    levels |= _births(people, a, b)
    for kind, compare in (("phone", _phone_level), ("mail", _mail_level), ("id_number", _number_level)):
        levels[kind] = _slots(people, kind, a, b, compare)
    for name, compare in (
        ("street", _street_level), ("house", _house_level), ("postcode", _postcode_level), ("city", _place_level),
        ("region", _never),
    ):  # fmt: skip
        levels[name] = _of_codes(people, people[name][a], people[name][b], len(LEVELS[name]) - 1, compare)
    store_a, store_b = people["store"][a], people["store"][b]
    levels["store"] = np.where((store_a > 0) & (store_b > 0), store_a == store_b, NOTHING).astype(np.int8)
    return levels


def _of_codes(people: People, a: Array, b: Array, same: int, compare: Compare) -> Array:
    """Levels by the codes of two texts; each two different texts are compared once, whichever comes first."""
    levels = np.where(a == b, same, 0).astype(np.int8)
    levels[(a == 0) | (b == 0)] = NOTHING
    open_ = np.flatnonzero((a != b) & (a > 0) & (b > 0))
    if len(open_):
        low, high = np.minimum(a[open_], b[open_]).astype(np.int64), np.maximum(a[open_], b[open_])
        each, back = np.unique((low << 32) | high, return_inverse=True)
        levels[open_] = compare(people, each >> 32, each & 0xFFFFFFFF)[back]
    return levels


def _texts(people: People, table: str, codes: Array) -> list[str]:
    found: list[str] = people.texts[table].values[codes].tolist()
    return found


def _alike(scorer: Any, left: list[str], right: list[str]) -> Array:
    return cpdist(left, right, scorer=scorer, dtype=np.float32)


# Names


def _names(people: People, a: Array, b: Array) -> dict[str, Array]:
    """Given and family name the better way round; `swapped` says that it was the other way round."""
    f_a, f_b, g_a, g_b = people["family"][a], people["family"][b], people["given"][a], people["given"][b]
    family, given = _name_level(people, f_a, f_b), _name_level(people, g_a, g_b)
    straight = np.maximum(family, 0) + np.maximum(given, 0)
    # The other way round is worth a look only where it could win: one of the parts begins alike.
    first = people.noted("names.first", lambda names: numbered([sound(name)[:1] for name in names]))
    look = np.flatnonzero((straight <= 5) & ((first[f_a] == first[g_b]) | (first[g_a] == first[f_b])))
    family2 = _name_level(people, f_a[look], g_b[look])
    given2 = _name_level(people, g_a[look], f_b[look])
    crossed = np.maximum(family2, 0) + np.maximum(given2, 0)
    wins = (crossed >= straight[look] + 3) & (crossed >= 3)
    turned = look[wins]
    family[turned], given[turned] = family2[wins], given2[wins]
    known = ((f_a > 0) | (g_a > 0)) & ((f_b > 0) | (g_b > 0))
    swapped = np.where(known, 0, NOTHING).astype(np.int8)
    swapped[turned] = 1
    return {"family": family, "given": given, "swapped": swapped}


def _name_level(people: People, a: Array, b: Array) -> Array:
    return _of_codes(people, a, b, 4, _name_texts)


def _name_texts(people: People, a: Array, b: Array) -> Array:
    level = np.where(people.sounds[a] == people.sounds[b], 3, 0).astype(np.int8)  # pinyin, another sign
    # Of Han names one sign is half the name: only equal sounds are alike.
    han = people.noted("names.han", lambda names: np.array([is_han(name) for name in names]))
    rest = np.flatnonzero((level == 0) & ~(han[a] & han[b]))
    if len(rest):
        level[rest] = _sound_level(people, a[rest], b[rest])
    return level


def _sound_level(people: People, a: Array, b: Array) -> Array:
    sounds = people.noted("names.spoken", lambda names: np.array([sound(name) for name in names], TEXT))
    lengths = people.noted("names.length", lambda names: np.array([len(sound(name)) for name in names]))
    level = np.zeros(len(a), np.int8)
    left, right = sounds[a], sounds[b]
    jaro = _alike(JaroWinkler.similarity, left.tolist(), right.tolist())
    close = np.flatnonzero((jaro >= 0.6) | (np.minimum(lengths[a], lengths[b]) <= 3))
    if not len(close):
        return level
    jaro, left, right = jaro[close], left[close].tolist(), right[close].tolist()
    short, long = np.minimum(lengths[a], lengths[b])[close], np.maximum(lengths[a], lengths[b])[close]
    edits = _alike(OSA.distance, left, right)
    begins = np.array([x.startswith(y) or y.startswith(x) for x, y in zip(left, right, strict=True)])
    found = np.zeros(len(close), np.int8)
    found[(jaro >= 0.8) & (edits <= long * 0.45)] = 1
    found[begins & (short == 1)] = 1  # an initial
    found[((edits <= 1) & (short >= 3)) | ((edits <= 2) & (short >= 6)) | (jaro >= 0.93)] = 2
    found[begins & (short >= 3)] = 3  # Rob, Robert
    level[close] = found
    return level


# Dates


def _births(people: People, a: Array, b: Array) -> dict[str, Array]:
    """The whole date where both have one; otherwise what both have of it."""
    birth = _of_codes(people, people["birth"][a], people["birth"][b], 3, _birth_level)
    whole = birth != NOTHING
    day_a, day_b = people["month_day"][a], people["month_day"][b]
    crossed = (day_a // 100 == day_b % 100) & (day_a % 100 == day_b // 100)
    one_part = (day_a // 100 == day_b // 100) | (day_a % 100 == day_b % 100)
    birthday = np.where(day_a == day_b, 3, np.where(crossed, 2, np.where(one_part, 1, 0)))
    birthday = np.where((day_a > 0) & (day_b > 0) & ~whole, birthday, NOTHING).astype(np.int8)
    year_a, year_b = people["year"][a], people["year"][b]
    apart = np.abs(year_a - year_b)
    year = np.where(apart == 0, 2, np.where((apart == 1) | (apart % 10 == 0) & (apart <= 20), 1, 0))
    year = np.where((year_a > 0) & (year_b > 0) & ~whole, year, NOTHING).astype(np.int8)
    return {"birth": birth, "birthday": birthday, "year": year}


def _birth_level(people: People, a: Array, b: Array) -> Array:
    dates = people.noted("births.number", lambda texts: np.array([int(text or 0) for text in texts]))
    x, y = dates[a], dates[b]
    parts = (x // 10_000 == y // 10_000).astype(np.int8) + (x // 100 % 100 == y // 100 % 100) + (x % 100 == y % 100)
    crossed = (x // 10_000 == y // 10_000) & (x // 100 % 100 == y % 100) & (x % 100 == y // 100 % 100)
    level = (parts == 2).astype(np.int8)
    level[crossed] = 2
    near = np.flatnonzero((parts >= 1) & ~crossed)
    if len(near):
        edits = _alike(OSA.distance, _texts(people, "births", a[near]), _texts(people, "births", b[near]))
        level[near[edits == 2]] = 1
        level[near[edits <= 1]] = 2
    return level


# Identities


def _slots(people: People, kind: str, a: Array, b: Array, compare: Compare) -> Array:
    """The best level of any two values of a kind."""
    same = len(LEVELS[kind]) - 1
    best = np.full(len(a), NOTHING, np.int8)
    for mine in range(SLOTS):
        for theirs in range(SLOTS):
            x, y = people[f"{kind}{mine}"][a], people[f"{kind}{theirs}"][b]
            best = np.maximum(best, _of_codes(people, x, y, same, compare))
    return best


def _edits(people: People, table: str, a: Array, b: Array) -> Array:
    return _alike(OSA.distance, _texts(people, table, a), _texts(people, table, b))


def _phone_level(people: People, a: Array, b: Array) -> Array:
    return (_edits(people, "phones", a, b) <= 1).astype(np.int8)


def _number_level(people: People, a: Array, b: Array) -> Array:
    edits = _edits(people, "id_numbers", a, b)
    lengths = people.noted("id_numbers.length", lambda values: np.array([len(value) for value in values]))
    level = ((edits <= 2) & (np.maximum(lengths[a], lengths[b]) >= 6)).astype(np.int8)
    level[edits <= 1] = 2
    return level


def _mail_level(people: People, a: Array, b: Array) -> Array:
    users, hosts, digits, lengths = people.noted("mails.parts", _mail_parts)
    user = _alike(OSA.normalized_similarity, users[a].tolist(), users[b].tolist())
    host = _alike(OSA.normalized_similarity, hosts[a].tolist(), hosts[b].tolist())
    long = np.minimum(lengths[a], lengths[b]) >= 4
    level = ((user >= 0.6) & (host >= 0.8)).astype(np.int8)
    level[(user == 1) & long] = 2
    # In numbered mails (u17, u18) the digits are the name: a slip in the letters only, or in both halves.
    level[(user >= 0.7) & (host >= 0.7) & long & ((digits[a] == digits[b]) | (user < 1) & (host < 1))] = 3
    return level


def _mail_parts(values: Array) -> tuple[Array, Array, Array, Array]:
    users, hosts = [value.partition("@")[0] for value in values], [value.partition("@")[2] for value in values]
    digits = numbered(["".join(sign for sign in user if sign.isdigit()) for user in users])
    return np.array(users, TEXT), np.array(hosts, TEXT), digits, np.array([len(user) for user in users])


# Places


def _street_level(people: People, a: Array, b: Array) -> Array:
    bare = people.noted(
        "streets.bare", lambda values: np.strings.replace(values, " ", "")
    )  # fmt: skip
    alike = _alike(OSA.normalized_similarity, bare[a].tolist(), bare[b].tolist())
    # Words in another order, or one side with the building's name besides: only where the letters are near at all.
    look = np.flatnonzero(alike < 0.85)
    words = _alike(token_set_ratio, _texts(people, "streets", a[look]), _texts(people, "streets", b[look])) / 100
    alike[look] = np.maximum(alike[look], words)
    return np.where(alike >= 0.85, 2, np.where(alike >= 0.65, 1, 0)).astype(np.int8)


def _house_level(people: People, a: Array, b: Array) -> Array:
    first, second = people.noted("houses.numbers", _house_numbers)
    one, other = first[a] == first[b], (second[a] == second[b]) & (second[a] != 0)
    crossed = (first[a] == second[b]) | (second[a] == first[b])
    return (one | other | crossed).astype(np.int8)


def _house_numbers(values: Array) -> tuple[Array, Array]:
    parts = [[*value.split(), "", ""] for value in values]
    both = numbered([part[0] for part in parts] + [part[1] for part in parts])
    return both[: len(values)], both[len(values) :]


def _postcode_level(people: People, a: Array, b: Array) -> Array:
    return (_edits(people, "postcodes", a, b) <= 1).astype(np.int8)


def _place_level(people: People, a: Array, b: Array) -> Array:
    left, right = _texts(people, "places", a), _texts(people, "places", b)
    lengths = people.noted("places.length", lambda values: np.array([len(value) for value in values]))
    near = (_alike(JaroWinkler.similarity, left, right) >= 0.88) | (
        _alike(OSA.normalized_similarity, left, right) >= 0.7
    )
    return (near & (np.minimum(lengths[a], lengths[b]) >= 3)).astype(np.int8)


def _never(people: People, a: Array, b: Array) -> Array:
    return np.zeros(len(a), np.int8)
