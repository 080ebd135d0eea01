"""Stop everything this installation runs."""

import os
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand

from scrm.local import places, services


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        pid_file = places.data_folder() / "up.pid"
        if pid_file.exists():
            _end(int(pid_file.read_text() or 0))
            pid_file.unlink(missing_ok=True)
        services.stop()
        self.stdout.write("Nothing is running any more.")


def _end(pid: int) -> None:
    """Ask the process tree to end, and wait until it did (at most 30 seconds)."""
    if not _is_ours(pid):
        return
    os.kill(pid, signal.SIGTERM)
    for _step in range(300):
        if not _is_ours(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int) -> bool:
    # A number can be reused by somebody else's process after a crash.
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return b"manage.py" in line.read()
    except OSError:
        return False
