"""How far the demo has come: one small file that the first-start page and the terminal read."""

import json
import os
import time
from pathlib import Path
from typing import Any

from scrm.local.places import data_folder

WAITING = {"state": "waiting", "done": 0, "total": 0, "percent": 0, "step": "waiting"}


def path() -> Path:
    return data_folder() / "demo-progress.json"


def write(
    done: int, total: int, words_code: str, *, state: str = "running", percent: int | None = None
) -> dict[str, Any]:
    """Note that `done` of `total` is there and which step runs (a code the page has words for)."""
    if percent is None:
        percent = min(99, done * 100 // total) if total else 0
    now = {
        "state": state,
        "done": done,
        "total": total,
        "percent": percent,
        "step": words_code,
        "at": round(time.time(), 1),
    }
    path().parent.mkdir(parents=True, exist_ok=True)
    draft = path().with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(now))
    draft.replace(path())
    return now


def read() -> dict[str, Any]:
    """The last note; “waiting” before the first one."""
    try:
        return {**WAITING, **json.loads(path().read_text())}
    except (OSError, ValueError):
        return dict(WAITING)
