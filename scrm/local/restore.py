"""Bringing a backup back into an empty data folder, whole or not at all, and proving it before the site opens."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrm.local import manifest, places
from scrm.local.postgres import Postgres
from scrm.local.trouble import Trouble
from scrm.local.valkey import Valkey

KEYS = ("master.key", "secret.key")
LISTS = "erasures.jsonl"


@dataclass
class Restored:
    """What came back: from where, how long it took, what was proved, and what a person must still do."""

    backup: Path
    bytes: int
    seconds: float = 0
    proof: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def restore(
    source: Path, *, to: datetime | None = None, archive: Path | None = None, keys: Path | None = None,
    erasures: Path | None = None,
) -> Restored:  # fmt: skip
    """Build everything inside the data folder under another name, prove it, move it into place. Raises Trouble."""
    begun = time.monotonic()
    folder = _chosen(source.resolve(), to)
    whole = manifest.read(folder)
    data = places.data_folder()
    archive = archive.resolve() if archive else places.archive_folder()
    _check_asked(whole, folder, to, archive)
    _check_empty(data)
    manifest.verify(folder, whole)
    with _building(data) as draft:
        _bring_keys(draft, data, keys, whole)
        _bring_files(draft, folder, whole)
        _bring_erasures(draft, [erasures, archive / LISTS if archive else None, folder / LISTS])
        if whole["kind"] == "base":
            _bring_base(draft, folder, whole, archive, to)
        else:
            _bring_dump(draft, folder)
        done = Restored(folder, sum(told["bytes"] for told in whole["files"].values()))
        done.proof = _prove(draft)
        _judge(done)
        _stop(draft)
        _move(draft, data)
    done.seconds = time.monotonic() - begun
    return done


# Before anything is touched


def _chosen(source: Path, to: datetime | None) -> Path:
    """The folder itself when it is a backup, otherwise the newest in it that was finished before the moment."""
    if (source / manifest.NAME).exists():
        return source
    found = [path.parent for path in source.glob(f"scrm-*/{manifest.NAME}")]
    if to is not None:
        found = [each for each in found if _finished(manifest.read(each)) <= to]
    if not found:
        raise Trouble(f"{source} holds no backup" + (" finished before that moment." if to else "."))
    return max(found, key=lambda each: each.name)


def _finished(whole: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(whole["finished_at"])


def _check_asked(whole: dict[str, Any], folder: Path, to: datetime | None, archive: Path | None) -> None:
    if whole["kind"] == "base":
        if not places.uses_embedded_database():
            raise Trouble("This backup is of the embedded database: leave DATABASE_URL out to restore it.")
        if (major := whole["postgres"].partition(".")[0]) != places.POSTGRES_MAJOR:
            raise Trouble(
                f"This backup is of PostgreSQL {major}, here runs {places.POSTGRES_MAJOR}: "
                f"restore it with the version of SCRM that made it, then take a “backup --dump” there."
            )
    if to is not None:
        if whole["kind"] != "base":
            raise Trouble("A dump knows no moments: leave --to out, or choose a backup of the embedded database.")
        if archive is None:
            raise Trouble("A moment needs the archive too: give --archive DIR.")
        if to < _finished(whole):
            raise Trouble(
                f"{folder.name} was finished at {whole['finished_at']}: choose an older one or a later moment."
            )
        if to > datetime.now(UTC):
            raise Trouble("That moment has not come yet.")
    if archive is not None and not archive.is_dir():
        raise Trouble(f"There is no archive at {archive}.")


def _check_empty(data: Path) -> None:
    if not data.exists():
        return
    for path in data.iterdir():
        if path.name.startswith("restoring-") and not Path("/proc", path.name.partition("-")[2]).exists():
            shutil.rmtree(path)  # of a restore that was killed
        elif path.name not in KEYS:
            raise Trouble(f"{data} is not empty ({path.name}): set SCRM_DATA to an empty folder.")


@contextlib.contextmanager
def _building(data: Path) -> Iterator[Path]:
    draft = data / f"restoring-{os.getpid()}"
    draft.mkdir(parents=True, mode=0o755)
    try:
        yield draft
    except OSError as error:
        raise Trouble(f"The restore stopped, nothing was changed: {error.strerror or error}.") from None
    finally:
        if draft.exists():
            _stop(draft)
            shutil.rmtree(draft, ignore_errors=True)


# Bringing back


def _bring_keys(draft: Path, data: Path, keys: Path | None, whole: dict[str, Any]) -> None:
    if keys is not None and not (keys / KEYS[0]).exists() and (inner := sorted(keys.glob(f"*/{KEYS[0]}"))):
        keys = inner[-1].parent
    for name in KEYS:
        told = [place / name for place in ([keys] if keys else []) + [data] if (place / name).exists()]
        # The signing key that lies here was made up by this very start; the master key can only be meant.
        if name == KEYS[0] and len(told) == 2 and told[0].read_text() != told[1].read_text():
            raise Trouble(f"Another {name} lies in {data}: move it away first, or leave --keys out.")
        if told:
            shutil.copyfile(told[0], draft / name)
            (draft / name).chmod(0o600)
    if not os.environ.get("SCRM_KEYS") and not (draft / KEYS[0]).exists():
        raise Trouble("A backup without its keys cannot be read: give --keys DIR2 or set SCRM_KEYS.")
    from scrm.kernel.sealed import key_id, keys_of

    here = {key_id(key).hex() for key in keys_of(os.environ.get("SCRM_KEYS") or (draft / KEYS[0]).read_text())}
    if not here & set(whole["keys"]):
        raise Trouble("These keys are not the ones this backup was sealed under: find those of its day.")


def _bring_files(draft: Path, folder: Path, whole: dict[str, Any]) -> None:
    for name in ("media", "imports"):
        if f"{name}.tar.gz" in whole["files"]:
            _unpack(folder / f"{name}.tar.gz", draft / name)
    if "audit-head.json" in whole["files"]:
        shutil.copyfile(folder / "audit-head.json", draft / "audit-head.json")


def _bring_erasures(draft: Path, lists: list[Path | None]) -> None:
    """One list of all that are found: a line too many is harmless, a line too few brings somebody back."""
    if lists[0] is not None and not lists[0].exists():
        raise Trouble(f"There is no list of erasures at {lists[0]}.")
    lines = [line for path in lists if path and path.exists() for line in path.read_text().splitlines() if line.strip()]
    if lines:
        (draft / LISTS).write_text("\n".join(dict.fromkeys(lines)) + "\n")


def _bring_base(
    draft: Path, folder: Path, whole: dict[str, Any], archive: Path | None, to: datetime | None
) -> None:  # fmt: skip
    server = _server(draft)
    _unpack(folder / "base.tar.gz", server.folder)
    _unpack(folder / "pg_wal.tar.gz", server.folder / "pg_wal")
    (server.folder / "server.log").unlink(missing_ok=True)
    server.own()
    if archive is not None:
        if unread := [path for path in [archive, *sorted(archive.glob("0*"))[-1:]] if not server.may_read(path)]:
            raise Trouble(f"The database's own user may not read {unread[0]}: copy the archive to where it may.")
        (server.folder / "recovery.signal").touch()
        place = str(archive).replace("%", "%%").replace('"', '\\"')
        server.also = {
            "restore_command": f'test -f "{place}/%f.gz" && gzip -dc "{place}/%f.gz" > "%p"',
            "recovery_target_action": "promote",
        }
        if to is not None:
            server.also["recovery_target_time"] = to.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    server.patience = 4 * 3600
    try:
        server.ensure()
        while server.run("psql", *_psql(server), "select pg_is_in_recovery()").strip() == "t":
            time.sleep(0.1)
    except Trouble:
        if any("before configured recovery target was reached" in line for line in server.log()):
            raise Trouble("The archive ends before that moment: choose an earlier one, or leave --to out.") from None
        raise


def _bring_dump(draft: Path, folder: Path) -> None:
    server = _server(draft)
    address = places.database_url()
    if places.uses_embedded_database():
        server.ensure()
        address = f"postgresql:///scrm?host={server.socket}&user=scrm"
    count = "select count(*) from pg_tables where schemaname = 'public'"
    if server.run("psql", "-At", "-d", address, "-c", count).strip() != "0":
        raise Trouble("The database of DATABASE_URL is not empty: give an empty one.")
    server.run(
        "pg_restore", "--dbname", address, "--no-owner", "--no-privileges", "--single-transaction",
        str(folder / "database.dump"),
    )  # fmt: skip


def _unpack(file: Path, folder: Path) -> None:
    with tarfile.open(file, "r:gz") as tar:
        tar.extractall(folder, filter="data")


def _server(draft: Path) -> Postgres:
    return Postgres(draft / f"postgres-{places.POSTGRES_MAJOR}", places.socket_folder(draft) / "pg")


def _psql(server: Postgres) -> list[str]:
    return ["-At", "-h", str(server.socket), "-U", "scrm", "-d", "scrm", "-c"]


# Before it opens


def _prove(draft: Path) -> dict[str, Any]:
    said = _manage(draft, "prove_restored", "--json").stdout.strip().splitlines()
    return json.loads(said[-1])


def _judge(done: Restored) -> None:
    proof = done.proof
    if proof["unknown_migrations"]:
        raise Trouble("This backup was made by a newer version of SCRM: restore it with that one.")
    if proof["sealed"] and not proof["unsealed"]:
        raise Trouble("A sealed phone number cannot be read with these keys: find those of the backup's day.")
    if not proof["audit"]["green"]:
        done.warnings.append("The audit does not match its seals: see “manage.py verify_audit”.")
    if proof["ledger"] is False:
        done.warnings.append("The ledger does not hold: see “manage.py verify_ledger”.")


def _stop(draft: Path) -> None:
    _server(draft).stop()
    Valkey(places.socket_folder(draft) / "valkey" / "valkey.sock").stop()
    shutil.rmtree(places.socket_folder(draft), ignore_errors=True)


def _manage(draft: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of our commands on what is being built, in a process of its own: the settings are of one folder."""
    env = {name: value for name, value in os.environ.items() if name != "SCRM_ARCHIVE"} | {"SCRM_DATA": str(draft)}
    done = subprocess.run(
        [sys.executable, str(places.ROOT / "manage.py"), *arguments], env=env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"What was restored could not be proved: {last}")
    return done


def _move(draft: Path, data: Path) -> None:
    # The database last: until it lies there, the folder is no installation.
    for path in sorted(draft.iterdir(), key=lambda each: each.name.startswith("postgres-")):
        if path.name not in {"up.pid", "up.lock"}:
            path.replace(data / path.name)
