"""Background work every room shares."""

from celery import shared_task

from scrm.kernel import retention


@shared_task
def retain() -> None:
    retention.retain()
