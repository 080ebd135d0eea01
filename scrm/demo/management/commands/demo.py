"""`manage.py demo`: the brand 松叙 with its staff, stores and customers, to look at and to test with."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scrm.demo import accounts, cast, days, progress, staffing
from scrm.demo.load import AlreadyRunning, Load, NotOurs
from scrm.demo.models import DemoLoad


class Command(BaseCommand):
    requires_system_checks = []  # the addresses of pages are not needed, and the staff waits
    help = "Load the demo brand: the same people for the same seed and day. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=20_000, help="How many besides the cast (to 1,000,000).")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--as-of", type=date.fromisoformat, help="The day it is made for (default: today, now).")
        parser.add_argument("--full-history", action="store_true", help="All events, also above 200,000 customers.")
        parser.add_argument("--freshen", action="store_true", help="Plant the open things of the cast anew.")
        parser.add_argument("--workers", type=int, default=0, help="Processes (default: one per core).")

    def handle(self, **options: Any) -> None:
        if options["customers"] < 1 or options["customers"] > 1_000_000:
            raise CommandError("Give --customers from 1 to 1,000,000.")
        done = DemoLoad.objects.exclude(done_at=None).last()
        if options["freshen"]:
            self._freshen(done)
        elif done is not None:
            self.stdout.write(f"The demo is here already: {done.customers:,} customers as of {done.as_of}.")
            self._accounts()
        else:
            self._load(options)

    def _freshen(self, done: DemoLoad | None) -> None:
        if done is None:
            raise CommandError("There is no demo to freshen: run `manage.py demo` first.")
        cast.freshen(timezone.now())
        self.stdout.write("The open things of the cast are fresh.")

    def _load(self, options: dict[str, Any]) -> None:
        end = options["as_of"] or timezone.localdate()
        moment = days.moment_of(end) if options["as_of"] else timezone.now()
        load = Load(
            customers=options["customers"], seed=options["seed"], end=end, moment=moment,
            full_history=options["full_history"], workers=options["workers"], say=self._say,
        )  # fmt: skip
        try:
            load.run()
        except NotOurs:
            progress.write(0, 0, "failed", state="failed")
            raise CommandError(
                "This database holds customers that the demo did not bring; give it an empty one."
            ) from None
        except AlreadyRunning:
            raise CommandError("Another process is loading the demo; its progress shows on the first page.") from None
        self._accounts()

    def _say(self, text: str) -> None:
        if self.verbosity_is_on:
            self.stdout.write(text)
            self.stdout.flush()

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.verbosity_is_on = options.get("verbosity", 1) > 0
        return super().execute(*args, **options)

    def _accounts(self) -> None:
        if not self.verbosity_is_on:
            return
        self.stdout.write(f"\nSign in with the password {accounts.PASSWORD} as:")
        for username in accounts.PRINTED:
            names, role, _where = staffing.CAST[username]
            self.stdout.write(f"  {username:12} {role.label if role else '':16} {names.split('|')[0]}")
