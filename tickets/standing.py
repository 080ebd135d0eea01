"""What a case's priority is worked out from, read where it stands."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from loyalty.models import LevelMembership
from tickets.models.promise import ServiceTerms
from tickets.models.ticket import Ticket

BEFORE = timedelta(days=30)


def standing(ticket: Ticket) -> dict[str, Any]:
    """Rank of the level held now, points ahead by a service package, cases of the last 30 days before this one."""
    now = timezone.now()
    held = LevelMembership.objects.filter(customer=ticket.customer_id, ended_on=None).order_by("-rank")
    terms = ServiceTerms.objects.filter(customer=ticket.customer_id, term="boost", starts_at__lte=now)
    boost = terms.filter(Q(ends_at=None) | Q(ends_at__gt=now)).aggregate(points=Sum("value"))["points"]
    before = Ticket.objects.filter(
        customer=ticket.customer_id, opened_at__gte=ticket.opened_at - BEFORE, opened_at__lt=ticket.opened_at
    )
    return {
        "rank": held.values_list("rank", flat=True).first() or 0,
        "boost": boost or 0,
        "again": before.exclude(pk=ticket.pk).count() + ticket.reopened,
    }
