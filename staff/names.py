"""Names of stores and colleagues for long lists: read once a minute per process, not once per row."""

import time
from collections.abc import Callable
from typing import Any

from scrm.kernel.words import Words
from staff.models import Store, User

_kept: dict[str, tuple[float, dict[int, Words]]] = {}


def store_name(pk: int | None) -> str:
    return str(_names("store", _stores).get(pk or 0, ""))


def staff_name(pk: int | None) -> str:
    return str(_names("staff", _staff).get(pk or 0, ""))


def forget() -> None:
    """Read afresh at the next use (after a change of set-up, and in tests)."""
    _kept.clear()


def _names(what: str, read: Callable[[], dict[int, Any]]) -> dict[int, Words]:
    at, names = _kept.get(what, (0.0, {}))
    if time.monotonic() - at > 60:
        names = read()
        _kept[what] = (time.monotonic(), names)
    return names


def _stores() -> dict[int, Words]:
    return dict(Store.objects.values_list("pk", "name"))


def _staff() -> dict[int, Words]:
    rows = User.objects.values_list("pk", "full_name", "username")
    return {pk: name or Words({"en": username}) for pk, name, username in rows}
