"""What somebody holds, as the counter, the customer and a machine are shown it."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Q, Sum
from django.utils import timezone

from loyalty.models import PointsAccount, PointsLot


def ending_of(account: PointsAccount, *, at: datetime | None = None) -> list[tuple[datetime | None, int]]:
    """Usable points by the moment they end, soonest first; those that never end last."""
    at = at or timezone.now()
    open_lots = PointsLot.objects.filter(
        account=account, state=PointsLot.State.OPEN, remaining__gt=0, counts_at__lte=at
    )
    rows = (
        open_lots.filter(Q(ends_at=None) | Q(ends_at__gt=at)).values_list("ends_at").annotate(points=Sum("remaining"))
    )
    sums: dict[datetime | None, int] = defaultdict(int)
    for ends, points in rows:
        sums[ends] += points
    return sorted(sums.items(), key=lambda one: (one[0] is None, one[0] or at))
