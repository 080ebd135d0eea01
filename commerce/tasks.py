"""Work of purchases that is done in the background."""

from celery import shared_task

from commerce import metrics


@shared_task
def sweep_dirty_metrics() -> int:
    """Compute anew the customers whose orders changed in the last seconds."""
    return metrics.sweep_dirty()


@shared_task
def compute_metrics() -> None:
    """The nightly computation: a day has passed for everybody."""
    metrics.everybody()
