"""The run of a load: rows in batches, each in one transaction with the run's progress."""

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading import failed_rows
from customers.loading.ahead import ahead
from customers.loading.files import Broken, RowFile, open_rows
from customers.loading.grouping import Shelf, folded
from customers.loading.mapping import Map, Rows
from customers.loading.trouble import Busy, LoadTrouble, RowTrouble
from customers.models import ImportRun, RowError
from scrm.kernel import registry
from scrm.kernel.loading import Batch, LoadKind, Row

WEIGHT = 20_000  # rows of groups held at once
CELLS = 200_000  # and cells of any rows
# A table that was empty a minute ago is planned for as if it still were: tell the planner after these batches.
LOOK_AGAIN = (1, 4, 16, 64)
State = ImportRun.State
Progress = Callable[[ImportRun], None]


def kind_called(name: str) -> LoadKind:
    kind = registry.load_kinds.get(name)
    if kind is None:
        raise LoadTrouble(_("There is no kind “%(kind)s” to load; there are: %(kinds)s.") % {
            "kind": name, "kinds": ", ".join(registry.load_kinds.names())})  # fmt: skip
    found: LoadKind = kind
    return found


def digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:64]
    except OSError as error:
        raise LoadTrouble(_("The file %(file)s cannot be read: %(why)s.") % {
            "file": path, "why": error.strerror or error}) from None  # fmt: skip


def run_for(
    kind: LoadKind, path: Path, *, source: str, mapping: dict[str, Any], live: bool = False, dry: bool = False
) -> ImportRun:
    """The run to do: the same command's unfinished one, or a new one. Raises LoadTrouble for a wrong map or file."""
    checked = Map(kind, mapping)
    checked.onto(open_rows(path, checked.file).columns)
    if not source.strip() or len(source) > 60:
        raise LoadTrouble(_("The source needs a name of at most 60 characters."))
    same = ImportRun.objects.filter(
        kind=kind.name, source=source, file_digest=digest_of(path), mapping=mapping, live=live, dry=False
    )
    started = None if dry else same.filter(state__in=[State.RUNNING, State.STOPPED, State.FAILED]).first()
    return started or ImportRun.objects.create(
        kind=kind.name, source=source, mapping=mapping, live=live, dry=dry, file_name=path.name[:200],
        file_path=str(path.resolve())[:500], file_digest=digest_of(path), bytes_total=path.stat().st_size,
    )  # fmt: skip


class Stopped(Exception):
    """Somebody asked this run to stop."""


