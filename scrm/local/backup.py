"""Backing up a running installation: database, files, list of erasures; the keys only when asked for, and apart."""

import json
import os
import shutil
import tarfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from scrm.kernel import sealed
from scrm.local import manifest, places, postgres
from scrm.local.trouble import Trouble

FILES = ("media", "imports")  # folders beside the data
KEYS = ("master.key", "secret.key")


@dataclass(frozen=True)
class Made:
    """A backup that stands: where, how many bytes, in how many seconds."""

    folder: Path
    bytes: int
    seconds: float
    keys: Path | None = None


def make(into: Path, *, keys: Path | None = None, as_dump: bool = False) -> Made:
    """A new folder named after the moment, complete or not there at all. Raises Trouble."""
    begun, now = time.monotonic(), datetime.now(UTC)
    into = into.resolve()
    if keys is not None:
        keys = keys.resolve()
        if keys == into or into in keys.parents or keys in into.parents:
            raise Trouble("Keep the keys apart: choose a folder that is neither in the backup's nor around it.")
    name = f"scrm-{now:%Y%m%d-%H%M%S}"
    draft, folder = into / f".{name}.part", into / name
    try:
        draft.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Trouble(f"{into} cannot be written: {error.strerror}.") from None
    try:
        said = _written(draft, now, as_dump=as_dump or not places.uses_embedded_database())
        whole = manifest.write(draft, said)
        draft.rename(folder)
    except (Trouble, OSError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise error if isinstance(error, Trouble) else Trouble(f"The backup stopped: {error.strerror}.") from None
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    beside = _write_keys(keys / name) if keys is not None else None
    size = sum(told["bytes"] for told in whole["files"].values())
    done = Made(folder, size, time.monotonic() - begun, beside)
    Path(settings.LAST_BACKUP_FILE).write_text(
        json.dumps({"at": now.timestamp(), "bytes": size, "seconds": round(done.seconds, 1)})
    )
    return done


def _written(draft: Path, now: datetime, *, as_dump: bool) -> dict[str, Any]:
    # The note of the newest seal and the list of erasures first: the database may be newer than both, never older.
    for path in (Path(settings.AUDIT_HEAD_FILE), Path(settings.ERASURES_FILE)):
        if path.exists():
            shutil.copyfile(path, draft / path.name)
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
        cursor.execute("select app, max(name) from django_migrations group by app order by app")
        migrations = dict(cursor.fetchall())
    # No connection of ours stays open over what may take long.
    connection.close()
    if as_dump:
        _dump(draft / "database.dump")
    else:
        _base(draft)
    for name in FILES:
        _pack(Path(settings.DATA) / name, draft / f"{name}.tar.gz")
    return {
        "kind": "dump" if as_dump else "base", "made_at": now.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(), "postgres": version, "database_bytes": size,
        "migrations": migrations, "keys": [sealed.key_id(key).hex() for key in sealed.master_keys()],
    }  # fmt: skip


def _base(draft: Path) -> None:
    server = postgres.embedded()
    server.run(
        "pg_basebackup", "-h", str(server.socket), "-U", "scrm", "-D", str(draft / "base"), "--format=tar",
        "--wal-method=stream", "--checkpoint=fast", "--compress=gzip:1", "--label=scrm",
    )  # fmt: skip
    for path in (draft / "base").iterdir():
        path.rename(draft / path.name)
    (draft / "base").rmdir()


def _dump(file: Path) -> None:
    postgres.embedded().run(
        "pg_dump", "--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges", f"--file={file}",
        f"--dbname={places.database_url()}",
    )  # fmt: skip


def _pack(folder: Path, file: Path) -> None:
    if not folder.exists():
        return
    with tarfile.open(file, "w:gz", compresslevel=1) as tar:
        for path in sorted(folder.rglob("*")):
            try:
                tar.add(path, str(path.relative_to(folder)), recursive=False)
            except FileNotFoundError:
                continue  # removed meanwhile: the house is open


def _write_keys(folder: Path) -> Path:
    folder.mkdir(parents=True, mode=0o700)
    for name, text in (("master.key", sealed.keys_as_text()), ("secret.key", settings.SECRET_KEY)):
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    return folder


# What is kept no longer


def thin(into: Path, *, days: int) -> tuple[int, int]:
    """Remove backups older than so many days, never the newest, and what of the archive only they needed."""
    standing = sorted(path.parent for path in into.resolve().glob(f"scrm-*/{manifest.NAME}"))
    limit = datetime.now(UTC) - timedelta(days=days)
    old = [folder for folder in standing[:-1] if _made_at(folder) < limit]
    for folder in old:
        shutil.rmtree(folder)
    pieces = 0
    firsts = [first for folder in standing if folder not in old and (first := _first_piece(folder))]
    archive = places.archive_folder()
    if archive is not None and firsts:
        for path in archive.glob("[0-9A-F]" * 24 + "*.gz"):
            # Pieces of every timeline count by their place in the log.
            if path.name[8:24] < min(firsts):
                path.unlink()
                pieces += 1
    return len(old), pieces


def _made_at(folder: Path) -> datetime:
    return datetime.fromisoformat(manifest.read(folder)["made_at"])


def _first_piece(folder: Path) -> str | None:
    """The name, without its timeline, of the first piece of the log this backup needs; None for a dump."""
    path = folder / "backup_manifest"
    if not path.exists():
        return None
    high, low = json.loads(path.read_text())["WAL-Ranges"][0]["Start-LSN"].split("/")
    return f"{int(high, 16):08X}{int(low, 16) >> 24:08X}"
