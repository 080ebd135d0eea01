"""Background work of coupons: each task makes one call."""

from celery import shared_task

from loyalty import bulk_issuing, sweeps


@shared_task
def free_coupons() -> None:
    sweeps.free_held()


@shared_task
def end_coupons() -> None:
    sweeps.mark_over()


@shared_task
def go_on_with_bulk() -> None:
    bulk_issuing.go_on()
