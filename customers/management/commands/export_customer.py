"""Everything held about one customer, as JSON, for that customer."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from customers.models import Customer
from customers.privacy import held_about


class Command(BaseCommand):
    help = "Write everything held about a customer, contact data in clear, to a file or the terminal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="the member number")
        parser.add_argument("--out", type=Path, help="a file to write; it is readable by you alone")

    def handle(self, *args: Any, **given: Any) -> None:
        customer = Customer.objects.filter(number=given["number"], erased_at=None).first()
        if customer is None:
            raise CommandError("No customer has this number.")
        text = json.dumps(held_about(customer, by=None), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        if given["out"] is None:
            self.stdout.write(text)
            return
        given["out"].touch(mode=0o600)
        given["out"].write_text(text, encoding="utf-8")
