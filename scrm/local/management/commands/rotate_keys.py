"""Give the house a new master key while it runs; --retire drops the former, --index changes the key of look-ups."""

import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from customers import reindexing
from scrm.kernel import rewrapping, sealed
from staff.models import audit


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retire", action="store_true", help="drop the former master keys when nothing needs them")
        parser.add_argument("--index", action="store_true", help="another key for the index of identities")

    def handle(self, *args: Any, retire: bool, index: bool, **options: Any) -> None:
        with connection.cursor() as cursor:
            # Held by the session: a killed run leaves nothing locked.
            cursor.execute("select pg_try_advisory_lock(hashtextextended('rotate keys', 4))")
            if not cursor.fetchone()[0]:
                raise CommandError("Another rotation is running: wait for its end.")
        try:
            rewrapping.keep_house_keys()
            if index:
                self._index()
            elif retire:
                self._retire()
            else:
                self._rotate()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(hashtextextended('rotate keys', 4))")

    def _rotate(self) -> None:
        keys = sealed.master_keys()
        if len(keys) == 1:
            new = os.urandom(32)
            if settings.SEALING_KEYS:
                self.stdout.write(
                    "SCRM_KEYS holds one key. Put a new one before it, in every process, and restart them:"
                )
                self.stdout.write(f"  SCRM_KEYS={sealed.keys_as_text((new,))},<the present one>")
                self.stdout.write("Then run rotate_keys again.")
                return
            sealed.write_key_file((new, *keys))
            audit("keys.added", by=None, key=sealed.key_id(new).hex())
            self.stdout.write(f"New master key {sealed.key_id(new).hex()}: back up {settings.SEALING_KEY_FILE} now.")
        elif not rewrapping.left():
            self.stdout.write("Everything is under the newest master key already: --retire drops the former.")
            return
        self._rewrap()

    def _rewrap(self) -> None:
        begun, done, told = time.monotonic(), 0, 0.0
        for words, count in rewrapping.rewrap():
            done += count
            if time.monotonic() > told + 2:
                told = time.monotonic()
                self.stdout.write(f"  {done} wrapped anew ({words})")
                self.stdout.flush()
        seconds = max(time.monotonic() - begun, 0.001)
        self.stdout.write(f"{done} keys wrapped anew in {seconds:.1f} s ({done / seconds:.0f} a second).")
        if remaining := rewrapping.left():
            words = ", ".join(f"{count} {name}" for name, count in remaining.items())
            self.stdout.write(f"Meanwhile came {words}: run rotate_keys once more.")
        else:
            self.stdout.write(
                "Nothing is under a former key any more: check that your backups are newer, then --retire."
            )

    def _retire(self) -> None:
        keys = sealed.master_keys()
        if len(keys) == 1:
            self.stdout.write("There is only one master key: nothing to retire.")
            return

        def drop() -> None:
            if not settings.SEALING_KEYS:
                sealed.write_key_file(keys[:1])

        if remaining := rewrapping.retire(drop):
            words = ", ".join(f"{count} {name}" for name, count in remaining.items())
            raise CommandError(f"Still under a former key: {words}. Run rotate_keys first.")
        audit("keys.retired", by=None, keys=[sealed.key_id(key).hex() for key in keys[1:]])
        if settings.SEALING_KEYS:
            self.stdout.write("Nothing needs the former keys: leave only the first one in SCRM_KEYS and restart.")
        else:
            self.stdout.write(
                f"{len(keys) - 1} former key(s) dropped. Backups from before the rotation need them still."
            )

    def _index(self) -> None:
        begun, done, lost, told = time.monotonic(), 0, 0, 0.0
        newer = reindexing.begin()
        for count, unread in reindexing.go_on(newer):
            done, lost = done + count, lost + unread
            if time.monotonic() > told + 2:
                told = time.monotonic()
                self.stdout.write(f"  {done} identities")
                self.stdout.flush()
        if lost:
            self.stderr.write(
                f"{lost} identities cannot be read with these keys; the former index key is kept for them."
            )
            sys.exit(1)
        reindexing.end(newer)
        audit("keys.reindexed", by=None, identities=done)
        self.stdout.write(f"{done} identities under another index key in {time.monotonic() - begun:.1f} s.")
