"""The agent's home: the search, and who turned up lately in the agent's stores."""

from django.http import HttpResponse
from django.shortcuts import render

from customers.models import StoreTie
from staff.doors import StaffRequest, door


@door("cases.read")
def index(request: StaffRequest) -> HttpResponse:
    ties = StoreTie.objects.filter(store__in=request.user.store_ids, customer__erased_at=None)
    latest = ties.select_related("customer", "store").order_by("-last_on", "-pk")[:15]
    return render(request, "tickets/inbox/index.html", {"latest": latest})