class Load:
    """One run being done. Started again after a kill it continues behind its last committed batch."""

    def __init__(self, run: ImportRun, *, progress: Progress = lambda run: None, size: int = 0) -> None:
        self.run = run
        self.kind = kind_called(run.kind)
        self.map = Map(self.kind, run.mapping)
        self.progress = progress
        self.size = size or self.kind.batch
        self.pending = _Pending()
        self.batches = 0
        self.dry_errors: list[RowError] = []

    def go(self) -> ImportRun:
        """Do the run to its end, or to its stop. Raises LoadTrouble when the whole file cannot be taken."""
        with _alone(self.run), _seldom_collecting():
            self._begin()
            try:
                with transaction.atomic() if self.run.dry else nullcontext():
                    self._all()
                    if self.run.dry:
                        transaction.set_rollback(True)
            except Stopped:
                self._end(State.STOPPED)
            except BaseException as error:
                self._end(State.FAILED, trouble=_sentence(error))
                raise
            else:
                self._end(State.CHECKED if self.run.dry else State.DONE)
        return self.run

    # The rows

    def _all(self) -> None:
        file = open_rows(Path(self.run.file_path), self.map.file, name=self.run.file_name)
        rows = self.map.onto(file.columns)
        self.columns = file.columns
        self.size = max(1, min(self.size, CELLS // max(len(file.columns), 1)))
        if self.map.group is None:
            self._straight(file, rows)
        else:
            self._grouped(file, rows)

    def _straight(self, file: RowFile, rows: Rows) -> None:
        done, position = self.run.rows_done, 0
        with closing(ahead(_mapped(file, rows, after=done), most=self.size)) as mapped:
            for position, line, cells, found in mapped:
                self.pending.read += 1
                if (row := self._noted(line, cells, found)) is not None:
                    self._take(row, upto=position - 1, bytes_read=file.position)
                if self.pending.read >= self.size:
                    self._store(position, file.position())
        self._store(max(position, done), file.bytes_total)

    def _noted(self, line: int, cells: Any, found: "Found") -> Row | None:
        """The row; None when it was filtered out or failed, which is counted."""
        if isinstance(found, Row):
            return found
        if found is None:
            self.pending.skipped += 1
        else:
            self.pending.fail(line, found, cells if isinstance(cells, dict) else self._as_came(cells))
        return None

    def _take(self, row: Row, *, upto: int, bytes_read: Callable[[], int]) -> None:
        key = tuple(row.get(name) for name in self.kind.key)
        if (earlier := self.pending.keys.get(key)) is not None:
            if earlier == row:
                self.pending.unchanged += 1
                return
            # The same thing twice with other content: one statement cannot change a row twice.
            self.pending.read -= 1
            self._store(upto, bytes_read())
            self.pending.read += 1
        self.pending.keys[key] = row
        self.pending.rows.append(row)

    def _grouped(self, file: RowFile, rows: Rows) -> None:
        shelf = Shelf(Path(settings.IMPORTS_ROOT) / f"run-{self.run.pk}" / "shelf.sqlite")
        done = self.run.rows_done
        try:
            self._lay_aside(file, rows, shelf)
            if done:  # a continued run has counted its rows already
                self.pending = _Pending()
            position = weight = 0
            for position, members in enumerate(shelf.groups(), start=1):
                if position <= done:
                    continue
                self._take_group(members, upto=position - 1)
                weight += len(members)
                if len(self.pending.rows) >= self.size or weight >= WEIGHT:
                    weight = 0
                    self._store(position, self.run.bytes_total)
            self._store(max(position, done), self.run.bytes_total)
        finally:
            shelf.close()

    def _lay_aside(self, file: RowFile, rows: Rows, shelf: Shelf) -> None:
        for _position, line, cells, found in _mapped(file, rows):
            self.pending.read += 1
            if self.pending.read % self.size == 0:
                self._tell(bytes_read=file.position() // 2)
            row = self._noted(line, cells, found)
            if row is not None:
                mark = str(row[self.kind.collects]) if self.kind.collects else rows.group_of(cells)
                shelf.lay(mark, line, list(cells), dict(row))
            elif found is not None and not isinstance(cells, dict) and not self.kind.collects:
                shelf.lay(rows.group_of(cells), line, list(cells), None)

    def _take_group(self, members: list[Row], *, upto: int) -> None:
        if any(row.reason for row in members):
            for row in members:
                if not row.reason:
                    self.pending.fail(
                        row.line, _("Another row that belongs with this one did not go in."), self._as_came(row.cells)
                    )
            return
        if self.kind.collects:
            whole = Row(members[0], line=members[0].line, cells=members[0].cells)
            whole.members = members
            self.pending.rows.append(whole)
            return
        assert self.map.group is not None
        whole = folded(members, self.map.group)
        self.pending.skipped += len(members) - 1
        self._take(whole, upto=upto, bytes_read=lambda: self.run.bytes_total)

    # A batch

    def _store(self, upto: int, bytes_read: int) -> None:
        pending, self.pending = self.pending, _Pending()
        if not pending.read and not pending.rows and not pending.failures:
            self._tell(bytes_read=bytes_read)
            return
        with transaction.atomic():
            for batch in self._written(pending.rows):
                self._count(batch, pending)
            self._note(pending)
            counts = pending.counts()
            if not self.run.dry:
                ImportRun.objects.filter(pk=self.run.pk).update(
                    **{name: F(name) + count for name, count in counts.items()},
                    rows_done=upto, bytes_read=bytes_read, seen_at=timezone.now(),
                )  # fmt: skip
        for name, count in counts.items():
            setattr(self.run, name, getattr(self.run, name) + count)
        self.run.rows_done, self.run.bytes_read = upto, bytes_read
        self.progress(self.run)
        if ImportRun.objects.filter(pk=self.run.pk, stop_asked=True).exists():
            raise Stopped

    def _tell(self, *, bytes_read: int) -> None:
        self.run.bytes_read = bytes_read
        # In a dry run a lock on this row would last to the end, and whoever asks it to stop would wait as long.
        if not self.run.dry:
            ImportRun.objects.filter(pk=self.run.pk).update(bytes_read=bytes_read, seen_at=timezone.now())
        self.progress(self.run)

    def _written(self, rows: list[Row]) -> Iterator[Batch]:
        """The rows written, as one batch; when the database refuses it, halved until the guilty row stands alone."""
        if not rows:
            return
        try:
            yield self._write(rows)
        except (DatabaseError, psycopg2.DataError, psycopg2.IntegrityError) as error:
            for row in rows:
                row.reason = ""
            if len(rows) == 1:
                batch = self._batch(None, rows)
                batch.fail(rows[0], _("The database refuses this row: %(why)s") % {"why": _first_line(error)})
                yield batch
                return
            middle = len(rows) // 2
            yield from self._written(rows[:middle])
            yield from self._written(rows[middle:])

    def _write(self, rows: list[Row]) -> Batch:
        with transaction.atomic(), connection.cursor() as cursor:
            batch = self._batch(cursor, rows)
            self.kind.store(batch)
            self.batches += 1
            if self.batches in LOOK_AGAIN:
                self._look_again(cursor)
        return batch

    def _look_again(self, cursor: Any) -> None:
        cursor.execute(
            "select relname from pg_class where relname = any(%s) and reltuples < %s",
            [list(self.kind.tables), self.batches * self.size],
        )
        if grown := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"analyze {', '.join(grown)}")

    def _batch(self, cursor: Any, rows: list[Row]) -> Batch:
        return Batch(cursor, self.run.source, self.run.live, rows, self.map.options)

    def _count(self, batch: Batch, pending: "_Pending") -> None:
        pending.created += batch.created
        pending.updated += batch.updated
        pending.unchanged += batch.unchanged
        for row in batch.rows:
            if row.reason:
                members = row.members or [row]
                pending.skipped -= 0 if self.kind.collects else len(members) - 1
                for member in members:
                    pending.fail(member.line, row.reason, self._as_came(member.cells))
        for row, reason in batch.warnings:
            pending.failures.append((row.line, reason, self._as_came(row.cells), True))

    def _note(self, pending: "_Pending") -> None:
        errors = [
            RowError(run=self.run, line=line, reason=reason, row=_clean(row), warning=warning)
            for line, reason, row, warning in pending.failures
        ]
        if self.run.dry:
            self.dry_errors += errors[: 20_000 - len(self.dry_errors)]
        else:
            RowError.objects.bulk_create(errors, batch_size=2000, ignore_conflicts=True)

    def _as_came(self, cells: Any) -> dict[str, Any]:
        return {name: "" if cell is None else str(cell) for name, cell in zip(self.columns, cells, strict=False)}

    # Begin and end

    def _begin(self) -> None:
        self.started = time.monotonic()
        self.run.state = State.CHECKING if self.run.dry else State.RUNNING
        self.run.stop_asked, self.run.trouble = False, ""
        if not self.run.rows_done:
            for name in self.run.counts():
                setattr(self.run, name, 0)
            self.run.row_errors.all().delete()
            self.run.bytes_read, self.run.started_at = 0, timezone.now()
        self.run.ended_at, self.run.seen_at = None, timezone.now()
        self.run.save()

    def _end(self, state: str, *, trouble: str = "") -> None:
        self.run.state, self.run.trouble = state, trouble
        self.run.ended_at = self.run.seen_at = timezone.now()
        if self.run.dry:
            self.run.rows_done = 0
            RowError.objects.bulk_create(self.dry_errors, batch_size=2000, ignore_conflicts=True)
        self.run.stop_asked = False
        self.run.save()
        failed_rows.write(self.run)
        self.progress(self.run)


Found = Row | str | None  # a row, or why it failed, or None for one the filters dropped


def _mapped(file: RowFile, rows: Rows, *, after: int = 0) -> Iterator[tuple[int, int, Any, Found]]:
    """Place, line, cells and what became of them; a row that could not be taken apart comes whole, as a dict."""
    for position, (line, cells, text) in enumerate(file.rows, start=1):
        if position <= after:
            continue
        if isinstance(cells, Broken):
            yield position, line, {"": text}, str(cells)
            continue
        try:
            yield position, line, cells, rows.row(cells, line) if rows.wants(cells) else None
        except RowTrouble as trouble:
            yield position, line, cells, str(trouble)


class _Pending:
    """What was read since the last commit."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.keys: dict[tuple[Any, ...], Row] = {}
        self.failures: list[tuple[int, str, dict[str, Any], bool]] = []
        self.read = self.created = self.updated = self.unchanged = self.skipped = self.failed = 0

    def fail(self, line: int, reason: str, row: dict[str, Any]) -> None:
        self.failed += 1
        self.failures.append((line, reason, row, False))

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("read", "created", "updated", "unchanged", "skipped", "failed")}


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Millions of short-lived rows hold hardly a cycle: looking for them all the time costs a third of a load."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _alone:  # noqa: N801 — reads as a word: with _alone(run)
    """Of two loads of one kind and source only one runs: the second is told so."""

    def __init__(self, run: ImportRun) -> None:
        self.name = _lock_of(run)

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [self.name])
            if not cursor.fetchone()[0]:
                raise Busy(_("Another load of the same kind and source is running."))

    def __exit__(self, *trouble: object) -> None:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [self.name])


def _lock_of(run: ImportRun) -> str:
    return f"load {run.source} {run.kind}"


def is_at_work(run: ImportRun) -> bool:
    """Whether some process is loading this kind and source right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
            " and (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0))",
            [_lock_of(run)],
        )
        return bool(cursor.fetchone()[0])


def _clean(row: dict[str, Any]) -> dict[str, str]:
    # JSON in PostgreSQL holds neither NUL nor half characters.
    return {
        key.replace("\0", "␀"): str(cell).replace("\0", "␀").encode("utf-8", "replace").decode()
        for key, cell in row.items()
    }


def _sentence(error: BaseException) -> str:
    return str(error) if isinstance(error, LoadTrouble) else f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
