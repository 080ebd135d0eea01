"""What is so unusual that the auditor should look: raised once an hour by the deed that goes too far."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from staff.models import AuditEntry, User


def watch_reveals(by: User) -> None:
    """Raise the alarm when this account has seen more full numbers within an hour than is usual."""
    most = settings.REVEALS_AN_HOUR
    lately = AuditEntry.objects.filter(
        who=by, what="customer.revealed", at__gt=timezone.now() - timedelta(hours=1)
    ).values_list("pk")[: most + 1]
    if len(lately) <= most:
        return
    hour = timezone.now().strftime("%Y%m%d%H")
    if AuditEntry.objects.filter(who=by, what="alarm.reveals", object_id=hour).exists():
        return
    try:
        with transaction.atomic():
            AuditEntry.objects.create(
                who=by, what="alarm.reveals", object_kind="hour", object_id=hour, details={"more_than": most}
            )
    except IntegrityError:
        pass  # another deed of the same moment raised it
