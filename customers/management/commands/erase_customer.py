"""Forget a customer for good, or once more everybody on the list of erasures."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.models import Customer
from customers.privacy import erase, replay
from customers.privacy.erasing import erasures_file
from scrm.kernel.refusals import TransitionRefused


class Command(BaseCommand):
    help = "Erase a customer by member number; --replay erases again whom the list of erasures names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", nargs="?", help="the member number")
        parser.add_argument("--replay", action="store_true", help="after a restore, before the site opens")
        parser.add_argument("--file", type=Path, help="the list of erasures (default: the one beside the data)")

    def handle(self, *args: Any, **given: Any) -> None:
        if given["replay"]:
            self._replay(given["file"] or erasures_file())
            return
        if not given["number"]:
            raise CommandError("Give a member number, or --replay.")
        customer = Customer.objects.filter(number=given["number"]).first()
        if customer is None:
            raise CommandError("No customer has this number.")
        try:
            done = erase(customer, by=None)
        except TransitionRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Erased, with {len(done.records)} record(s).")

    def _replay(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.stdout.write(f"{len(lines)} erasure(s) on the list, {replay(lines)} done again.")
