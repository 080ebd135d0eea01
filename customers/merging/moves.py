"""How rows go along in a merge and come back: every foreign key to Customer registers one of these.

A move's `merge` returns what it did, as JSON for the operation's journal. Where rows had to be joined or changed,
`unmerge` goes back to every record's own rows and plays the merges that remain once more, in memory, and writes the
difference: so a chain comes apart in any order.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customers.merging.rows import Row, Table
from customers.models import MergeOperation
from scrm.kernel.registry import merge_moves

Journal = dict[str, Any]
Sets = dict[int, list[Row]]  # record → its rows


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


class Move(ABC):
    """One way to move rows. `words()` names the rows on the preview; without it they are not shown."""

    def __init__(self, path: str, *, words: Callable[[], str] | None = None) -> None:
        self.path, self.words = path, words

    def table(self) -> Table:
        return Table(self.path)

    amount = "count(*)"  # what the preview says of a record's rows

    def counted(self) -> str:
        """SQL of (path, customer, amount) for the preview's `both`; empty where the rows are not shown."""
        if self.words is None:
            return ""
        table = self.table()
        return (f"select '{self.path}', \"{table.column}\", ({self.amount})::bigint from {table.name} "
                f"where \"{table.column}\" = any(%(both)s) group by 2")  # fmt: skip

    def line(self, kept: int, added: int) -> Line:
        assert self.words is not None
        return Line(self.words(), f"{kept:,}", f"{added:,}" if added else "—", f"{kept + added:,}")

    @abstractmethod
    def merge(self, operation: MergeOperation) -> Journal:
        """Move what the loser has; what is to be remembered."""

    def settle(self, operation: MergeOperation) -> None:  # noqa: B027 — most have nothing left to do
        """What is left to do once every move is made."""

    @abstractmethod
    def unmerge(self, journal: Journal, apart: Apart) -> None:
        """Send it back, and bring the journals of the merges that remain in line."""

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

    def counted(self) -> str:
        return ""

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
        # With the loser goes what ever came by it or by a record joined to it before.
        along = [each.journal[self.path] for each in apart.standing if each.loser_id in apart.with_loser]
        back = {key for each in along for key in each["rows"]}
        self.table().ask(
            "update {table} set {column} = %(loser)s where {column} = %(holder)s and {key} = any(%(keys)s)",
            loser=loser, holder=apart.holder, keys=list(back),
        )  # fmt: skip
        for each in apart.remaining:
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


def register(*moves: Move) -> None:
    for move in moves:
        merge_moves.add(move.path, move)
