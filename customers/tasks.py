"""Background work of this room: each task makes one call."""

from celery import shared_task

from customers import browse_upkeep, wakeups


@shared_task
def sweep_wakeups() -> None:
    wakeups.sweep()


@shared_task
def tend_browse() -> None:
    browse_upkeep.tend()
