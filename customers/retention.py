"""How long this room keeps what nobody needs any more."""

import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.models import ImportRun, RowError, SegmentChange, SegmentLeaving, VisitGrant
from customers.records import erase_without_consent
from scrm.kernel.registry import Retention, retentions


def failed_rows(before: datetime) -> int:
    """Rows that did not go in, with the file that gives them back."""
    old = RowError.objects.filter(run__started_at__lt=before)
    for run in set(old.values_list("run_id", flat=True)):
        (Path(settings.IMPORTS_ROOT) / f"run-{run}" / "failed.csv").unlink(missing_ok=True)
    return old.delete()[0]


def import_files(before: datetime) -> int:
    """Uploaded files of runs that ended, or that nobody went on with."""
    removed = 0
    for run in ImportRun.objects.filter(started_at__lt=before).exclude(state__in=["checking", "running"]):
        folder = Path(settings.IMPORTS_ROOT) / f"run-{run.pk}"
        if (folder / "file").exists():
            shutil.rmtree(folder)
            removed += 1
    return removed


def visit_grants(before: datetime) -> int:
    """Leaves of the counter that ended."""
    return VisitGrant.objects.filter(until__lt=before).delete()[0]


def segment_days(before: datetime) -> int:
    """How many came and left on days long past."""
    return SegmentChange.objects.filter(on__lt=before.date()).delete()[0]


def segment_leavings(before: datetime) -> int:
    """Who left a segment long ago, and why."""
    return SegmentLeaving.objects.filter(at__lt=before).delete()[0]


def register() -> None:
    for each in (
        Retention("failed_rows", _("Rows of a file that did not go in"), 90, failed_rows),
        Retention("import_files", _("Files given to an import"), 7, import_files),
        Retention(
            "sensitive_records", _("Sensitive record files, once consent was withdrawn"), 30, erase_without_consent
        ),
        Retention("segment_days", _("How many came into segments and left them, day by day"), 730, segment_days),
        Retention("segment_leavings", _("Who left segments, when and why"), 90, segment_leavings),
        Retention("visit_grants", _("Leave to open a customer of another store, once it ended"), 30, visit_grants),
    ):
        retentions.add(each.name, each)
