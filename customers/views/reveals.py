"""Seeing a full number: a deed of its own, logged and counted."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from staff.doors import StaffRequest, door


@door("customer.reveal")
@require_POST
def create(request: StaffRequest, number: str, identity_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    identity = customer.identities.live().select_related("key").filter(pk=identity_id).first()
    if identity is None:
        raise Http404
    value = identity.reveal(by=request.user, address=request.META.get("REMOTE_ADDR"))
    context = {"customer": customer, "identity": identity, "value": value}
    part = "_revealed.html" if request.htmx else "_revealed_page.html"
    return render(request, f"customers/panels/{part}", context)
