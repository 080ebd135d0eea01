"""A push says that something changed, never what: the page fetches it through its own view."""

import logging
import time

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger("scrm.nudges")


def nudge(group: str, panel: str) -> None:
    """Tell the group's open pages, after this transaction commits, that `panel` is stale."""
    transaction.on_commit(lambda: _send(group, panel), robust=True)


def _send(group: str, panel: str) -> None:
    try:
        # At most one a second and group: the page asks for the state of that moment anyway. A nudge
        # inside the pause is marked, so that the consumer sends one more at its end.
        first = cache.add(f"nudge:{group}:{panel}", time.time(), timeout=1)
        message = {"type": "nudge", "panel": panel, "late": not first}
        if first or cache.add(f"nudge-late:{group}:{panel}", 1, timeout=1):
            async_to_sync(get_channel_layer().group_send)(group, message)
    except Exception:  # noqa: BLE001 — a page that is not told stays right at its next load
        log.warning("A nudge to %s was not sent.", group.split(".")[0])
