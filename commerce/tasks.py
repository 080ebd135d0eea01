"""Work of purchases that is done in the background."""

from celery import shared_task

from commerce import actions, metrics, pairs
from scrm.kernel.wake import wake


@shared_task
def sweep_dirty_metrics() -> int:
    """Compute anew the customers whose orders changed in the last seconds."""
    return metrics.sweep_dirty()


@shared_task
def bring_home_stragglers() -> int:
    """Sales that arrived in the very moment somebody came to hold the number they named."""
    return actions.bring_home_stragglers()


@shared_task
def compute_metrics() -> None:
    """The nightly computation: a day has passed for everybody."""
    metrics.everybody()
    wake("customers.tasks.turn_segments", queue="slow")


@shared_task
def compute_pairs() -> int:
    """What is bought together, and after how long again."""
    return pairs.compute()
