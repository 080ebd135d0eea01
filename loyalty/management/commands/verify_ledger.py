"""`manage.py verify_ledger`: prove points and coupons; exit 1 names whatever does not hold."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loyalty.proofs import PROOFS, verify


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="write the result as JSON")

    def handle(self, **options: Any) -> None:
        result = verify()
        broken = {finding["proof"]: finding for finding in result.findings}
        if options["json"]:
            self.stdout.write(json.dumps({
                "ok": result.holds, "entries": result.entries, "took_ms": result.took_ms, "proofs": len(PROOFS),
                "violations": result.findings,
            }, ensure_ascii=False))  # fmt: skip
        else:
            for proof in PROOFS:
                found = broken.get(proof.code)
                self.stdout.write(f"{'BROKEN' if found else 'holds '}  {proof.code:12} {proof.words}")
                for row in found["examples"] if found else ():
                    self.stdout.write("          " + ", ".join(f"{name} {value}" for name, value in row.items()))
            self.stdout.write(f"{result.entries:,} lines in {result.took_ms} ms: "
                              + ("all holds." if result.holds else f"{len(broken)} do not hold."))  # fmt: skip
        if not result.holds:
            sys.exit(1)
