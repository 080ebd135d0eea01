"""What the campaigns of a source did: `campaign_effect --source NAME [--json FILE]`."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loyalty.effects import effect


class Command(BaseCommand):
    help = "Per campaign and sort: reached, coupons used, bought again within thirty days, sales of couponed products."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", required=True)
        parser.add_argument("--json", type=Path)

    def handle(self, *args: Any, **given: Any) -> None:
        answer = json.dumps(effect(given["source"]), indent=1, ensure_ascii=False)
        if given["json"]:
            given["json"].write_text(answer + "\n")
        self.stdout.write(answer)
