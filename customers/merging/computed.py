"""Rows that are computed from others: set aside in a merge, made anew, put back where nothing has changed."""

from collections.abc import Callable
from typing import Any

from customers.merging.moves import Apart, Journal, Move
from customers.models import MergeOperation


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
