"""The worker of the drill: the product's own background work without a pause, killed at any statement."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import Error, connections

log = logging.getLogger("scrm.drill")


def keep_at_it() -> None:
    from customers.wakeups import sweep
    from loyalty import drops, sweeps, upkeep

    chores: list[Callable[[], Any]] = [
        sweep,
        upkeep.confirm_everything,
        upkeep.expire_everything,
        drops.tend,
        sweeps.free_held,
    ]
    while True:
        for chore in chores:
            try:
                chore()
            except Error as error:
                log.warning("%s: %s", chore.__name__, type(error).__name__)
                connections.close_all()
        time.sleep(0.2)
