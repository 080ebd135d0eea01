"""The rows that did not go in, given back in their own columns with the reason, ready to be corrected."""

import csv
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from customers.models import ImportRun

INERT = ("=", "+", "-", "@", "\t", "\r")


def path_of(run: ImportRun) -> Path:
    return Path(settings.IMPORTS_ROOT) / f"run-{run.pk}" / "failed.csv"


def write(run: ImportRun) -> Path | None:
    """Write the file of failed rows (and notes on rows that went in without a part); None when there are none."""
    path = path_of(run)
    first = run.row_errors.order_by("line").first()
    if first is None:
        path.unlink(missing_ok=True)
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: list[str] = next((list(one.row) for one in run.row_errors.order_by("line")[:200] if "" not in one.row), [])
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file)
        out.writerow([inert(name) for name in [*columns, "line", "went in", "reason"]])
        for error in run.row_errors.order_by("line", "pk").iterator(chunk_size=2000):
            # A row that could not be taken apart comes back whole, in the first cell.
            cells = [error.row.get("", "")] if "" in error.row else [error.row.get(name, "") for name in columns]
            cells += [""] * (len(columns) - len(cells))
            out.writerow([*map(inert, cells), error.line, _("yes") if error.warning else _("no"), inert(error.reason)])
    return path


def inert(cell: str) -> str:
    """A cell no spreadsheet takes for a formula; reading it in again drops the mark."""
    return "'" + cell if cell.startswith(INERT) else cell
