"""Two things that come next week, for who holds the ten thousand first (S7)."""

from datetime import datetime, timedelta

from journeys.models import Release, ServicePackage
from scrm.kernel.words import words
from staff.models import User


def plant(moment: datetime) -> None:
    package = ServicePackage.objects.filter(code="ten-thousand").first()
    if package is None:
        return
    Release.objects.create(
        name=words("下周新货", "下週新貨", "New next week"), products=["R02", "H09"], package=package,
        made_by=User.objects.filter(username="yan.gu").first(), early_at=moment - timedelta(hours=12),
        opens_at=moment + timedelta(hours=60),
    )  # fmt: skip
