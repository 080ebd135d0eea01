"""How rows go along in a merge and come back: every foreign key to Customer registers one of these.

A move's `merge` returns what it did, as JSON for the operation's journal. Where rows had to be joined or changed,
`unmerge` goes back to every record's own rows and plays the merges that remain once more, in memory, and writes the
difference: so a chain comes apart in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customers.merging.rows import Row, Table, same
from customers.models import Customer, MergeOperation
from scrm.kernel.registry import merge_moves

Journal = dict[str, Any]


@dataclass
class Apart:
    """One unmerge under way: who holds the rows now, which records go along with the loser, and every merge that
    stands in this person, oldest first, the one to be undone among them."""

    operation: MergeOperation
    holder: int
    with_loser: list[int]
    standing: list[MergeOperation]

    @property
    def remaining(self) -> list[MergeOperation]:
        return [each for each in self.standing if each.pk != self.operation.pk]


@dataclass(frozen=True)
class Line:
    """One line of the preview: what it is, both sides, and what stands afterwards.

    `sign` is "plus" (both are kept), "equal", "left" (the survivor's) or "right" (taken over from the other).
    """

    words: str
    survivor: str
    loser: str
    after: str
    sign: str = "plus"


class Move:
    """One way to move rows. `words()` names the rows on the preview; without it they are not shown."""

    def __init__(self, path: str, *, words: Callable[[], str] | None = None) -> None:
        self.path, self.words = path, words

    def table(self) -> Table:
        return Table(self.path)

    def lines(self, survivor: Customer, loser: Customer) -> list[Line]:
        """What the preview says: counts of both sides and their sum."""
        if self.words is None:
            return []
        counts = dict(self.table().ask(
            "select {column}, count(*) from {table} where {column} = any(%(both)s) group by 1",
            both=[survivor.pk, loser.pk],
        ))  # fmt: skip
        kept, added = counts.get(survivor.pk, 0), counts.get(loser.pk, 0)
        if not kept and not added:
            return []
        return [Line(self.words(), f"{kept:,}", f"{added:,}" if added else "—", f"{kept + added:,}")]

    def merge(self, operation: MergeOperation) -> Journal:
        raise NotImplementedError

    def settle(self, operation: MergeOperation) -> None:
        """What is left to do once every move is made."""

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        raise NotImplementedError

    def strays(self) -> list[int]:
        """Joined records that rows of this table still name."""
        found = self.table().ask(
            "select distinct t.{column} from customers_customer c join {table} t on t.{column} = c.id "
            "where c.merged_into_id is not null"
        )
        return [record for (record,) in found]

    def gather(self, operation: MergeOperation, journal: Journal, holder: int) -> int:
        """Rows that reached the loser's record after the merge go where they belong; how many."""
        return 0


class Stay(Move):
    """The rows belong to the record, not to the person: a key, the merge itself, a pair that was looked at."""

    def lines(self, survivor: Customer, loser: Customer) -> list[Line]:
        return []

    def merge(self, operation: MergeOperation) -> Journal:
        return {}

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        """Nothing moved."""

    def strays(self) -> list[int]:
        return []


class RePoint(Move):
    """The loser's rows become the survivor's.

    `came_as` says that the table has that column: each moved row, and each that arrives afterwards under the
    loser's old numbers, carries the record it belongs to. Without it the journal keeps the keys of what moved.
    """

    def __init__(
        self, path: str, *, words: Callable[[], str] | None = None, came_as: bool = False, key: str = ""
    ) -> None:
        super().__init__(path, words=words)
        self.came_as, self.key = came_as, key

    def table(self) -> Table:
        return Table(self.path, key=self.key)

    def merge(self, operation: MergeOperation) -> Journal:
        return self._move(operation.loser_id, operation.survivor_id)

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        # Only what the holder still has: a row corrected to somebody else meanwhile stays there.
        loser = apart.operation.loser_id
        if self.came_as:
            self.table().ask(
                """update {table} set {column} = %(loser)s, came_as = nullif(came_as, %(loser)s)
                   where {column} = %(holder)s and came_as = any(%(records)s)""",
                loser=loser, holder=apart.holder, records=apart.with_loser,
            )  # fmt: skip
            return
        self.table().ask(
            "update {table} set {column} = %(loser)s where {column} = %(holder)s and {key} = any(%(keys)s)",
            loser=loser, holder=apart.holder, keys=journal["rows"],
        )  # fmt: skip
        back = set(journal["rows"])
        for each in apart.remaining:
            # What joined the loser before still belongs to those records.
            if each.loser_id not in apart.with_loser:
                rows = each.journal[self.path]
                rows["rows"] = [key for key in rows["rows"] if key not in back]

    def gather(self, operation: MergeOperation, journal: Journal, holder: int) -> int:
        arrived = self._move(operation.loser_id, holder)
        journal["count"] += arrived["count"]
        if not self.came_as:
            journal["rows"] += arrived["rows"]
        return int(arrived["count"])

    def _move(self, old: int, new: int) -> Journal:
        mark = ", came_as = coalesce(came_as, %(old)s)" if self.came_as else ""
        moved = self.table().ask(
            f"update {{table}} set {{column}} = %(new)s{mark} where {{column}} = %(old)s returning {{key}}",
            old=old, new=new,
        )  # fmt: skip
        rows = {} if self.came_as else {"rows": sorted(key for (key,) in moved)}
        return {"count": len(moved), **rows}


Sets = dict[int, list[Row]]  # record → its rows


class Yield(RePoint):
    """Re-point, after one row of each pair that cannot stand twice has given way by a change of columns.

    `on` are the columns that make a pair, `stands(row)` says which rows count. `gives_way(older, newer)` says what
    changes: (the key of the row, its new columns), or None when both may stand.
    """

    def __init__(
        self, path: str, *, on: tuple[str, ...], stands: Callable[[Row], bool],
        gives_way: Callable[[Row, Row], tuple[Any, Row] | None], words: Callable[[], str] | None = None,
        came_as: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(path, words=words, came_as=came_as)
        self.on, self.stands, self.gives_way = on, stands, gives_way

    def merge(self, operation: MergeOperation) -> Journal:
        table = self.table()
        sets = {each: table.of(each) for each in (operation.survivor_id, operation.loser_id)}
        journal = self._joined(operation, sets)
        for each in journal["changed"]:
            table.change(each["key"], each["after"])
        return journal | super().merge(operation)

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        table = self.table()
        stored = {row[table.key]: row for row in table.of(apart.holder)}
        own = self._own(apart, {key: dict(row) for key, row in stored.items()})
        for each in apart.remaining:
            each.journal[self.path] |= self._joined(each, own)
        super().unmerge(journal, apart)
        # What gives way goes first, so that no two rows stand in one place at any moment.
        rows = sorted((row for each in own.values() for row in each), key=self.stands)
        for row in rows:
            said = {name: value for name, value in row.items() if stored[row[table.key]][name] != value}
            if said:
                table.change(row[table.key], said)

    def _own(self, apart: Apart, rows: dict[Any, Row]) -> Sets:
        """Each record's rows as they were before any merge; the column of the customer is left as it is."""
        key, home = self.table().key, dict.fromkeys(rows, apart.holder)
        for each in reversed(apart.standing):
            journal = each.journal[self.path]
            for change in reversed(journal["changed"]):
                row = rows.get(change["key"])
                if row and same(row, change["after"]):
                    row |= change["before"]
            home |= dict.fromkeys(journal.get("rows", ()), each.loser_id)
        sets: Sets = {}
        for row in rows.values():
            record = (row["came_as"] or apart.holder) if self.came_as else home[row[key]]
            sets.setdefault(record, []).append(row)
        return sets

    def _joined(self, operation: MergeOperation, sets: Sets) -> Journal:
        """Let the loser's rows join the survivor's, in memory; what gave way."""
        key, changed = self.table().key, []
        rows = [*sets.get(operation.survivor_id, []), *sets.pop(operation.loser_id, [])]
        standing: list[Row] = []
        for row in sorted((row for row in rows if self.stands(row)), key=lambda one: one[key]):
            for rival in [one for one in standing if all(one[name] == row[name] for name in self.on)]:
                if (said := self.gives_way(rival, row)) is None:
                    continue
                loses = rival if said[0] == rival[key] else row
                before = {name: loses[name] for name in said[1]}
                changed.append({"key": loses[key], "before": before, "after": said[1]})
                loses |= said[1]
            standing = [one for one in [*standing, row] if self.stands(one)]
        sets[operation.survivor_id] = rows
        return {"changed": changed}


class Fold(Move):
    """Where both have a row that can stand once, the survivor's takes in the loser's, which goes into the journal.

    `on` are the columns beside the customer that may not repeat; `taking_in(kept, folded)` gives the columns of
    the survivor's row that change.
    """

    def __init__(
        self, path: str, *, on: tuple[str, ...], taking_in: Callable[[Row, Row], Row] = lambda kept, folded: {},
        words: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(path, words=words)
        self.on, self.taking_in = on, taking_in

    def merge(self, operation: MergeOperation) -> Journal:
        table = self.table()
        stored = [row for each in (operation.survivor_id, operation.loser_id) for row in table.of(each)]
        sets: Sets = {}
        for row in stored:
            sets.setdefault(row[table.column], []).append(dict(row))
        journal = self._joined(operation, sets)
        self._write(stored, sets)
        return journal

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        stored = self.table().of(apart.holder)
        sets = self._own(apart, stored)
        for each in apart.remaining:
            each.journal[self.path] = self._joined(each, sets)
        self._write(stored, sets)

    def gather(self, operation: MergeOperation, journal: Journal, holder: int) -> int:
        standing = MergeOperation(survivor_id=holder, loser_id=operation.loser_id)
        arrived = self.merge(standing)
        journal["rows"] += arrived["rows"]
        journal["folds"] += arrived["folds"]
        return len(arrived["rows"]) + len(arrived["folds"])

    def _mark(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.on)

    def _joined(self, operation: MergeOperation, sets: Sets) -> Journal:
        """Let the loser's rows join the survivor's, in memory: what moved and what was folded."""
        key, moved, folds = self.table().key, [], []
        rows = sets.setdefault(operation.survivor_id, [])
        for row in sets.pop(operation.loser_id, []):
            if kept := self._beside(rows, row):
                after = self.taking_in(kept, row)
                before = {name: kept[name] for name in after}
                folds.append({"folded": dict(row), "kept": kept[key], "before": before, "after": after})
                kept |= after
            else:
                moved.append(row[key])
                rows.append(row)
        return {"rows": moved, "folds": folds}

    def _own(self, apart: Apart, stored: list[Row]) -> Sets:
        """Each record's rows as they were before any merge."""
        table = self.table()
        rows = {row[table.key]: dict(row) for row in stored}
        home = dict.fromkeys(rows, apart.holder)
        for each in reversed(apart.standing):
            journal = each.journal[self.path]
            for fold in reversed(journal["folds"]):
                kept = rows.get(fold["kept"])
                if kept and same(kept, fold["after"]):
                    kept |= fold["before"]
                key = fold["folded"][table.key]
                rows[key], home[key] = dict(fold["folded"]), each.loser_id
            home |= {key: each.loser_id for key in journal["rows"] if key in rows}
        sets: Sets = {}
        for key, row in sorted(rows.items()):
            mine = sets.setdefault(home[key], [])
            if kept := self._beside(mine, row):
                # It reached the joined record later, beside what had been folded already.
                kept |= self.taking_in(kept, row)
            else:
                mine.append(row)
        return sets

    def _beside(self, rows: list[Row], row: Row) -> Row | None:
        return next((one for one in rows if self._mark(one) == self._mark(row)), None)

    def _write(self, stored: list[Row], sets: Sets) -> None:
        """Bring the table from the stored rows to these sets."""
        table = self.table()
        wanted = {row[table.key]: row | {table.column: record} for record, rows in sets.items() for row in rows}
        before = {row[table.key]: row for row in stored}
        table.take_out([key for key in before if key not in wanted])
        for key, row in wanted.items():
            said = {name: value for name, value in row.items() if key in before and before[key][name] != value}
            if said:
                table.change(key, said)
        table.put_back([row for key, row in wanted.items() if key not in before])


class SetAside(Move):
    """Computed rows: both sides' go into the journal, the survivor's is computed anew, and both come back.

    `basis(record)` tells what the rows were computed from; where it is the same again at unmerge, the rows come back
    as they were, otherwise `compute(records, at_once)` makes them. `stale(record)` says that they are owed a
    computation, `settled(record)` that they are not any more.
    """

    def __init__(
        self, path: str, *, basis: Callable[[int], Any], stale: Callable[[int], bool], settled: Callable[[int], None],
        compute: Callable[[list[int], bool], None],
    ) -> None:  # fmt: skip
        super().__init__(path)
        self.basis, self.stale, self.settled, self.compute = basis, stale, settled, compute

    def strays(self) -> list[int]:
        return []

    def merge(self, operation: MergeOperation) -> Journal:
        table = self.table()
        sides = {"survivor": operation.survivor_id, "loser": operation.loser_id}
        journal: Journal = {
            name: {"rows": table.of(each), "basis": None if self.stale(each) else self.basis(each)}
            for name, each in sides.items()
        }
        table.take_out([row[table.key] for side in journal.values() for row in side["rows"]])
        return journal

    def settle(self, operation: MergeOperation) -> None:
        self.settled(operation.loser_id)
        self.compute([operation.survivor_id], operation.origin == MergeOperation.Origin.PERSON)

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        own: dict[int, Journal] = {}
        for each in reversed(apart.standing):
            # The record's own rows wait in its oldest merge; a record nothing was joined to, in the one it went by.
            own |= {each.survivor_id: each.journal[self.path]["survivor"]}
            own.setdefault(each.loser_id, each.journal[self.path]["loser"])
        for each in apart.remaining:
            each.journal[self.path] = {"survivor": own[each.survivor_id], "loser": own[each.loser_id]}
        composed = {each.survivor_id for each in apart.remaining}
        for record in (apart.operation.loser_id, apart.holder):
            if record in composed:
                self.compute([record], True)
            else:
                self._put(record, own[record])

    def _put(self, record: int, side: Journal) -> None:
        table = self.table()
        table.take_out([row[table.key] for row in table.of(record)])
        table.put_back(side["rows"])
        if side["basis"] is not None and self.basis(record) == side["basis"]:
            self.settled(record)
        else:
            self.compute([record], True)


def register(*moves: Move) -> None:
    for move in moves:
        merge_moves.add(move.path, move)
