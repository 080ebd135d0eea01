"""Rows that may stand once per customer: the survivor's takes in the loser's."""

from collections.abc import Callable
from typing import Any

from customers.merging.moves import Apart, Journal, Move, Sets
from customers.merging.rows import Row, same
from customers.models import MergeOperation


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
