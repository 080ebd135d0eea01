"""Background work of the shop floor."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from touchpoints import actions, booking, file_upkeep, intake, sending, touchmap, webhooks
from touchpoints.models import Channel, WebhookAttempt, WebhookDelivery

log = logging.getLogger("scrm.channels")


@shared_task
def close_visits_left_open() -> None:
    actions.close_visits_left_open()


@shared_task
def work_off_inbox() -> None:
    intake.work_off()


@shared_task
def fetch_channels() -> None:
    """Channels that must be asked: mail, customer service. One that fails does not keep the others."""
    for code in Channel.objects.on().exclude(adapter__in=("sandbox", "web")).values_list("code", flat=True):
        try:
            intake.fetch(code)
        except Exception:
            log.exception("A channel could not be asked.")


@shared_task
def send_messages() -> None:
    sending.relay()


@shared_task
def settle_messages() -> None:
    sending.settle()


@shared_task
def resume_held() -> None:
    sending.resume_held()


@shared_task
def tend_files() -> None:
    file_upkeep.tend()


@shared_task
def send_webhooks() -> None:
    webhooks.relay()


@shared_task
def clear_webhooks() -> None:
    """Attempts and sent messages are kept for thirty days."""
    before = timezone.now() - timedelta(days=30)
    WebhookAttempt.objects.filter(at__lt=before).delete()
    WebhookDelivery.objects.filter(state="sent", done_at__lt=before).delete()


@shared_task
def pass_on_held_places() -> None:
    booking.let_offers_lapse()


@shared_task
def reckon_touchpoints() -> None:
    touchmap.reckon()
