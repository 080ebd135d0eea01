"""The page of the documentation that says what every field holds about people."""

from collections import defaultdict
from typing import Any

from django.core.management.base import BaseCommand

from scrm.kernel.personal import Kind, classified

SAID = {
    Kind.CONTACT: "sealed or kept as a fingerprint, shown masked, gone with an erasure",
    Kind.NAME: "in clear, because it is searched and printed; blanked by an erasure",
    Kind.SAID: "free text and copies of what came in; blanked or removed by an erasure",
    Kind.BEHAVIOUR: "what somebody looked at; removed after ninety days and by an erasure",
    Kind.PSEUDONYM: "points at a record; stays, so that sums and histories stay true",
    Kind.COLLEAGUE: "about those who work here",
    Kind.KEY: "keys, passwords and fingerprints of secrets; a customer's key is destroyed by an erasure",
    Kind.NONE: "nothing about a person by itself",
}


class Command(BaseCommand):
    help = "Print docs/personal-data.md: every field and what kind of personal data it holds."

    def handle(self, *args: Any, **options: Any) -> None:
        by_kind: dict[Kind, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for path, kind in classified().items():
            model, _dot, name = path.rpartition(".")
            by_kind[kind][model].append(name)
        write = self.stdout.write
        write("# What each field holds about people\n")
        write("Made by `manage.py personal_data`; a test fails when a field is missing or this page is old.\n")
        for kind, said in SAID.items():
            write(f"## {kind}\n\n{said[0].upper()}{said[1:]}.\n")
            if kind is Kind.NONE:
                write("Every other field.")
                continue
            for model, names in sorted(by_kind[kind].items()):
                write(f"- `{model}`: {', '.join(sorted(names))}")
            write("")
