"""Run the product: services, migrations, then web, worker and beat as one process tree; the demo loads behind."""

import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from scrm.local import places, services
from scrm.local.trouble import Trouble

WEB = "{python} -m scrm.local.web --host {host} --port {port}"
WORKER = (
    "{python} -W ignore::RuntimeWarning -m celery --quiet -A scrm.celery:app worker "
    "-Q critical,intake,bulk,slow --pool threads --concurrency 3 "
    "--without-gossip --without-mingle --loglevel warning"
)
BEAT = "{python} -m celery --quiet -A scrm.celery:app beat --loglevel warning --schedule {data}/beat --pidfile="


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--no-demo", action="store_true")
        parser.add_argument("--customers", type=int, help="how many customers the demo makes")

    def handle(self, *args: Any, port: int, host: str, no_demo: bool, customers: int | None, **options: Any) -> None:
        data = places.data_folder()
        data.mkdir(parents=True, exist_ok=True)
        lock = _lock(data / "up.lock")
        _check_port(host, port)
        (data / "up.pid").write_text(str(os.getpid()))
        os.environ["SCRM_URL"] = os.environ.get("SCRM_URL") or f"http://127.0.0.1:{port}"
        demo: subprocess.Popen[bytes] | None = None
        try:
            services.ensure()
            call_command("migrate", verbosity=0, interactive=False)
            _check_durable()
            self._write_schedule()
            if not no_demo and not settings.SECURE:
                demo = _load_demo(customers)
            status = self._run_tree(host, port, data)
        finally:
            if demo is not None and demo.poll() is None:
                demo.terminate()
                demo.wait(20)
            services.stop()
            (data / "up.pid").unlink(missing_ok=True)
            lock.close()
        sys.exit(status)

    def _run_tree(self, host: str, port: int, data: Path) -> int:
        from honcho import manager as honcho
        from honcho.printer import Printer

        # Longer than the web needs to finish what it began; after that they are killed.
        honcho.KILL_WAIT = 25
        # A gatherer of JSON wants whole lines.
        manager = honcho.Manager(Printer(sys.stdout, prefix=settings.LOG_FORM == "line"))
        words = {"python": shlex.quote(sys.executable), "host": host, "port": port, "data": shlex.quote(str(data))}
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "SCRM_LOG": settings.LOG_FORM}
        for name, line in (("web", WEB), ("worker", WORKER), ("beat", BEAT)):
            # “exec” leaves no shell between us and the process that must hear the signal.
            manager.add_process(name, "exec " + line.format(**words), quiet=False, env=env, cwd=str(places.ROOT))
        self._greet(host, port)
        manager.loop()
        ended_by_us = manager.returncode in (None, 0, -signal.SIGTERM, -signal.SIGINT, 128 + 15, 128 + 2)
        return 0 if ended_by_us else int(manager.returncode or 0)

    def _greet(self, host: str, port: int) -> None:
        self.stdout.write(f"\n  http://{host}:{port}/\n")
        if not settings.SECURE:
            from scrm.demo.accounts import PASSWORD, PRINTED

            self.stdout.write(f"  Demo accounts (password {PASSWORD}): {', '.join(PRINTED)}")
            self.stdout.write("  Plain http: not for real data. Stop with Ctrl-C or “make down”.\n")
        self.stdout.flush()

    def _write_schedule(self) -> None:
        from scrm import schedule

        schedule.write()


def _load_demo(customers: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(places.ROOT / "manage.py"), "demo"]
    if customers:
        command += ["--customers", str(customers)]
    log: IO[bytes] = (places.data_folder() / "demo.log").open("ab")
    # Behind the pages: the reader of the first page comes first.
    return subprocess.Popen(["nice", "-n", "5", *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _lock(path: Path) -> IO[str]:
    """One tree per data folder. The lock is the system's own, so a crash leaves none behind."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Trouble("It is running already from this folder: stop it with “make down” first.") from None
    return file


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Trouble(
                f"Port {port} cannot be used ({error.strerror}): choose another, e.g. make run PORT={port + 123}."
            ) from None


def _check_durable() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("fsync", "full_page_writes"):
            cursor.execute(f"show {name}")
            if cursor.fetchone()[0] != "on":
                raise Trouble(f"The database runs with {name} off: what we acknowledge could be lost. Turn it on.")
