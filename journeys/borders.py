"""Setting the borders of value: a new row that counts from now on, and everybody computed anew."""

from django.db import transaction

from journeys.models import ValueBorders
from scrm.kernel.wake import wake
from staff.models import User, audit


@transaction.atomic
def set_borders(borders: ValueBorders, *, by: User) -> ValueBorders:
    """Keep them; the grid follows when everybody has been computed by them."""
    kept = ValueBorders.objects.create(
        middle_from=borders.middle_from, high_from=borders.high_from, premium_from=borders.premium_from, set_by=by
    )
    audit(
        "value.borders_set", by=by, of=kept, middle_from=kept.middle_from, high_from=kept.high_from,
        premium_from=kept.premium_from,
    )  # fmt: skip
    wake("journeys.tasks.compute_outlooks", queue="slow")
    return kept
