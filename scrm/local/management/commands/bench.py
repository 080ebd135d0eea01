"""Measure ours against references, at a size: the demo brand of that many customers, made once and kept."""

import importlib
import json
import logging
import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlencode

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test.utils import override_settings

from scrm.kernel.measure import Measure, measure
from scrm.local import places, services

ROOMS = ("customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="measure only those whose name holds one of these words")
        parser.add_argument("--size", type=int, default=100_000, help="customers; 100000 by default")
        parser.add_argument("--json", help="write the results to this file")
        parser.add_argument("--inside", action="store_true", help="measure this database as it is")

    def handle(self, *args: Any, names: list[str], size: int, json: str | None, inside: bool, **options: Any) -> None:
        if inside:
            self._measure(names, size, json)
        else:
            self._elsewhere(names, size, json)

    def _measure(self, names: list[str], size: int, file: str | None) -> None:
        results = []
        logging.getLogger("scrm.access").setLevel(logging.WARNING)  # thousands of requests are no news
        # The reference page stands beside ours in one process.
        with override_settings(ROOT_URLCONF="scrm.local.bench_urls", API_CALLS_A_MINUTE=10**9):
            for what in self._chosen(names, size):
                result = measure(what, size=size)
                results.append(result.as_json())
                verdict = "noisy" if result.noisy else "met" if result.met else "MISSED"
                self.stdout.write(
                    f"{result.name:36} ours {result.ours:>12,.2f}  reference {result.reference:>12,.2f} {result.unit:7}"
                    f"  ratio {result.ratio:.2f} (goal {result.goal})  {verdict}"
                )
                self.stdout.flush()
        if file:
            with open(file, "w") as out:
                json.dump(results, out, indent=1)

    def _chosen(self, names: list[str], size: int) -> list[Measure]:
        every = [what for room in ROOMS for what in importlib.import_module(f"{room}.bench").measures(size)]
        chosen = [what for what in every if not names or any(name in what.name for name in names)]
        if not chosen:
            raise CommandError(f"Nothing to measure by that name; there is: {', '.join(what.name for what in every)}.")
        return chosen

    def _elsewhere(self, names: list[str], size: int, file: str | None) -> None:
        """Run inside a database of its own, so that nobody's data is touched; news are sent as in production."""
        env = house(size, self.stdout)
        manage = [sys.executable, str(places.ROOT / "manage.py")]
        command = ["bench", *names, "--inside", "--size", str(size)] + (["--json", file] if file else [])
        sys.exit(subprocess.run([*manage, *command], env=env, check=False).returncode)


def house(size: int, out: Any) -> dict[str, str]:
    """The environment of the database with a demo brand of so many customers, made when it is not there."""
    services.ensure()
    name = f"scrm_bench_{size}"
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'create database "{name}" template template0')
    params = connection.settings_dict
    address = {
        "host": params["HOST"],
        "user": params["USER"],
        "password": params["PASSWORD"],
        "port": params["PORT"],
    }
    query = urlencode({key: value for key, value in address.items() if value})
    env = {**os.environ, "DATABASE_URL": f"postgresql:///{name}?{query}", "REDIS_URL": places.redis_url()}
    manage = [sys.executable, str(places.ROOT / "manage.py")]
    for command in (["migrate", "-v0"], ["demo", "--customers", str(size)]):
        out.write(f"… {' '.join(command)}")
        out.flush()
        subprocess.run([*manage, *command], env=env, check=True, stdout=subprocess.DEVNULL)
    return env
