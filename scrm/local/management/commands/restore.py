"""Restore a backup into an empty data folder (SCRM_DATA), also to a moment, and prove it before the site opens."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from scrm.local import places, restore


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise ArgumentTypeError("write it like 2026-11-22T14:30:00+08:00") from None


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a backup, or a folder of them: then the newest")
        parser.add_argument("--to", type=moment, metavar="MOMENT", help="up to this moment, from the archive")
        parser.add_argument("--archive", type=Path, metavar="DIR", help="what SCRM_ARCHIVE named (default: that)")
        parser.add_argument("--keys", type=Path, metavar="DIR2", help="what “backup --keys” wrote")
        parser.add_argument("--erasures", type=Path, metavar="FILE", help="a newer list of erasures")

    def handle(self, *args: Any, folder: Path, **given: Any) -> None:
        done = restore.restore(
            folder, to=given["to"], archive=given["archive"], keys=given["keys"], erasures=given["erasures"]
        )
        proof = done.proof
        audit = proof["audit"]
        self.stdout.write(f"{done.backup.name}: {done.bytes / 1024**2:.1f} MB restored into {places.data_folder()}.")
        self.stdout.write(f"  migrations  {proof['migrated']} made up for, none unknown")
        self.stdout.write(f"  erasures    {proof['erasures']} on the list, {proof['replayed']} done again")
        self.stdout.write(
            f"  audit       {audit['rows']} rows, {audit['sealed']} sealed in {audit['seals']} seals: "
            f"{'all hold' if audit['green'] else 'WRONG'}"
        )
        ledger = {None: "no points yet", True: "all rules hold", False: "WRONG"}[proof["ledger"]]
        self.stdout.write(f"  ledger      {ledger}")
        words = "one number read in clear" if proof["unsealed"] else "no number is stored"
        self.stdout.write(f"  sealed      {words}")
        self.stdout.write(f"  newest row  {proof['newest'] or 'none'}")
        self.stdout.write(f"Done in {done.seconds:.1f} s. Take a new backup now: a new history begins here.")
        for words in done.warnings:
            self.stderr.write(words)
        if done.warnings:
            sys.exit(1)
