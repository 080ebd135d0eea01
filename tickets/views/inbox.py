"""The agent's home: the search, and who turned up lately in the agent's stores."""

from django.http import HttpResponse
from django.shortcuts import render

from customers.models import StoreTie
from staff.doors import StaffRequest, door


@door("cases.read")
def index(request: StaffRequest) -> HttpResponse:
    # A tie to one's own store is what makes a customer visible, so this is the scope itself, newest first.
    ties = StoreTie.objects.filter(store__in=request.user.store_ids)
    ties = ties.filter(customer__erased_at=None, customer__merged_into=None)
    latest = ties.select_related("customer", "store").order_by("-last_on", "-pk")[:15]
    return render(request, "tickets/inbox/index.html", {"latest": latest})
