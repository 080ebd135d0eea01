"""Rows of which one gives way where two cannot stand: an open visit in one store, a size told twice."""

from collections.abc import Callable
from typing import Any

from customers.merging.moves import Apart, Journal, RePoint, Sets
from customers.merging.rows import Row, same
from customers.models import MergeOperation


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
