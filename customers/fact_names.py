"""What the kinds of facts are called: read once a minute per process, as the names of stores are."""

import time

from customers.models import FactKey

_kept: tuple[float, dict[str, FactKey]] = (0.0, {})


def fact_keys() -> dict[str, FactKey]:
    """Every kind by its code, in the order in which they are offered."""
    global _kept
    at, kinds = _kept
    if not at or time.monotonic() - at > 60:
        kinds = {kind.code: kind for kind in FactKey.objects.all()}
        _kept = (time.monotonic(), kinds)
    return kinds


def fact_name(key: str) -> str:
    """A kind of this brand in the reader's language; any other word as it was written."""
    kind = fact_keys().get(key)
    return str(kind) if kind else key


def forget() -> None:
    """Read afresh at the next use (after a change of set-up, and in tests)."""
    global _kept
    _kept = (0.0, {})
