"""Waking a worker: for speed only. The row is the truth, and a sweep finds what a lost wake-up left."""

import logging

from celery import current_app
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger("scrm.wake")


def wake(task: str, *, queue: str | None = None) -> None:
    """Ask for one run of a sweeping task soon after this transaction commits; many askers share one run."""
    transaction.on_commit(lambda: _send(task, queue), robust=True)


def _send(task: str, queue: str | None) -> None:
    try:
        if cache.add(f"wake:{task}", 1, timeout=1):
            # The pause lets a burst gather, and its rows commit.
            current_app.send_task(task, countdown=1.1, queue=queue)
    except Exception:  # noqa: BLE001 — the next sweep does it
        log.warning("No worker could be woken for %s.", task)
