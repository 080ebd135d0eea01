"""Prove the audit: `verify_audit [--json]` names every row changed, deleted, inserted or moved since it was sealed."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from staff import audit_seal


class Command(BaseCommand):
    help = "Check every audit row against its seal; exit 1 names what does not fit."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **given: Any) -> None:
        proof = audit_seal.prove()
        if given["json"]:
            self.stdout.write(json.dumps(proof.as_json()))
        else:
            for one in proof.violations:
                self.stdout.write(f"{one.kind}: {one.words}")
            self.stdout.write(
                f"{proof.rows} rows, {proof.sealed} sealed in {proof.seals} seals, {proof.unsealed} newer, "
                f"{proof.erased} erased: {'all hold' if proof.green else f'{len(proof.violations)} wrong'}."
            )
            if proof.seals and not proof.head:
                self.stdout.write("No note of the newest seal lies beside the data here: a cut at the end cannot show.")
        if not proof.green:
            sys.exit(1)
