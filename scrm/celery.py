"""The background worker: it only wakes; the rows are the truth."""

import contextlib
import logging
import os
import time
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

app = Celery("scrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["loyalty"], related_name="coupon_tasks")

HEADER = "scrm_request"
log = logging.getLogger("scrm.tasks")


@signals.setup_logging.connect
def keep_our_logging(**told: Any) -> None:
    """Being listened to is enough: then Celery sets up none of its own."""


@signals.before_task_publish.connect
def carry_request_number(headers: dict[str, Any] | None = None, **told: Any) -> None:
    from scrm.kernel.middleware import request_number

    if headers is not None:
        headers[HEADER] = request_number()


@signals.task_prerun.connect
def begin(task: Any = None, task_id: str = "", **told: Any) -> None:
    from scrm.kernel.logs import about
    from scrm.kernel.middleware import continuing

    stack = contextlib.ExitStack()
    stack.enter_context(continuing(getattr(task.request, HEADER, None) or "-"))
    stack.enter_context(about(task=task.name, task_id=task_id))
    task.request.scrm = (stack, time.perf_counter())


@signals.task_postrun.connect
def end(task: Any = None, state: str = "", **told: Any) -> None:
    stack, begun = getattr(task.request, "scrm", (contextlib.ExitStack(), time.perf_counter()))
    ms = round((time.perf_counter() - begun) * 1000)
    # A sweep that found nothing is no news.
    if state != "SUCCESS" or ms >= 50:
        log.info("%s", state, extra={"ms": ms})
    stack.close()
