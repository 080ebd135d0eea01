"""An advisor's own clients: those who have been away longer than their rhythm first."""

from django.db.models import ExpressionWrapper, F, IntegerField, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door

NO_ORDER = -9999


@door("clients.read")
def index(request: StaffRequest) -> HttpResponse:
    whole_days = ExpressionWrapper(F("metrics__last_on") - F("metrics__first_on"), output_field=IntegerField())
    rhythm = whole_days / NullIf(F("metrics__days") - 1, 0)
    away = ExpressionWrapper(Value(timezone.localdate()) - F("metrics__last_on"), output_field=IntegerField())
    clients = (
        Customer.objects.visible_to(request.user)
        .living()
        .filter(advisor=request.user)
        .select_related("metrics", "home_store")
        .annotate(overdue=Coalesce(away - Greatest(rhythm, 14), NO_ORDER, output_field=IntegerField()))
    )
    page = page_of(clients, order=("-overdue", "-id"), cursor=request.GET.get("after"))
    return render(request, "customers/clients/index.html", {"page": page})
