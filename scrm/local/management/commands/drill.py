"""`manage.py drill`: kill a house of our own under load; nothing acknowledged may be lost, nothing done twice."""

import json
import random
import sys
import threading
import time
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scrm.local.drilling.clients import Client, Journal
from scrm.local.drilling.faults import FAULTS
from scrm.local.drilling.tree import Tree
from scrm.local.trouble import Trouble

PAUSE = (2.0, 5.0)  # seconds between two blows


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=int, default=60, help="how long the load lasts (default: 60)")
        parser.add_argument("--workers", type=int, default=6, help="tills at once (default: 6)")
        parser.add_argument("--fault", default="", help="plant this fault from outside: the drill must then fail")
        parser.add_argument("--list-faults", action="store_true")
        parser.add_argument("--json", help="write the result to this file")
        parser.add_argument("--seed", type=int, default=0, help="of the blows; 0 takes a new one")
        parser.add_argument("--inside", nargs="+", help="for the drill itself: prepare, or check JOURNAL")

    def handle(self, **options: Any) -> None:
        if options["list_faults"]:
            for name, fault in FAULTS.items():
                self.stdout.write(f"{name:20} {fault.words}")
            return
        if options["inside"]:
            from scrm.local.drilling.inside import answer

            self.stdout.write(answer(options["inside"][0], options["inside"][-1]))
            return
        if options["fault"] and options["fault"] not in FAULTS:
            raise CommandError("No such fault; --list-faults names them.")
        try:
            result = self._drill(options["seconds"], options["workers"], options["fault"], options["seed"])
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None
        if options["json"]:
            with open(options["json"], "w") as file:
                json.dump(result, file, indent=1)
        self.stdout.write(json.dumps(result, ensure_ascii=False))
        if result["lost"] or result["doubled"] or result["violations"]:
            sys.exit(1)

    def _drill(self, seconds: int, workers: int, fault: str, seed: int) -> dict[str, Any]:
        tree = Tree(fault=fault)
        try:
            tree.start()
            begun = json.loads(tree.manage("drill", "--inside", "prepare"))
            if sql := FAULTS[fault].sql if fault else "":
                for statement in [sql] if "$$" in sql else sql.split(";"):
                    self._ask(tree, statement)
                tree.stop_database()  # settings of the server take effect
                tree.wait()
            journal = Journal()
            until = time.monotonic() + seconds
            tills = [
                threading.Thread(target=Client(
                    n + 1000 * seed, port=tree.port, secret=begun["secret"], people=begun["people"], journal=journal,
                    until=until).run, daemon=True)
                for n in range(workers)
            ]  # fmt: skip
            for till in tills:
                till.start()
            kills, stops = self._blows(tree, until, random.Random(seed or None))  # noqa: S311
            end = time.monotonic() + 120
            while any(till.is_alive() for till in tills) and time.monotonic() < end:
                self._pause(tree, 0.5)
            waiting = sum(till.is_alive() for till in tills)
            file = tree.folder / "journal.json"
            file.write_text(journal.written())
            tree.running["worker"].kill()
            found = json.loads(tree.manage("drill", "--inside", "check", str(file)))
            if waiting:
                found["violations"].append({"proof": "every till has its answer", "rows": waiting})
            return {"acked": journal.acked, "answers": len(journal.deeds), "troubles": journal.troubles,
                    "kills": kills, "stops": stops, "fault": fault, **found}  # fmt: skip
        finally:
            tree.end()

    def _blows(self, tree: Tree, until: float, chance: random.Random) -> tuple[int, int]:
        """kill -9 of web, worker and database, and `stop -m immediate`, each at any moment."""
        kills = stops = 0
        coming: list[str] = []
        while time.monotonic() < until - 2:
            self._pause(tree, min(chance.uniform(*PAUSE), max(0.1, until - time.monotonic())))
            if not coming:
                coming = chance.sample(["web", "worker", "stop", "database"], 4)
            blow = coming.pop()
            if blow == "stop":
                tree.stop_database()
                stops += 1
            elif blow == "database":
                tree.kill_database()
                kills += 1
            else:
                tree.kill(blow)
                kills += 1
        return kills, stops

    def _pause(self, tree: Tree, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            tree.revive()
            time.sleep(0.2)

    def _ask(self, tree: Tree, statement: str) -> None:
        if not statement.strip():
            return
        asked = psycopg2.connect(host=str(tree.postgres.socket), user="scrm", dbname="scrm")
        try:
            asked.autocommit = True  # ALTER SYSTEM wants no transaction around it
            with asked.cursor() as cursor:
                cursor.execute(statement)
        finally:
            asked.close()
