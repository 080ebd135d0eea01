"""An advisor's own clients: those who have been away longer than their rhythm first."""

from django.http import HttpResponse
from django.shortcuts import render

from customers.models import Customer
from customers.rhythm import with_overdue
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door


@door("clients.read")
def index(request: StaffRequest) -> HttpResponse:
    own = Customer.objects.visible_to(request.user).living().filter(advisor=request.user)
    clients = with_overdue(own.select_related("metrics", "home_store"))
    page = page_of(clients, order=("-overdue", "-id"), cursor=request.GET.get("after"))
    return render(request, "customers/clients/index.html", {"page": page})
