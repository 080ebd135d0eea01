"""Seeing a full number: a deed of its own, logged and counted."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from staff.doors import StaffRequest, door
from staff.models import audit


@door("customer.reveal")
@require_POST
@transaction.atomic
def create(request: StaffRequest, number: str, identity_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    identity = customer.identities.live().select_related("key").filter(pk=identity_id).first()
    if identity is None:
        raise Http404
    audit(
        "customer.revealed", by=request.user, of=customer, address=request.META.get("REMOTE_ADDR"),
        identity=identity.pk,
    )  # fmt: skip
    context = {"customer": customer, "identity": identity, "value": identity.in_clear()}
    part = "_revealed.html" if request.htmx else "_revealed_page.html"
    return render(request, f"customers/panels/{part}", context)
