"""From levels to a probability, after Fellegi and Sunter (1969): how much each level speaks for one person.

A level's weight is log2(m / u): m is its share among pairs of one person, u among pairs of two. u is counted on pairs
drawn at random, m and the share of true pairs are found by expectation maximisation (Winkler 2000) on the candidates;
nobody labels anything. Equal values weigh by how rare they are.
"""

from dataclasses import dataclass, field

import numpy as np

from customers.resolution.comparing import LEVELS, compared
from customers.resolution.people import Array, People

DRAWN = 400_000  # pairs at random for u
LEARNT = 400_000  # candidates for m
ROUNDS = 40
SEED = 7
# What is believed of m before any pair is seen, from different to equal, and how many pairs that belief is worth.
BELIEF: dict[str, tuple[float, ...]] = {
    "given": (0.06, 0.03, 0.08, 0.08, 0.75),
    "family": (0.04, 0.03, 0.08, 0.05, 0.80),
    "swapped": (0.96, 0.04),
    "birth": (0.04, 0.06, 0.12, 0.78),
    "birthday": (0.04, 0.04, 0.04, 0.88),
    "year": (0.04, 0.06, 0.90),
    "phone": (0.40, 0.06, 0.54),
    "mail": (0.30, 0.04, 0.05, 0.11, 0.50),
    "id_number": (0.06, 0.02, 0.07, 0.85),
    "street": (0.25, 0.10, 0.15, 0.50),
    "house": (0.25, 0.10, 0.65),
    "postcode": (0.15, 0.10, 0.75),
    "city": (0.15, 0.10, 0.75),
    "region": (0.12, 0.88),
    "store": (0.40, 0.60),
}
STRENGTH = 40
# And of u: it rules a handful of records, and is forgotten among thousands.
CHANCE: dict[str, tuple[float, ...]] = {
    "given": (0.980, 0.006, 0.004, 0.003, 0.007),
    "family": (0.965, 0.006, 0.006, 0.003, 0.020),
    "swapped": (0.998, 0.002),
    "birth": (0.981, 0.017, 0.0015, 0.0005),
    "birthday": (0.88, 0.114, 0.003, 0.003),
    "year": (0.90, 0.08, 0.02),
    "phone": (0.9998, 0.0002, 0),
    "mail": (0.9975, 0.001, 0.001, 0.0005, 0),
    "id_number": (0.9997, 0.0002, 0.0001, 0),
    "street": (0.985, 0.012, 0.0015, 0.0015),
    "house": (0.945, 0.04, 0.015),
    "postcode": (0.97, 0.02, 0.01),
    "city": (0.93, 0.01, 0.06),
    "region": (0.85, 0.15),
    "store": (0.95, 0.05),
}
CHANCE_PAIRS, CHANCE_PEOPLE = 1000, 100  # what that belief is worth
FEW = 500  # fewer records are weighed as if they were this many
MOST = 0.01  # of all pairs are one person's, at most
# How often the value of one person is also somebody else's: a number given out again, kept by the family, mistyped.
# Counting would not tell: nearly all who share such a value are one person.
ALSO_OTHERS = {"phone": 0.03, "mail": 0.02, "id_number": 0.001, "account": 0.005}
# Places hang together: who shares a postcode shares the town. The best one counts whole, the others this much.
TOGETHER = ("postcode", "city", "region", "store")
REST = 0.5
BY_RARITY = ("given", "family", "birth", "birthday", "year", "street", "postcode", "city", "region", "store")


@dataclass
class Weights:
    """What was learnt: per field and level the shares m and u; `share` is that of true pairs among all pairs."""

    m: dict[str, Array]
    u: dict[str, Array]
    share: float
    people: People = field(repr=False)
    frequency: dict[str, Array] = field(default_factory=dict, repr=False)

    @property
    def prior(self) -> float:
        return float(np.log2(self.share / (1 - self.share)))

    @property
    def account(self) -> float:
        """Of an equal member number, WeChat or app account; unequal ones say nothing, people have several."""
        return float(np.log2(max(len(self.people), FEW) / 2 / ALSO_OTHERS["account"]))

    def of(self, levels: dict[str, Array], a: Array, b: Array) -> dict[str, Array]:
        """The weight of each field in bits, for each pair."""
        weights = {name: self._field(name, levels, a, b) for name in LEVELS}
        weights["account"] = np.where(levels["account"] == 1, self.account, 0.0)
        place = np.stack([weights[name] for name in TOGETHER])
        best = place.max(axis=0)
        for name in TOGETHER:
            own = weights[name]
            weights[name] = np.where((own > 0) & (own < best), own * REST, own)
        return weights

    def _field(self, name: str, levels: dict[str, Array], a: Array, b: Array) -> Array:
        level = levels[name]
        ratio = np.log2(self.m[name] / self.u[name])
        # Liker never speaks less for one person than less like, whatever few pairs happen to show.
        table = np.append(np.maximum.accumulate(ratio), 0.0)  # below 0 reads the last: nothing
        weight = table[level]
        same = len(LEVELS[name]) - 1
        if name in BY_RARITY:
            equal = level == same
            rarity = self._rarity(name, a[equal], b[equal], levels["swapped"][equal] == 1)
            weight[equal] = np.log2(self.m[name][same]) - np.log2(rarity)
        return weight

    def _rarity(self, name: str, a: Array, b: Array, swapped: Array) -> Array:
        share = self.frequency[name]
        column = "month_day" if name == "birthday" else name
        values = self.people[column][a]
        if name in ("given", "family"):
            other = self.people["family" if name == "given" else "given"][b]
            values = np.where(swapped, other if name == "given" else self.people[name][a], values)
        return np.maximum(share[values], self.u[name][-1] / 30)


