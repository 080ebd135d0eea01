"""Back up the running installation into a new folder below DIR."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from scrm.local import backup


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--keys", type=Path, metavar="DIR2", help="write the keys too, into a folder apart")
        parser.add_argument("--dump", action="store_true", help="as statements, for another version of PostgreSQL")

        parser.add_argument("--keep", type=int, metavar="DAYS", help="afterwards remove older backups, and their log")

    def handle(
        self, *args: Any, folder: Path, keys: Path | None, dump: bool, keep: int | None = None, **options: Any
    ) -> None:
        made = backup.make(folder, keys=keys, as_dump=dump)
        self.stdout.write(f"{made.folder}: {made.bytes / 1024**2:.1f} MB in {made.seconds:.1f} s.")
        if made.keys:
            self.stdout.write(f"The keys are in {made.keys}: keep them on another machine than the backup.")
        else:
            self.stdout.write(
                "The keys are not in it, and without them no phone number in it can ever be read: "
                "keep master.key and secret.key (or SCRM_KEYS and SCRM_SECRET_KEY) elsewhere, or give --keys DIR2."
            )
        if keep is not None:
            backups, pieces = backup.thin(folder, days=keep)
            self.stdout.write(f"{backups} older backup(s) and {pieces} piece(s) of the archived log removed.")
