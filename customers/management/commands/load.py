"""Take in files: `load KIND FILE… --source NAME --map MAP.toml` (docs/importing.md)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customers.loading import failed_rows
from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.loading.trouble import LoadTrouble
from customers.models import ImportRun


class Command(BaseCommand):
    help = "Load rows of files; idempotent by the file's own key, resumed where it stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND")
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
        parser.add_argument("--source", required=True)
        parser.add_argument("--map", required=True, type=Path, dest="map_file")
        parser.add_argument("--live", action="store_true", help="as if it happened now: reactions are woken")
        parser.add_argument("--dry-run", action="store_true", help="do everything but keep nothing")
        parser.add_argument("--json", type=Path)

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            counts = self._load(given)
        except LoadTrouble as trouble:
            self.stderr.write(str(trouble))
            sys.exit(2)
        answer = json.dumps(counts)
        if given["json"]:
            Path(given["json"]).write_text(answer + "\n")
        self.stdout.write(answer)

    def _load(self, given: dict[str, Any]) -> dict[str, int]:
        kind, mapping = kind_called(given["kind"]), read_map(Path(given["map_file"]))
        # Every file is opened and its map checked before the first row goes in.
        runs = [
            run_for(kind, file, source=given["source"], mapping=mapping, live=given["live"], dry=given["dry_run"])
            for file in given["files"]
        ]
        totals: dict[str, int] = {}
        for run in runs:
            Load(run, progress=self._progress).go()
            self._say_end(run)
            for name, count in run.counts().items():
                totals[name] = totals.get(name, 0) + count
        return totals

    def _progress(self, run: ImportRun) -> None:
        if sys.stderr.isatty():
            share = run.bytes_read * 100 // max(run.bytes_total, 1)
            self.stderr.write(f"\r{run.file_name}: {share}%, {run.read} rows, {run.failed} failed ", ending="")

    def _say_end(self, run: ImportRun) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")
        if failed_rows.path_of(run).exists():
            self.stderr.write(f"{run.file_name}: rows that did not go in: {failed_rows.path_of(run)}")
