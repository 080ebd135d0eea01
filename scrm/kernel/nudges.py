"""A push says that something changed, never what: the page fetches it through its own view."""

import logging
import time
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

PAUSE = 5.0  # seconds without a try after one failed: no commit waits for what is down
_silent_until = 0.0
log = logging.getLogger("scrm.nudges")


def nudge(group: str, panel: str) -> None:
    """Tell the group's open pages, after this transaction commits, that `panel` is stale."""
    transaction.on_commit(lambda: _send(group, panel), robust=True)


def _send(group: str, panel: str) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        # At most one a second and group: the page asks for the state of that moment anyway. A nudge
        # inside the pause is marked, so that the consumer sends one more at its end.
        first = _valkey().set(f"nudge:{group}:{panel}", 1, nx=True, ex=1)
        if first or _valkey().set(f"nudge-late:{group}:{panel}", 1, nx=True, ex=1):
            _publish(group, {"type": "nudge", "panel": panel, "late": not first})
    except Exception:  # noqa: BLE001 — a page that is not told stays right at its next load
        _silent_until = time.monotonic() + PAUSE
        log.warning("A nudge to %s was not sent.", group.split(".")[0])


def _publish(group: str, message: dict[str, Any]) -> None:
    """As the channel layer does it, over the connection at hand: its own way opens a loop and a connection each time,
    which costs a posting of points a third of its time."""
    layer: Any = get_channel_layer()
    if not hasattr(layer, "serialize"):
        async_to_sync(layer.group_send)(group, message)
        return
    _valkey().publish(f"asgi__group__{group}", layer.serialize(message))


@cache
def _valkey() -> Any:
    import redis

    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
