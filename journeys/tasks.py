"""Background work of this room: each task makes one call."""

from celery import shared_task

from journeys import outlook, packages
from journeys.pilots import figures, running
from scrm.kernel.wake import wake


@shared_task
def compute_outlooks() -> None:
    """The nightly computation of value and need, after the metrics."""
    outlook.everybody()
    wake("customers.tasks.turn_segments", queue="slow")


@shared_task
def assign_packages() -> None:
    """The nightly giving of packages by value and need, after the outlooks."""
    packages.assign()


@shared_task
def sweep_dirty_outlooks() -> int:
    """Compute anew the customers of whom something was heard in the last seconds."""
    return outlook.sweep_dirty()


@shared_task
def fill_pilots() -> int:
    """Give a roll-out to everybody it is for."""
    return running.fill_open()


@shared_task
def compute_pilots() -> int:
    """The nightly figures of the pilots that run, after the packages; what a lost wake-up left is done first."""
    running.fill_open()
    return figures.everybody()
