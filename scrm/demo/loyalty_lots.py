"""Points spent and taken back against the lots they lie in: per account what ends soonest goes first.

The lots of a person lie end to end on one line, those that end first in front; whatever is taken is a stretch of it, so
that which lot gave how much is the overlap of two stretches. Only what a refund takes out of its own lot is no stretch:
the line behind it moves up.
"""

from dataclasses import dataclass, field

import numpy as np

from scrm.demo.draws import Array, spread

BIG = 1 << 34  # more than a moment in seconds: (person, moment) as one number
SPEND, BACK = 0, 1


@dataclass
class Lots:
    """One place per lot, by person and end; moments in seconds. `entry` is the line it was born by."""

    person: Array
    entry: Array
    amount: Array
    counts: Array
    ends: Array

    def __post_init__(self) -> None:
        # A lot may be taken of once those before it count too: then nothing is ever taken out of turn.
        self.usable = np.maximum.accumulate(self.person * BIG + self.counts) - self.person * BIG


@dataclass
class Wishes:
    """What is to be taken: for a spend at most so much, for a refund all of it, of its `lot` first."""

    person: Array
    at: Array
    kind: Array
    points: Array
    lot: Array


@dataclass
class Taken:
    """What came of it. `spent` and `owed` one place per wish; the stretches of the line; what own lots gave."""

    spent: Array
    owed: Array
    wish: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # per stretch; -1 repays a debt
    person: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    start: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    end: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    own: list[tuple[int, int, int]] = field(default_factory=list)  # wish, lot, points
    line: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def uses(self) -> tuple[Array, Array, Array]:
        """(stretch, lot, points): the overlaps of what was taken with the lots."""
        first = np.searchsorted(self.line, self.start, side="right") - 1
        last = np.searchsorted(self.line, self.end, side="left") - 1
        stretch, step = spread(last - first + 1)
        slot = first[stretch] + step
        points = np.minimum(self.end[stretch], self.line[slot + 1]) - np.maximum(self.start[stretch], self.line[slot])
        some = points > 0
        return stretch[some], (slot - self.person[stretch])[some], points[some]


class Desk:
    """Takes what is wished, each person's wishes in the order of time, everybody's n-th at once."""

    def __init__(self, people: int, lots: Lots) -> None:
        self.lots, self.people = lots, people
        self.first = np.searchsorted(lots.person, np.arange(people + 1))
        slots = np.repeat(np.arange(people), np.diff(self.first) + 1)
        self.line = np.append(0, np.cumsum(lots.amount))[np.arange(len(slots)) - slots]
        self.stand = self.line[self.first[:-1] + np.arange(people)].copy()  # what lies before it is gone
        self.debt = np.zeros(people, np.int64)
        self.stretches: list[tuple[Array, Array, Array, Array]] = []

    def take(self, wishes: Wishes, now: int) -> Taken:
        counting = self._index(self.lots.usable, wishes.person, wishes.at)
        ended = self._index(self.lots.ends, wishes.person, wishes.at)
        size = len(wishes.person)
        done = Taken(np.zeros(size, np.int64), np.zeros(size, np.int64))
        order = np.lexsort((wishes.kind, wishes.at, wishes.person))
        start = np.searchsorted(wishes.person[order], np.arange(self.people))
        turn = np.arange(size) - start[wishes.person[order]]
        for some in np.split(order[np.argsort(turn, kind="stable")], np.cumsum(np.bincount(turn))[:-1]):
            person = wishes.person[some]
            self._repay(person, counting[some])
            self._pass_by(person, ended[some])
            spends = wishes.kind[some] == SPEND
            self._spend(some[spends], person[spends], counting[some[spends]], wishes, done)
            for one in some[~spends]:
                self._take_back(int(one), int(counting[one]), wishes, done)
        everybody = np.arange(self.people)
        self._repay(everybody, self._index(self.lots.usable, everybody, np.full(self.people, now)))
        if self.stretches:
            done.wish, done.person, done.start, done.end = map(np.concatenate, zip(*self.stretches, strict=True))
        done.line = np.append(self.line, self.line[-1] if len(self.line) else 0)
        return done

    def _index(self, moments: Array, person: Array, at: Array) -> Array:
        return np.searchsorted(self.lots.person * BIG + moments, person * BIG + at, side="right")

    def _pass_by(self, person: Array, ended: Array) -> None:
        self.stand[person] = np.maximum(self.stand[person], self.line[ended + person])

    def _repay(self, person: Array, counting: Array) -> None:
        owing = self.debt[person] > 0
        if not owing.any():
            return
        person, counting = person[owing], counting[owing]
        points = np.minimum(self.debt[person], self.line[counting + person] - self.stand[person])
        some = points > 0
        self._stretch(np.full(int(some.sum()), -1), person[some], points[some])
        self.debt[person[some]] -= points[some]

    def _spend(self, which: Array, person: Array, counting: Array, wishes: Wishes, done: Taken) -> None:
        there = self.line[counting + person] - self.stand[person]
        points = np.where(self.debt[person] > 0, 0, np.minimum(wishes.points[which], there // 100 * 100))
        some = points > 0
        done.spent[which] = points
        self._stretch(which[some], person[some], points[some])

    def _take_back(self, one: int, counting: int, wishes: Wishes, done: Taken) -> None:
        """Of its own lot first, then of the others that count, and what is left is owed."""
        person, lot, points = int(wishes.person[one]), int(wishes.lot[one]), int(wishes.points[one])
        begin = max(int(self.stand[person]), int(self.line[lot + person]))
        own = min(points, max(0, int(self.line[lot + 1 + person]) - begin))
        if own:
            self.line[lot + 1 + person : int(self.first[person + 1]) + person + 1] -= own
            done.own.append((one, lot, own))
        rest = points - own
        other = min(rest, max(0, int(self.line[counting + person] - self.stand[person])))
        if other:
            self._stretch(np.array([one]), np.array([person]), np.array([other]))
        done.owed[one] = rest - other
        self.debt[person] += rest - other

    def _stretch(self, wish: Array, person: Array, points: Array) -> None:
        self.stretches.append((wish, person, self.stand[person], self.stand[person] + points))
        self.stand[person] += points
