"""Background work of this room: each task makes one call."""

from celery import shared_task

from journeys import maps, outlook, packages
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
def reckon_maps() -> None:
    """The nightly counting of the numbers on journey maps."""
    maps.reckon()


@shared_task
def count_open_cases() -> None:
    """The open cases of each topic, for the maps."""
    maps.reckon(everything=False)


@shared_task
def sweep_dirty_outlooks() -> int:
    """Compute anew the customers of whom something was heard in the last seconds."""
    return outlook.sweep_dirty()
