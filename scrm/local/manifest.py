"""What a backup holds: each file with its size and SHA-256, so that a wrong byte is found first."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from scrm.local.trouble import Trouble

NAME = "manifest.json"
FORMAT = 1


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    """Describe every file of the folder in its manifest; what was written."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.iterdir()) if path.is_file() and path.name != NAME
    }  # fmt: skip
    whole = {"format": FORMAT, **said, "files": files}
    whole["sha256"] = _digest(whole)
    with (folder / NAME).open("w", encoding="utf-8") as file:
        file.write(json.dumps(whole, indent=1, sort_keys=True))
        file.flush()
        os.fsync(file.fileno())
    return whole


def read(folder: Path) -> dict[str, Any]:
    """The manifest as written. Raises Trouble when it is none, or not as written."""
    try:
        whole = json.loads((folder / NAME).read_text(encoding="utf-8"))
        said, digest = {name: value for name, value in whole.items() if name != "sha256"}, whole["sha256"]
    except FileNotFoundError:
        raise Trouble(f"{folder} holds no backup: there is no {NAME} in it.") from None
    except (ValueError, KeyError, AttributeError, OSError):
        raise Trouble(f"The manifest of {folder} cannot be read: this backup is damaged, take another.") from None
    if _digest(said) != digest:
        raise Trouble(f"The manifest of {folder} is not as it was written: this backup is damaged, take another.")
    if whole["format"] != FORMAT:
        raise Trouble(f"{folder} was made by another version (format {whole['format']}): restore it with that one.")
    return whole


def verify(folder: Path, whole: dict[str, Any]) -> None:
    """Raises Trouble naming the first file that is missing or not as it was written."""
    for name, told in whole["files"].items():
        path = folder / name
        if not path.is_file():
            raise Trouble(f"{name} is missing in {folder}: this backup is not whole, take another.")
        if path.stat().st_size != told["bytes"] or sha256_of(path) != told["sha256"]:
            raise Trouble(f"{name} in {folder} is not as it was written: this backup is damaged, take another.")


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
