"""How often customers had to tell us what we knew."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from customers.models import FactHearing

How = FactHearing.How


@dataclass(frozen=True)
class AskedTwice:
    """Of the times a known thing came up, in how many the customer had to say it again."""

    again: int
    offered: int
    told: int  # for the first time

    @property
    def known(self) -> int:
        return self.again + self.offered

    @property
    def rate(self) -> float | None:
        """0 to 1; None when nothing known came up."""
        return self.again / self.known if self.known else None


def asked_twice(*, stores: list[int] | None, days: int) -> AskedTwice:
    """Over the last days, in these stores (None: everywhere); what was written by mistake does not count."""
    heard = FactHearing.objects.filter(at__gte=timezone.now() - timedelta(days=days), fact__taken_back_at=None)
    if stores is not None:
        heard = heard.filter(store__in=stores)
    found = heard.aggregate(
        again=Count("pk", filter=Q(how=How.AGAIN)), told=Count("pk", filter=Q(how=How.TOLD)),
        offered=Count("pk", filter=Q(how__in=[How.CONFIRMED, How.CHANGED, How.UNSURE])),
    )  # fmt: skip
    return AskedTwice(**found)
