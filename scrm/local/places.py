"""Where this installation keeps its data and its sockets: worked out, never started here."""

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
POSTGRES_MAJOR = "18"


def data_folder() -> Path:
    return Path(os.environ.get("SCRM_DATA") or ROOT / "var").resolve()


def socket_folder(data: Path | None = None) -> Path:
    # A Unix socket's path holds at most 107 bytes, so it cannot live beside the data.
    digest = hashlib.sha256(str(data or data_folder()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"scrm-{digest}"


def postgres_folder() -> Path:
    return data_folder() / f"postgres-{POSTGRES_MAJOR}"


def postgres_socket() -> Path:
    return socket_folder() / "pg"


def valkey_socket() -> Path:
    return socket_folder() / "valkey" / "valkey.sock"


def archive_folder() -> Path | None:
    """Where the embedded server lays its log for a restore to a moment; without SCRM_ARCHIVE nowhere."""
    given = os.environ.get("SCRM_ARCHIVE")
    return Path(given).resolve() if given else None


def database_url() -> str:
    """The address of the private server, in the same words an outside one is given."""
    return os.environ.get("DATABASE_URL") or f"postgresql:///scrm?host={postgres_socket()}&user=scrm"


def redis_url() -> str:
    return os.environ.get("REDIS_URL") or f"unix://{valkey_socket()}"


def uses_embedded_database() -> bool:
    return not os.environ.get("DATABASE_URL")


def uses_embedded_valkey() -> bool:
    return not os.environ.get("REDIS_URL")
