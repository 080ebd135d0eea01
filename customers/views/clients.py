"""An advisor's own clients: those who have been away longer than their rhythm first."""

from django.db.models import DateField, F, Func, IntegerField, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door

NO_ORDER = -9999
SHORTEST_RHYTHM = 14  # days; a rhythm below says nothing about being away


@door("clients.read")
def index(request: StaffRequest) -> HttpResponse:
    last_on, first_on = F("metrics__last_on"), F("metrics__first_on")
    rhythm = _days(last_on, first_on) / NullIf(F("metrics__days") - 1, 0)
    away = _days(Value(timezone.localdate(), DateField()), last_on)
    clients = (
        Customer.objects.visible_to(request.user)
        .living()
        .filter(advisor=request.user)
        .select_related("metrics", "home_store")
        .annotate(overdue=Coalesce(away - Greatest(rhythm, SHORTEST_RHYTHM), NO_ORDER))
    )
    page = page_of(clients, order=("-overdue", "-id"), cursor=request.GET.get("after"))
    return render(request, "customers/clients/index.html", {"page": page})


def _days(later: F | Value, earlier: F) -> Func:
    """Whole days between two dates; Django's own subtraction would give an interval."""
    return Func(later, earlier, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