def learnt(people: People, a: Array, b: Array, *, out_of: int | None = None, seed: int = SEED) -> Weights:
    """Shares of levels, from random pairs and from candidates: all, or a sample `out_of` so many."""
    chance = np.random.default_rng(seed)
    total = max(len(people) * (len(people) - 1) / 2, 1.0)
    u = _u(people, chance)
    seen = (out_of or len(a)) / max(len(a), 1)
    levels = compared(people, a, b)
    patterns, counts = _patterns(levels)
    counts = counts * seen
    m = {name: np.array(belief) for name, belief in BELIEF.items()}
    many = max(len(people), FEW)
    share = 0.1 / many
    for _round in range(ROUNDS):
        odds = np.full(len(counts), np.log2(share / (1 - share)))
        bits = {name: np.append(np.log2(m[name] / u[name]), 0.0)[patterns[:, place]]
                for place, name in enumerate(LEVELS)}  # fmt: skip
        places = np.stack([bits[name] for name in TOGETHER])
        best = places.max(axis=0)
        for name, weight in bits.items():
            odds += np.where((weight > 0) & (weight < best), weight * REST, weight) if name in TOGETHER else weight
        truth = counts / (1 + np.exp2(-np.clip(odds, -500, 500)))
        before, share = share, float(np.clip(truth.sum() / total, 0.001 / many, MOST))
        for place, name in enumerate(LEVELS):
            known = patterns[:, place] >= 0
            found = np.bincount(patterns[known, place], truth[known], len(LEVELS[name]))
            belief = np.array(BELIEF[name]) * STRENGTH
            m[name] = (found + belief) / (found + belief).sum()
        if abs(share - before) < 1e-4 * share:
            break
    return Weights(m, u, share, people, {name: _shares(people, name, u[name][-1]) for name in BY_RARITY})


def _patterns(levels: dict[str, Array]) -> tuple[Array, Array]:
    """The different rows of levels, and how many pairs show each."""
    code = np.zeros(len(next(iter(levels.values()))), np.int64)
    for name in LEVELS:
        code = code * 6 + (levels[name].astype(np.int64) + 1)
    each, counts = np.unique(code, return_counts=True)
    columns = []
    for _name in LEVELS:
        columns.append(each % 6 - 1)
        each = each // 6
    return np.stack(columns[::-1], axis=1).astype(np.int64), counts.astype(float)


def _u(people: People, chance: np.random.Generator) -> dict[str, Array]:
    """Shares of levels among pairs drawn at random; what hardly ever agrees by chance has its own rule."""
    count = len(people)
    drawn = min(DRAWN, 20 * count * count)
    a, b = chance.integers(0, max(count, 1), drawn), chance.integers(0, max(count, 1), drawn)
    apart = (a != b) & (count > 1)
    # Of few people the same pairs are drawn again and again: they count once.
    worth = min(1.0, count * count / 2 / max(drawn, 1))
    levels = compared(people, a[apart], b[apart])
    u = {}
    for name, names in LEVELS.items():
        level = levels[name][levels[name] >= 0]
        belief = np.array(CHANCE[name]) * CHANCE_PAIRS
        found = np.bincount(level, minlength=len(names)) * worth
        u[name] = (found + belief) / (found + belief).sum()
        if name in ALSO_OTHERS:
            u[name][-1] = ALSO_OTHERS[name] / max(count, FEW)
    return u


def _shares(people: People, name: str, usual: float) -> Array:
    """How likely somebody else has each value too; one that no more than a pair shows is no commoner than usual."""
    values = people["month_day" if name == "birthday" else name]
    counts = np.bincount(values, minlength=int(values.max(initial=0)) + 1).astype(float)
    counts[0] = 0
    known = counts.sum() + CHANCE_PEOPLE
    share = (np.maximum(counts - 1, 0) + usual * CHANCE_PEOPLE) / known
    return np.where(counts <= 2, np.minimum(share, usual), share)


def probability(bits: Array) -> Array:
    return 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))
