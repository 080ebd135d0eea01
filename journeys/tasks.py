"""Background work of this room: each task makes one call."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from journeys import maps, outlook, packages, playbooks
from journeys.pilots import figures as pilot_figures
from journeys.pilots import running
from journeys.playbooks import dates, figures, news, walking
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


@shared_task
def advance_playbooks() -> int:
    """What was heard first, then everybody who is due."""
    news.sweep()
    return playbooks.advance()


@shared_task
def playbooks_of_the_day() -> None:
    """Those whose day has come; out go those who were parked for a week and nobody helped."""
    dates.take_in()
    walking.show_out_parked(timezone.now() - timedelta(days=7))


@shared_task
def reckon_playbooks() -> None:
    figures.reckon_all()


@shared_task
def fill_pilots() -> int:
    """Give a roll-out to everybody it is for."""
    return running.fill_open()


@shared_task
def compute_pilots() -> int:
    """The nightly figures of the pilots that run, after the packages; what a lost wake-up left is done first."""
    running.fill_open()
    return pilot_figures.everybody()
