"""What events owe: reactions claimed one by one, done once, tried again with a pause, given up after eight tries."""

import logging
import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Event, Wakeup
from scrm.kernel import logs
from scrm.kernel.registry import reactions

log = logging.getLogger("scrm.wakeups")

TRIES = 8


def sweep(*, at_most: int = 500) -> int:
    """Run what is due, oldest first; how many were taken in hand. Any number of workers may sweep at once."""
    taken = 0
    while taken < at_most and _one():
        taken += 1
    return taken


@transaction.atomic
def _one() -> bool:
    wakeup = (
        Wakeup.objects.select_for_update(skip_locked=True)
        .filter(state=Wakeup.State.WAITING, due_at__lte=timezone.now())
        .order_by("due_at")
        .first()
    )
    if wakeup is None:
        return False
    try:
        # The reaction's effect and the mark that it is done commit together.
        with transaction.atomic():
            reaction = reactions.get(wakeup.reaction)
            if reaction is None:
                raise LookupError(f"Nobody answers to “{wakeup.reaction}”.")
            with logs.about(reaction=wakeup.reaction):
                reaction.act(Event.objects.get(pk=wakeup.event))
    except Exception as error:  # noqa: BLE001 — one poisoned row must not stop the others
        _put_off(wakeup, error)
    else:
        wakeup.state, wakeup.done_at = Wakeup.State.DONE, timezone.now()
        wakeup.save(update_fields=["state", "done_at"])
    return True


def _put_off(wakeup: Wakeup, error: Exception) -> None:
    wakeup.tries += 1
    wakeup.error = f"{type(error).__name__}: {error}"[:2000]
    if wakeup.tries >= TRIES:
        wakeup.state = Wakeup.State.DEAD
        log.error("Gave up %s for event %s.", wakeup.reaction, wakeup.event)
    pause = min(3600, 5 * 2**wakeup.tries) * random.uniform(0.8, 1.2)  # noqa: S311 — jitter, not a secret
    wakeup.due_at = timezone.now() + timedelta(seconds=pause)
    wakeup.save(update_fields=["state", "tries", "error", "due_at"])
