"""The ledger once more in plain Python, without a database: what the state machine holds ours against."""

from dataclasses import dataclass, field
from datetime import datetime


class Refused(Exception):
    """The rule says no."""


@dataclass
class Lot:
    account: int
    record: int
    remaining: int
    counts: datetime
    ends: datetime | None
    pending: bool
    number: int
    root: int
    ended: int = 0


@dataclass
class Deed:
    """One line that may be taken back: an earn with its lot, or a spend with what it took of which lot."""

    kind: str
    points: int
    record: int
    root: int = 0
    took: list[tuple[Lot, int]] = field(default_factory=list)
    undone: int = 0
    free: int = 0  # points undone that had ended anyway


class PlainLedger:
    def __init__(self, people: list[int]) -> None:
        self.holder = {person: person for person in people}
        self.joined: list[tuple[int, int]] = []  # (loser, survivor), oldest first
        self.lots: list[Lot] = []
        self.debts: dict[tuple[int, int], int] = {}  # (account, record) → owed
        self.crossed: dict[tuple[int, int, int], int] = {}  # (account, lot number, record) → taken
        self.numbers = 0

    # what is shown

    def shown(self, person: int) -> tuple[int, int, int]:
        mine = [lot for lot in self.lots if lot.account == person]
        return (
            sum(lot.remaining for lot in mine if not lot.pending), sum(lot.remaining for lot in mine if lot.pending),
            self.debt(person),
        )  # fmt: skip

    def debt(self, person: int) -> int:
        return sum(owed for (account, _record), owed in self.debts.items() if account == person)

    # verbs

    def earn(self, person: int, points: int, counts: datetime, ends: datetime | None, now: datetime) -> Deed:
        account = self.holder[person]
        lot = self.born(account, person, points, counts, ends, counts > now) if points else None
        if lot and not lot.pending:
            self.repay(account, person, now)
        return Deed("earn", points, person, root=lot.root if lot else 0)

    def spend(self, person: int, points: int, now: datetime) -> Deed:
        account = self.holder[person]
        usable = self.open_lots(account, now)
        if sum(lot.remaining for lot in usable) < points or points <= 0:
            raise Refused
        return Deed("spend", points, person, took=self.take(usable, points, person)[0])

    def give_on(self, person: int, other: int, points: int, now: datetime) -> None:
        account, there = self.holder[person], self.holder[other]
        if account == there:
            raise Refused
        deed = self.spend(person, points, now)
        for lot, part in deed.took:
            self.born(there, other, part, now, lot.ends, False)
        self.repay(there, other, now)

    def take_back(self, deed: Deed, person: int, points: int, now: datetime) -> None:
        account = self.holder[person]
        if points > deed.points - deed.undone or points <= 0:
            raise Refused
        if deed.kind == "spend":
            self.give_back(deed, account, points)
            deed.undone += points
            self.repay(account, deed.record, now)
            return
        deed.undone += points
        own = [lot for lot in self.lots if lot.root == deed.root]
        _taken, rest = self.take([lot for lot in own if lot.account == account], points, deed.record)
        if rest:
            free = min(rest, max(0, sum(lot.ended for lot in own) - deed.free))
            deed.free, rest = deed.free + free, rest - free
            others = [lot for lot in self.open_lots(account, now) if lot not in own]
            _taken, rest = self.take(others, rest, deed.record)
            self.owe(account, deed.record, rest)

    def give_back(self, deed: Deed, account: int, points: int) -> None:
        done = deed.undone
        for lot, amount in sorted(deed.took, key=lambda one: (_never(one[0].ends), one[0].number), reverse=True):
            skipped = min(done, amount)
            part = min(points, amount - skipped)
            done, points = done - skipped, points - part
            if part and lot.account == account:
                lot.remaining += part
                self.cross(account, lot, deed.record, -part)
            elif part:
                self.born(account, deed.record, part, lot.counts, lot.ends, False, root=lot.root)

    def confirm(self, person: int, now: datetime) -> None:
        account = self.holder[person]
        due = [
            lot for lot in self.lots if lot.account == account and lot.pending and lot.counts <= now and lot.remaining
        ]
        for lot in sorted(due, key=lambda one: (one.counts, one.number)):
            lot.pending = False
            self.repay(account, lot.record, now)

    def expire(self, person: int, now: datetime) -> None:
        for lot in self.lots:
            if lot.account == self.holder[person] and lot.ends and lot.ends <= now and lot.remaining:
                lot.ended += lot.remaining
                lot.remaining = 0

    def merge(self, survivor: int, loser: int) -> None:
        self.carry(loser, survivor, None)
        for person, holder in self.holder.items():
            if holder == loser:
                self.holder[person] = survivor
        self.joined.append((loser, survivor))

    def unmerge(self, loser: int) -> None:
        place = max(n for n, (one, _other) in enumerate(self.joined) if one == loser)
        account = self.holder[loser]
        records = {loser}
        for one, other in self.joined[:place]:
            if other in records:
                records.add(one)
        # … also those that had been joined to them before in turn
        grown = True
        while grown:
            grown = False
            for one, other in self.joined[:place]:
                if other in records and one not in records:
                    records.add(one)
                    grown = True
        del self.joined[place]
        spent: dict[int, int] = {}
        for lot in [lot for lot in self.lots if lot.account == account]:
            for (where, number, record), taken in list(self.crossed.items()):
                if (where, number) != (account, lot.number) or taken <= 0:
                    continue
                if (lot.record in records) != (record in records):
                    spent[record] = spent.get(record, 0) + taken
                    lot.remaining += taken
                    self.crossed[where, number, record] = 0
        self.carry(account, loser, records)
        for person in records:
            self.holder[person] = loser
        for record in sorted(spent):
            self.charge(loser if record in records else account, spent[record], record)

    # private

    def born(self, account: int, record: int, points: int, counts: datetime, ends: datetime | None, pending: bool,
             root: int = 0) -> Lot:  # fmt: skip
        self.numbers += 1
        lot = Lot(account, record, points, counts, ends, pending, self.numbers, root or self.numbers)
        self.lots.append(lot)
        return lot

    def open_lots(self, account: int, now: datetime) -> list[Lot]:
        mine = [lot for lot in self.lots if lot.account == account and not lot.pending and lot.remaining]
        mine = [lot for lot in mine if lot.counts <= now and (lot.ends is None or lot.ends > now)]
        return sorted(mine, key=lambda lot: (_never(lot.ends), lot.number))

    def take(self, lots: list[Lot], points: int, record: int) -> tuple[list[tuple[Lot, int]], int]:
        took = []
        for lot in lots:
            part = min(lot.remaining, points)
            if part > 0:
                lot.remaining -= part
                points -= part
                took.append((lot, part))
                self.cross(lot.account, lot, record, part)
        return took, points

    def cross(self, account: int, lot: Lot, record: int, points: int) -> None:
        mark = (account, lot.number, record)
        self.crossed[mark] = self.crossed.get(mark, 0) + points

    def owe(self, account: int, record: int, points: int) -> None:
        self.debts[account, record] = self.debts.get((account, record), 0) + points

    def repay(self, account: int, record: int, now: datetime) -> None:
        owed = self.debt(account)
        if owed:
            _took, rest = self.take(self.open_lots(account, now), owed, record)
            self.owe(account, record, rest - owed)

    def charge(self, account: int, points: int, record: int) -> None:
        _took, rest = self.take(self.open_lots(account, self.now), points, record)
        self.owe(account, record, rest)

    now: datetime

    def carry(self, start: int, end: int, records: set[int] | None) -> None:
        for lot in sorted(
            (one for one in self.lots if one.account == start and one.remaining), key=lambda one: one.number
        ):
            if records is None or lot.record in records:
                self.born(end, lot.record, lot.remaining, lot.counts, lot.ends, lot.pending, root=lot.root)
                lot.remaining = 0
        for record, amount in self.shares(start, records).items():
            self.owe(start, record, -amount)
            self.owe(end, record, amount)

    def shares(self, account: int, records: set[int] | None) -> dict[int, int]:
        """Who owes how much of an account's debt: as far as their own lines say, the rest the account's own."""
        left, shared = self.debt(account), {}
        for record in sorted(one for (where, one), owed in self.debts.items() if where == account and owed > 0):
            shared[record] = min(self.debts[account, record], left)
            left -= shared[record]
        if left:
            shared[account] = shared.get(account, 0) + left
        return {one: amount for one, amount in shared.items() if amount and (records is None or one in records)}


def _never(ends: datetime | None) -> tuple[bool, float]:
    return (ends is None, ends.timestamp() if ends else 0.0)
