"""Background work of the door."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from scrm.kernel.models import IdempotencyRecord
from staff import audit_seal
from staff.models import ApiCall, StaffSession, User

KEPT = timedelta(days=30)


@shared_task
def clear_sessions() -> None:
    StaffSession.objects.filter(expire_date__lt=timezone.now()).delete()


@shared_task
def seal_audit() -> None:
    audit_seal.seal()


@shared_task
def prove_audit(asked_by: int | None = None) -> None:
    audit_seal.check(by=User.objects.filter(pk=asked_by or 0).first())


@shared_task
def clear_api_records() -> None:
    """Calls and commands' answers are kept for thirty days, and published as such."""
    before = timezone.now() - KEPT
    ApiCall.objects.filter(at__lt=before).delete()
    IdempotencyRecord.objects.filter(created_at__lt=before).delete()
