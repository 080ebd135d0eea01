"""Background work of this room: each task makes one call."""

from celery import shared_task

from customers import browse_upkeep, wakeups


@shared_task
def sweep_wakeups() -> None:
    wakeups.sweep()


@shared_task
def tend_browse() -> None:
    browse_upkeep.tend()


@shared_task
def run_import(pk: int) -> None:
    """Do one load begun on the pages; a worker that dies leaves it to be gone on with."""
    from customers.loading.engine import Load
    from customers.loading.trouble import LoadTrouble
    from customers.models import ImportRun

    try:
        Load(ImportRun.objects.get(pk=pk)).go()
    except LoadTrouble as trouble:
        ImportRun.objects.filter(pk=pk).update(state=ImportRun.State.FAILED, trouble=str(trouble))
