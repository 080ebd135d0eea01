"""The store of files against its rows: what nobody names goes, what is missing is told."""

import logging
import time
from dataclasses import dataclass

from scrm.kernel import sealed_files
from touchpoints.models import Attachment

log = logging.getLogger("scrm.files")

RESTS = 24 * 3600.0  # seconds a file may lie without a row: its transaction may not have ended


@dataclass(frozen=True)
class Tended:
    removed: int
    missing: list[int]


def tend(*, rests: float = RESTS) -> Tended:
    """Remove files that no row names, a day old or more; say which rows have no file."""
    there = dict(sealed_files.stored())
    rows = dict(Attachment.objects.here().values_list("stored", "pk"))
    removed = 0
    for name, written in there.items():
        if name not in rows and written < time.time() - rests:
            sealed_files.remove_left(name)
            removed += 1
    # Asked again: a row that lapsed meanwhile lacks nothing.
    gone = [rows[name] for name in rows.keys() - there.keys()]
    missing = sorted(one.pk for one in Attachment.objects.here().filter(pk__in=gone) if not one.is_stored)
    if removed:
        log.info("%s files that nobody names were removed.", removed)
    if missing:
        log.error("%s files are missing in the store, of the attachments %s.", len(missing), missing[:20])
    return Tended(removed, missing)
