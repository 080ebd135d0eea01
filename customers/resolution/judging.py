"""The verdict on pairs: what is alike, how much that speaks for one person, and what forbids to join by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from customers.resolution.blocking import pairs_in_blocks
from customers.resolution.comparing import compared
from customers.resolution.people import BITS, MARK_KINDS, Array, People
from customers.resolution.weights import Weights, probability

STRONG = ("phone", "id_number", "unionid", "member_no", "qr")
# Which of them are proven (code sent, document seen) and of which a person has one at a time.
PROVEN = ("phone", "id_number", "unionid")
# An equal strong identity that nothing contradicts is this sure at least, whatever else is unknown.
STRONG_IS = 0.99
AT_ONCE = 50_000
# A name and a town alone never join: something of another sort must agree.
SORTS = (
    ("given", "family"), ("birth", "birthday"), ("phone", "mail", "id_number", "account"), ("street", "postcode"),
)  # fmt: skip
AGREES = 2.0  # bits


@dataclass
class Judged:
    """Pairs with their levels and weights in bits; `may_join` is false where a rule stands against it."""

    a: Array
    b: Array
    levels: dict[str, Array]
    bits: dict[str, Array]
    score: Array
    may_join: Array
    strong: Array
    household: Array
    proven_apart: Array
    said_apart: Array
    contradicted: Array


@dataclass
class Judge:
    """Knows who shares which identity, and what people decided; judges any pairs."""

    people: People
    weights: Weights
    apart: Array = field(default_factory=lambda: np.empty(0, np.int64))  # packed pairs a person called different

    def __post_init__(self) -> None:
        kinds = {kind: MARK_KINDS.index(kind) for kind in MARK_KINDS}
        own = self.people.mark_shared == 0
        device = self.people.mark_kind == kinds["device"]
        strong = np.isin(self.people.mark_kind, [kinds[kind] for kind in STRONG])
        proven = {kind: self.people.mark_kind == kinds[kind] for kind in PROVEN}
        account = ~np.isin(self.people.mark_kind, [kinds[kind] for kind in ("phone", "mail", "id_number", "device")])
        self._strong = self._sharing(own & strong)
        self._lasting = self._sharing(own & strong & (self.people.mark_kind != kinds["phone"]))
        self._account = self._sharing(own & account)
        self._household = self._sharing(~device, both_own=False)
        self._proven = {kind: self._sharing(mine) for kind, mine in proven.items()}
        self.apart = np.sort(self.apart)

    def _sharing(self, marks: Array, *, both_own: bool = True) -> Array:
        """Packed pairs that share one of these marks; or, of all marks, those where one side's is a household's."""
        place, mark, kind = self.people.mark_place[marks], self.people.mark[marks], self.people.mark_kind[marks]
        if not both_own:
            of_homes = np.isin(mark, mark[self.people.mark_shared[marks] == 1])
            place, mark, kind = place[of_homes], mark[of_homes], kind[of_homes]
        pairs = list(pairs_in_blocks(place, mark * 16 + kind, len(self.people)))
        return np.unique(np.concatenate(pairs)) if pairs else np.empty(0, np.int64)

    def judge(self, a: Array, b: Array) -> Judged:
        levels = compared(self.people, a, b)
        packed = a.astype(np.int64) * len(self.people) + b
        levels["account"] = np.where(_among(packed, self._account), 1, -1).astype(np.int8)
        bits = self.weights.of(levels, a, b)
        score = probability(self.weights.prior + np.sum(list(bits.values()), axis=0))
        household = _among(packed, self._household)
        strong = _among(packed, self._strong) & ~household
        name_apart, birth_apart = name_contradicts(levels), birth_contradicts(levels)
        contradicted = name_apart & birth_apart
        proven_apart = np.zeros(len(a), bool)
        for kind in PROVEN:
            both = (self.people.verified[a] & self.people.verified[b] & BITS[kind]) > 0
            proven_apart |= both & ~_among(packed, self._proven[kind])
        said_apart = _among(packed, self.apart)
        sorts = sum((np.max([bits[name] for name in sort], axis=0) >= AGREES).astype(int) for sort in SORTS)
        # A phone is given out again: under a wholly different name its number alone joins nobody.
        other_name = (levels["family"] == 0) & (levels["given"] <= 0) | (levels["given"] == 0) & (levels["family"] < 0)
        wholly_other = other_name & ~_among(packed, self._lasting)
        score = np.where(strong & ~contradicted & ~wholly_other, np.maximum(score, STRONG_IS), score)
        may_join = ~(contradicted | proven_apart | said_apart) & ((sorts >= 2) | (strong & ~wholly_other))
        return Judged(a, b, levels, bits, score, may_join, strong, household, proven_apart, said_apart, contradicted)

    def in_turns(self, a: Array, b: Array) -> Iterator[Judged]:
        for start in range(0, len(a), AT_ONCE):
            yield self.judge(a[start : start + AT_ONCE], b[start : start + AT_ONCE])


def name_contradicts(levels: dict[str, Array]) -> Array:
    """Both say a given or a family name, and it is another one, not a spelling, a short form or a slip."""
    return (levels["given"] == 0) | (levels["family"] == 0)


def birth_contradicts(levels: dict[str, Array]) -> Array:
    """Both say a birth date, and more than a slip or one part of it differs."""
    return (levels["birth"] == 0) | (levels["birthday"] == 0) | (levels["year"] == 0)


def _among(packed: Array, known: Array) -> Array:
    """Whether each is one of a sorted array."""
    if not len(known):
        return np.zeros(len(packed), bool)
    place = np.minimum(np.searchsorted(known, packed), len(known) - 1)
    return known[place] == packed
