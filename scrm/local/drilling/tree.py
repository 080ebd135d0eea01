"""A house of its own in a temporary folder: database, broker, web and worker, each of which can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from scrm.local import places
from scrm.local.postgres import Postgres
from scrm.local.trouble import Trouble
from scrm.local.valkey import Valkey


class Tree:
    """Nothing of it outlives the drill; a DATABASE_URL that is not its own is refused before anything starts."""

    def __init__(self, *, fault: str = "") -> None:
        if os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"):
            raise Trouble("The drill kills its database: it takes none but its own. Unset DATABASE_URL and REDIS_URL.")
        self._fault = [fault] if fault else []
        self.folder = Path(tempfile.mkdtemp(prefix="scrm-drill-"))
        self.folder.chmod(0o755)
        sockets = places.socket_folder(self.folder)
        self.postgres = Postgres(self.folder / f"postgres-{places.POSTGRES_MAJOR}", sockets / "pg", durable=True)
        self.valkey = Valkey(sockets / "valkey" / "valkey.sock")
        self.port = _free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            **os.environ, "SCRM_DATA": str(self.folder), "SCRM_URL": f"http://127.0.0.1:{self.port}",
            "SCRM_API_CALLS_A_MINUTE": "100000000", "SCRM_LOG": "line", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.postgres.ensure()
        self.valkey.ensure()
        self.manage("migrate", "-v0")
        self.start_web()
        self.start_worker()
        self.wait()

    def start_web(self) -> None:
        self._run("web", [sys.executable, "-m", "scrm.local.drilling.faulty", "web", str(self.port), *self._fault])

    def start_worker(self) -> None:
        self._run("worker", [sys.executable, "-m", "scrm.local.drilling.faulty", "worker", *self._fault])

    def kill(self, name: str) -> None:
        """kill -9, and up again."""
        process = self.running[name]
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        self.start_web() if name == "web" else self.start_worker()

    def revive(self) -> None:
        """What ended by itself is started again, as a supervisor would."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.start_web() if name == "web" else self.start_worker()

    def stop_database(self) -> None:
        """`stop -m immediate`: no checkpoint, no farewell; then up again, recovering from its log."""
        self.postgres._run("pg_ctl", "-D", str(self.postgres.folder), "-m", "immediate", "-w", "stop", check=False)
        self.postgres.ensure()

    def kill_database(self) -> None:
        """kill -9 of the server's first process."""
        pid = int((self.postgres.folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
        time.sleep(0.5)  # its children see that it is gone
        self.postgres.ensure()

    def wait(self, *, seconds: float = 60) -> None:
        """Until it answers that it is ready."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=3) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise Trouble(f"The drill's house does not answer; its logs are in {self.folder}.")

    def manage(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, str(places.ROOT / "manage.py"), *arguments], env=self.env, cwd=places.ROOT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise Trouble(f"{arguments[0]} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
        return done.stdout

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait(20)
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=self.env, cwd=places.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: Any = probe.getsockname()[1]
    return int(port)
