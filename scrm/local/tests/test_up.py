"""The process tree on a machine of its own: first start, second start, crash, trouble said in one sentence."""

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
from collections.abc import Iterator
from pathlib import Path

import pytest

from scrm.local import places
from scrm.local.postgres import Postgres
from scrm.local.trouble import Trouble
from scrm.local.valkey import Valkey

MANAGE = [sys.executable, str(places.ROOT / "manage.py")]


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: it is closed to the database's user.
    path = Path(tempfile.mkdtemp(prefix="scrm-up-"))
    path.chmod(0o755)
    yield path
    subprocess.run([*MANAGE, "down"], env=environment(path), check=False, capture_output=True)
    shutil.rmtree(path, ignore_errors=True)


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SCRM_", "DATABASE_", "REDIS_", "PYTEST"))
    }
    return {**kept, "SCRM_DATA": str(folder), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    log = (folder / "up.log").open("ab")
    return subprocess.Popen(
        [*MANAGE, "up", "--no-demo", "--port", str(port)], env=environment(folder), stdout=log, stderr=log,
        start_new_session=True,
    )  # fmt: skip


def wait_for(port: int, *, seconds: float = 120) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return time.monotonic() - begun
        except OSError:
            time.sleep(0.2)
    raise AssertionError("The house did not open in time.")


def processes_of(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"SCRM_DATA={folder}".encode() in environ.split(b"\0") or str(folder) in line:
                found.append(line)
    return [line for line in found if "pytest" not in line]


def refusal(folder: Path, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        [*MANAGE, *arguments], env=environment(folder, **more), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_it_starts_refuses_a_second_survives_a_crash_and_leaves_nothing_behind(folder: Path) -> None:
    port = free_port()
    first = start(folder, port)
    wait_for(port)
    assert "running already" in refusal(folder, "up", "--no-demo", "--port", str(free_port()))

    # The whole tree dies as in a power cut: nobody says good-bye.
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    for line in (folder / f"postgres-{places.POSTGRES_MAJOR}" / "postmaster.pid").read_text().splitlines()[:1]:
        os.kill(int(line), signal.SIGKILL)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                if f"SCRM_DATA={folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue
    time.sleep(0.5)

    second = start(folder, port)
    wait_for(port, seconds=90)
    subprocess.run([*MANAGE, "down"], env=environment(folder), check=True, capture_output=True, timeout=60)

    assert second.wait(20) == 0
    assert processes_of(folder) == []


def test_a_taken_port_is_said_in_one_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert "choose another" in refusal(folder, "up", "--no-demo", "--port", str(taken.getsockname()[1]))


@pytest.mark.parametrize(
    ("name", "url", "word"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "must start with postgres://"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/x", "does not answer"),
        ("REDIS_URL", "http://localhost", "must start with redis://"),
    ],
)
def test_a_wrong_address_is_said_in_one_sentence(folder: Path, name: str, url: str, word: str) -> None:
    assert word in refusal(folder, "migrate", **{name: url})


def test_an_open_address_needs_a_key_of_its_own(folder: Path) -> None:
    assert "SCRM_SECRET_KEY" in refusal(folder, "migrate", SCRM_URL="https://crm.example.com")


def test_a_half_finished_first_start_begins_anew(folder: Path) -> None:
    database = folder / f"postgres-{places.POSTGRES_MAJOR}"
    database.mkdir()
    (database / "PG_VERSION").write_text("18")
    socket_folder = folder / "s"

    server = Postgres(database, socket_folder, durable=False)
    server.ensure()

    assert server.is_up()
    server.stop()
    assert not server.is_up()


def test_a_full_disk_is_said_in_one_sentence(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 5 * 1024**2))

    with pytest.raises(Trouble, match="only 5 MB left"):
        Postgres(folder / "pg", folder / "s").ensure()


def test_asked_to_end_it_says_so_and_finishes_what_it_began(folder: Path) -> None:
    port = free_port()
    house = start(folder, port)
    wait_for(port)
    begun = socket.create_connection(("127.0.0.1", port), timeout=30)
    begun.sendall(
        b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf "
    )
    time.sleep(0.5)

    os.kill(house.pid, signal.SIGTERM)
    asked = time.monotonic()
    status = 200
    while status == 200 and time.monotonic() < asked + 3:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
    told_after = time.monotonic() - asked
    time.sleep(3)
    begun.sendall(b"whole")
    answer = begun.recv(64)

    assert status == 503
    assert told_after < 1
    assert answer.startswith(b"HTTP/1.1 ")
    assert house.wait(30) == 0
    assert processes_of(folder) == []


def test_who_started_the_broker_does_not_wait_for_its_own_child(folder: Path) -> None:
    broker = Valkey(folder / "valkey.sock")
    broker.ensure()
    begun = time.monotonic()

    broker.stop()

    assert time.monotonic() - begun < 3  # it was five seconds, for what had ended and was not asked for
    assert not broker.is_up()
