"""Reading a file of rows, whatever it is: csv, tsv, whitespace, xlsx or parquet, plain or .gz, as a stream."""

import csv
import gzip
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from customers.loading.trouble import LoadTrouble

BLOCK = 1000  # lines parsed at once
LONGEST_RECORD = 200  # lines one quoted cell may span
SAMPLE = 1 << 18
TELLING = 64 << 20  # so far we look for a line that tells the encoding
UNPACKED = 4 << 30  # a workbook may unpack to this, its table of texts, kept in memory, to a sixteenth
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "whitespace": " "}
csv.field_size_limit(16 << 20)


class Broken(str):
    """A row that could not be taken apart, as the reason why."""

    __slots__ = ()


Cells = Sequence[Any]
Line = tuple[int, Cells | Broken, str]  # number, cells, and for a broken row the text as it came


@dataclass
class RowFile:
    """An opened file: its columns, its rows with their line numbers, and how far the reading came."""

    columns: list[str]
    rows: Iterator[Line]
    bytes_total: int
    position: Callable[[], int]
    encoding: str = ""
    separator: str = ""


def open_rows(path: Path, options: dict[str, Any], *, name: str = "") -> RowFile:
    """Open a file as `options` (the map's [file] table) say; what they leave out is detected.

    `name` is what people call the file when it lies under another name on disk.
    """
    name = name or path.name
    try:
        with path.open("rb") as raw:
            head = raw.read(4)
        if head == b"PAR1":
            return _parquet(path, name)
        if head[:2] == b"PK":
            return _xlsx(path, options, name)
        if head == OLD_WORKBOOK:
            raise LoadTrouble(_("%(file)s is a workbook of the old kind (.xls): save it as .xlsx or csv.") % {
                "file": name})  # fmt: skip
        return _text(path, options, name, packed=head[:2] == b"\x1f\x8b")
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise LoadTrouble(_("The file %(file)s cannot be read: %(why)s.") % {
            "file": name, "why": getattr(error, "strerror", "") or error}) from None  # fmt: skip


# Text


def _text(path: Path, options: dict[str, Any], name: str, *, packed: bool) -> RowFile:
    raw = path.open("rb")
    stream: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
    sample = stream.read(SAMPLE)
    stream.seek(0)
    if not sample.strip():
        raise LoadTrouble(_("The file %(file)s is empty.") % {"file": name})
    if _is_no_text(sample) or (len(sample) == SAMPLE and not any(end in sample for end in (b"\n", b"\r"))):
        raise LoadTrouble(_("%(file)s is not a table we can read; save it as csv or xlsx.") % {"file": name})
    encoding = options.get("encoding") or detect_encoding(sample if len(sample) < SAMPLE else _telling(stream, sample))
    stream.seek(0)
    try:
        lines = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline=None)
    except LookupError:
        raise LoadTrouble(_("There is no encoding “%(name)s”.") % {"name": encoding}) from None
    skip = int(options.get("skip_lines", 0))
    for _line in islice(lines, skip):
        pass
    separator = _separator(options, sample, encoding, skip)
    header = options.get("header")
    numbered = enumerate(lines, start=skip + 1)
    if header is None:
        header = _split(next((line for _n, line in numbered if line.strip()), ""), separator)
    columns = _named(header)
    size = path.stat().st_size
    return RowFile(
        columns, _records(numbered, separator, len(columns)), size, lambda: size if raw.closed else raw.tell(),
        encoding, separator,
    )  # fmt: skip


def _is_no_text(sample: bytes) -> bool:
    # A picture or a program has signs of every sort; a broken export has a few. UTF-16 is full of zeros.
    start = sample[:4000]
    signs = sum(byte < 9 or 13 < byte < 27 for byte in start.replace(b"\0", b""))
    return signs * 20 > len(start)


