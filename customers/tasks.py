"""Background work of this room: each task makes one call."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from customers import browse_upkeep, tags, wakeups
from customers.merging import gather
from customers.models import Fact
from customers.segments import refreshing


@shared_task
def sweep_wakeups() -> None:
    wakeups.sweep()


@shared_task
def wipe_forgotten() -> int:
    """Words that customers wished forgotten, a minute ago."""
    return Fact.objects.wipe_forgotten()


@shared_task
def tag_who_changed() -> int:
    return tags.tag_who_changed()


@shared_task
def refresh_segments() -> int:
    """Segments owed as a whole, then the customers something happened with."""
    return refreshing.sweep()


@shared_task
def turn_segments() -> int:
    """Every live segment for the new day."""
    return refreshing.turn_the_day()


@shared_task
def check_segments() -> None:
    refreshing.check()


@shared_task
def tend_browse() -> None:
    browse_upkeep.tend()


@shared_task
def gather_strays() -> None:
    gather()


@shared_task
def compare_records() -> None:
    """Lay before people who may be one person; joining by itself is for the command to ask for."""
    from customers.resolution.run import Busy, resolve

    try:
        resolve()
    except Busy:
        return


@shared_task
def run_import(pk: int) -> None:
    """Do one load begun on the pages; a worker that dies leaves it to be gone on with."""
    from customers.loading.engine import Load
    from customers.loading.trouble import Busy, LoadTrouble
    from customers.models import ImportRun

    try:
        Load(ImportRun.objects.get(pk=pk)).go()
    except Busy as trouble:
        # A broker gives a task that lasts long to a second worker: the first one goes on.
        lately = timezone.now() - timedelta(minutes=1)
        others = ImportRun.objects.filter(pk=pk).exclude(rows_done__gt=0, seen_at__gte=lately)
        others.update(state=ImportRun.State.FAILED, trouble=str(trouble))
    except LoadTrouble as trouble:
        ImportRun.objects.filter(pk=pk).update(state=ImportRun.State.FAILED, trouble=str(trouble))
