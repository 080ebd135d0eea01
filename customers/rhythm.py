"""How far beyond their own rhythm customers have been away."""

from typing import Any

from django.db.models import DateField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.utils import timezone

NO_ORDER = -9999
SHORTEST_RHYTHM = 14  # days; a rhythm below says nothing about being away


def with_overdue(customers: QuerySet[Any]) -> QuerySet[Any]:
    """`overdue`: days away beyond the mean gap between purchases, negative before; NO_ORDER with none or a single."""
    last_on, first_on = F("metrics__last_on"), F("metrics__first_on")
    rhythm = _days(last_on, first_on) / NullIf(F("metrics__days") - 1, 0)
    away = _days(Value(timezone.localdate(), DateField()), last_on)
    return customers.annotate(overdue=Coalesce(away - Greatest(rhythm, SHORTEST_RHYTHM), NO_ORDER))


def _days(later: F | Value, earlier: F) -> Func:
    """Whole days between two dates; Django's own subtraction would give an interval."""
    return Func(later, earlier, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
