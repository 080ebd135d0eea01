"""Rows of one basket, wherever they stand in the file: laid aside on disk, taken up again by group."""

import pickle
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from customers.loading.mapping import Grouping
from scrm.kernel.loading import Row


class Shelf:
    """A file on disk that keeps memory flat: groups come back in the order of their first line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path = path
        self.store = sqlite3.connect(path)
        self.store.executescript(
            "pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-16384;"
            "create table laid (mark text, line integer, row blob);"
            "create table first (mark text primary key, line integer) without rowid;"
        )
        self.waiting: list[tuple[str, int, bytes]] = []

    def lay(self, mark: str, line: int, cells: Any, fields: dict[str, Any] | None) -> None:
        """Put one row aside; `fields` is None for one that failed, which fails its group."""
        self.waiting.append((mark, line, pickle.dumps((cells, fields), -1)))
        if len(self.waiting) >= 5000:
            self._write()

    def groups(self) -> Iterator[list[Row]]:
        self._write()
        self.store.execute("insert into first select mark, min(line) from laid group by mark")
        found = self.store.execute(
            "select f.line, l.line, l.row from laid l join first f using (mark) order by f.line, l.line"
        )
        for _first, rows in groupby(found, key=lambda row: row[0]):
            yield [self._row(line, row) for _mark, line, row in rows]

    def close(self) -> None:
        self.store.close()
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        self.store.executemany("insert into laid values (?, ?, ?)", self.waiting)
        self.waiting.clear()

    @staticmethod
    def _row(line: int, packed: bytes) -> Row:
        # Our own pickle, written seconds ago into a folder of our own.
        cells, values = pickle.loads(packed)  # noqa: S301
        row = Row(values or {}, line=line, cells=cells)
        if values is None:
            row.reason = "failed"
        return row


def folded(rows: list[Row], how: Grouping) -> Row:
    """One row out of a group: sums, smallest and largest as asked, of everything else the first value there is."""
    values: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if name not in values or values[name] in ("", None):
                values[name] = value
            elif row is rows[0]:
                continue
            elif name in how.sum:
                values[name] += value
            elif name in how.smallest:
                values[name] = min(values[name], value)
            elif name in how.largest:
                values[name] = max(values[name], value)
    whole = Row(values, line=rows[0].line, cells=rows[0].cells)
    whole.members = rows
    return whole
