"""How an advisor's notes go along when two records turn out to be one person."""

from django.utils.translation import gettext as _

from customers.merging.moves import RePoint
from customers.merging.moves import register as register_moves


def register() -> None:
    register_moves(
        RePoint("journeys.OpenInterest.customer", words=lambda: _("Open interests")),
        RePoint("journeys.HealthWord.customer", came_as=True),
        RePoint("journeys.CareMark.customer", came_as=True),
    )
