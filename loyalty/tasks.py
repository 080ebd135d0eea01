"""Work on points, levels and drops in the background: each task makes one call."""

from celery import shared_task
from django.utils import timezone

from loyalty import campaigns, drops, levels, liability, proofs, upkeep
from loyalty.models import Programme
from scrm.kernel.refusals import TransitionRefused

EVALUATED = ((3, 1), (9, 1))  # month, day


@shared_task
def confirm_points() -> None:
    upkeep.confirm_everything()


@shared_task
def expire_points() -> None:
    upkeep.expire_everything()


@shared_task
def evaluate_levels() -> None:
    """On the days of evaluation, and where somebody's grace is over."""
    today = timezone.localdate()
    for programme in Programme.objects.filter(levels__rank__gt=0).distinct():
        due = (today.month, today.day) in EVALUATED
        if due or levels.grace_is_over(programme, on=today):
            try:
                levels.evaluate(programme, on=today)
            except TransitionRefused:
                continue


@shared_task
def give_for_the_day() -> None:
    campaigns.birthdays()
    campaigns.win_back()


@shared_task
def tend_drops() -> None:
    drops.tend()


@shared_task
def prove_ledger() -> None:
    proofs.verify()
    for programme in Programme.objects.all():
        liability.compute(programme)