def detect_encoding(sample: bytes) -> str:
    """UTF-8 (with or without mark), UTF-16 or GB18030: the one in which most telling lines can be read."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if sample.startswith(mark):
            return name
    if sample[:2000].count(0) > len(sample[:2000]) // 4:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    telling = [line for line in sample.split(b"\n") if not line.isascii()]
    if len(telling) > 1 and len(sample) >= SAMPLE:
        telling.pop()  # cut in the middle of a character
    # One broken byte does not make a file Chinese: it costs its row.
    readable = sum(_reads(line, "utf-8") for line in telling)
    if not telling or readable * 2 > len(telling):
        return "utf-8"
    return "gb18030"


def _telling(stream: BinaryIO, sample: bytes) -> bytes:
    # A file may begin with a quarter megabyte of plain ASCII: look on for lines that tell.
    while sample.isascii() and sample.count(0) == 0 and stream.tell() < TELLING:
        more = stream.read(1 << 20)
        if not more:
            break
        sample = more
    return sample


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _separator(options: dict[str, Any], sample: bytes, encoding: str, skip: int) -> str:
    given = options.get("separator")
    if options.get("format") in ("whitespace", "tsv"):
        return " " if options["format"] == "whitespace" else "\t"
    if given:
        return SEPARATORS.get(given, given)
    lines = [line for line in sample.decode(encoding, "ignore").splitlines()[skip:] if line.strip()]
    return detect_separator(lines[:-1] or lines)


def detect_separator(lines: list[str]) -> str:
    """The sign that cuts the first lines into the most equal number of cells."""
    best, most = ",", 0.0
    for sign in (",", ";", "\t", "|"):
        widths = Counter(len(_split(line, sign)) for line in lines[:60])
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        score = (width > 1) * times + width / 1000
        if width > 1 and score > most:
            best, most = sign, score
    if not most:
        widths = Counter(len(line.split()) for line in lines[:60])
        if widths and widths.most_common(1)[0][0] > 1:
            return " "
    return best


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    return next(csv.reader([line], delimiter=separator), [])


def _named(header: Sequence[Any]) -> list[str]:
    seen: Counter[str] = Counter()
    names = []
    for position, cell in enumerate(header, start=1):
        name = str(cell if cell is not None else "").strip() or f"column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _records(numbered: Iterator[tuple[int, str]], separator: str, width: int) -> Iterator[Line]:
    carried: list[tuple[int, str]] = []
    while block := carried + list(islice(numbered, BLOCK)):
        carried = []
        if separator == " ":
            for number, line in block:
                if cells := line.split():
                    yield _fitting(number, cells, width, line)
            continue
        rows = list(csv.reader([line for _n, line in block], delimiter=separator))
        # One row a line: nothing was left open by a quote, and the quick way holds.
        if len(rows) == len(block) and not any(line.count('"') & 1 for _n, line in block):
            for (number, line), cells in zip(block, rows, strict=True):
                if len(cells) == width:
                    yield number, cells, ""
                elif cells and (len(cells) > 1 or cells[0].strip()):
                    yield _fitting(number, cells, width, line)
        else:
            more = list(islice(numbered, LONGEST_RECORD))
            ended = len(more) < LONGEST_RECORD
            carried = yield from _carefully(block + more, separator, width, ended=ended)


def _carefully(
    block: list[tuple[int, str]], separator: str, width: int, *, ended: bool
) -> Generator[Line, None, list[tuple[int, str]]]:
    """Record by record, so that quotes that do not close cost one row; returns the lines it left for the next block."""
    position = 0
    while position < len(block):
        if len(block) - position < LONGEST_RECORD and not ended:
            return block[position:]
        number, line = block[position]
        if not line.strip():
            position += 1
            continue
        taken, cells = _one_record(block, position, separator, width)
        position += taken
        yield _fitting(number, cells, width, line) if cells is not None else (
            number, Broken(_("The quotes of this row do not close.")), line.rstrip("\n"),
        )  # fmt: skip
    return []


def _one_record(
    block: list[tuple[int, str]], position: int, separator: str, width: int
) -> tuple[int, list[str] | None]:
    """How many lines the record takes and its cells; None when its quotes close nowhere sensible."""
    text = ""
    for taken in range(1, min(LONGEST_RECORD, len(block) - position) + 1):
        line = block[position + taken - 1][1]
        text += line
        if taken > 1 and not line.count('"') & 1:
            continue  # nothing in it can close the cell
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            return 1, None
        if taken > 1 and len(cells) != width:
            return 1, None
        return taken, cells
    return 1, None


def _fitting(number: int, cells: list[str], width: int, line: str) -> Line:
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return number, cells[:width], ""
    if len(cells) != width:
        reason = _("This row has %(cells)s cells, the header has %(columns)s.")
        return number, Broken(reason % {"cells": len(cells), "columns": width}), line.rstrip("\n")
    return number, cells, ""


# Workbooks and parquet


def _xlsx(path: Path, options: dict[str, Any], name: str) -> RowFile:
    import openpyxl

    try:
        _weigh(path)
        # Opened here, because by its name alone an uploaded file is no workbook.
        book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True)
        sheet = book[options["sheet"]] if "sheet" in options else book.worksheets[0]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError):
        raise LoadTrouble(_("%(file)s is not a workbook we can read, or lacks the sheet.") % {
            "file": name}) from None  # fmt: skip
    numbered = enumerate(sheet.iter_rows(values_only=True), start=1)
    for _line in islice(numbered, int(options.get("skip_lines", 0))):
        pass
    header = options.get("header") or next((row for _n, row in numbered if any(cell is not None for cell in row)), ())
    columns = _named([cell for cell in header if cell is not None] if None in header[-1:] else header)
    size, done = path.stat().st_size, [0]
    total = max(sheet.max_row or 1, 1)

    def rows() -> Iterator[Line]:
        for number, row in numbered:
            done[0] = number
            if any(cell is not None for cell in row):
                cells = list(row[: len(columns)])
                yield number, cells + [None] * (len(columns) - len(cells)), ""

    return RowFile(columns, rows(), size, lambda: min(size, size * done[0] // total))


def _weigh(path: Path) -> None:
    """Raises ValueError for a small parcel that unpacks to a mountain."""
    with zipfile.ZipFile(path) as parcel:
        for part in parcel.infolist():
            if part.file_size > (UNPACKED >> 4 if "sharedStrings" in part.filename else UNPACKED):
                raise ValueError(part.filename)


def _parquet(path: Path, name: str) -> RowFile:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
    except pyarrow.ArrowException:
        raise LoadTrouble(_("%(file)s is not a parquet file we can read.") % {"file": name}) from None
    size, total, done = path.stat().st_size, max(table.metadata.num_rows, 1), [0]

    def rows() -> Iterator[Line]:
        for batch in table.iter_batches(batch_size=5000):
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns, strict=True):
                done[0] += 1
                yield done[0], cells, ""

    return RowFile(_named(table.schema_arrow.names), rows(), size, lambda: size * done[0] // total)
