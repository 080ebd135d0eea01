"""Background work of the shop floor."""

from celery import shared_task

from touchpoints import actions


@shared_task
def close_visits_left_open() -> None:
    actions.close_visits_left_open()
