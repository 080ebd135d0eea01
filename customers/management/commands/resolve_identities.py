"""Find who is the same person: `resolve_identities --source NAME…` (docs/identities.md)."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.models import SourceKey
from customers.resolution.outcome import ASKS, JOINS, Pair
from customers.resolution.reading import refs_of
from customers.resolution.run import Busy, resolve

COLUMNS = ("source_a", "ref_a", "source_b", "ref_b", "score", "reason")


class Command(BaseCommand):
    help = "Compare customers across and within sources; suggest pairs, and with --apply join the sure ones."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", nargs="+", action="extend", default=[], metavar="NAME",
                            help="whose records (default: everybody's)")  # fmt: skip
        parser.add_argument("--apply", action="store_true", help="merge pairs at or above the threshold; undoable")
        parser.add_argument("--threshold", type=float, default=JOINS, help=f"probability to join at (default {JOINS})")
        parser.add_argument("--suggest", type=float, default=ASKS, help=f"from where a person is asked ({ASKS})")
        parser.add_argument("--pairs", type=Path, metavar="FILE.csv")
        parser.add_argument("--json", type=Path, metavar="FILE")

    def handle(self, *args: Any, **given: Any) -> None:
        sources = list(dict.fromkeys(given["source"]))
        for name in ("threshold", "suggest"):
            if not 0 < given[name] < 1:
                raise CommandError(f"--{name} is a probability between 0 and 1.")
        for source in sources:
            if not SourceKey.objects.filter(source=source, kind="customers").exists():
                raise CommandError(f"No customers came from the source “{source}”.")
        try:
            report = resolve(
                sources, apply=given["apply"], threshold=given["threshold"], asks=given["suggest"], say=self._say,
                show=lambda outcome: write_pairs(given["pairs"], outcome.same, sources) if given["pairs"] else None,
            )  # fmt: skip
        except Busy as busy:
            raise CommandError(str(busy)) from None
        answer = json.dumps(report.as_json())
        if given["json"]:
            given["json"].write_text(answer + "\n")
        self.stdout.write(answer)

    def _say(self, sentence: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(sentence)


def write_pairs(path: Path, pairs: list[Pair], sources: list[str]) -> None:
    """A row per pair with the keys of the files and the reasons as codes; no name, no number."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for start in range(0, len(pairs), 10_000):
            some = pairs[start : start + 10_000]
            refs = refs_of([number for pair in some for number in (pair.first, pair.second)], sources)
            for pair in some:
                why = "; ".join(f"{reason['code']} {reason['weight']:+}" for reason in pair.reasons)
                writer.writerow([*refs[pair.first], *refs[pair.second], f"{pair.score:.6f}", why])
