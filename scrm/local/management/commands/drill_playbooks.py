"""`manage.py drill_playbooks`: very many in one playbook, many workers, some killed; each step once, nobody lost."""

import json
import subprocess
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scrm.local import places
from scrm.local.management.commands.bench import house

MANAGE = [sys.executable, str(places.ROOT / "manage.py"), "drill_playbooks"]


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=100_000, help="how many are on the way (default: 100000)")
        parser.add_argument("--workers", type=int, default=20, help="processes at once (default: 20)")
        parser.add_argument("--crashes", type=int, default=2, help="how many of them are killed (default: 2)")
        parser.add_argument("--after", type=float, default=25, help="seconds before one is killed (default: 25)")
        parser.add_argument("--lease", type=int, default=120, help="seconds a worker has people in hand (default: 120)")
        parser.add_argument("--inside", nargs=2, help="for the drill itself: what to do, with what")

    def handle(self, **options: Any) -> None:
        if options["inside"]:
            from scrm.local.drilling import crowd

            what, given = options["inside"]
            deeds: dict[str, Any] = {
                "prepare": crowd.prepare, "time": crowd.time_goes_by, "check": crowd.check,
                "work": lambda code: crowd.work(code, lease=options["lease"]),
            }  # fmt: skip
            self.stdout.write(json.dumps(deeds[what](given)))
            return
        self.after, self.lease, self.killed = options["after"], options["lease"], 0
        self.env = house(options["people"], self.stdout)
        begun = self._ask("prepare", str(options["people"]))
        self.stdout.write(json.dumps(begun))
        code, result = begun["playbook"], dict(begun)
        for name, crashes in (("first waits, gifts", options["crashes"]), ("last waits", 0)):
            self._ask("time", code)
            started = time.monotonic()
            self._workers(code, options["workers"], crashes)
            result[name] = f"{time.monotonic() - started:.0f} s"
            self.stdout.write(f"{name}: {result[name]}")
        result |= self._ask("check", code) | {"killed": self.killed}
        self.stdout.write(json.dumps(result, indent=1))
        if result["violations"] or result["lost"] or result["on the way"]:
            sys.exit(1)

    def _workers(self, code: str, number: int, crashes: int) -> None:
        """So many at once; of those that are killed each is followed by another."""
        going = [self._worker(code) for _one in range(number)]
        for place in range(crashes):
            self._wait(code)
            going[place].kill()
            self.stdout.write("A worker was killed.")
            going.append(self._worker(code))
        for one in going:
            self.killed += one.wait() < 0

    def _wait(self, code: str) -> None:
        time.sleep(self.after)

    def _worker(self, code: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*MANAGE, "--lease", str(self.lease), "--inside", "work", code], env=self.env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def _ask(self, what: str, given: str) -> Any:
        done = subprocess.run([*MANAGE, "--inside", what, given], env=self.env, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)
