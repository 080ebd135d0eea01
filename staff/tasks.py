"""Background work of the door."""

from celery import shared_task
from django.utils import timezone

from staff import audit_seal
from staff.models import StaffSession


@shared_task
def clear_sessions() -> None:
    StaffSession.objects.filter(expire_date__lt=timezone.now()).delete()


@shared_task
def seal_audit() -> None:
    audit_seal.seal()
