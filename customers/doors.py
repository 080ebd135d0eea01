"""Opening one customer: the same door for every page, panel and verb."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from customers.models import Customer
from staff.doors import StaffRequest


def visible_customer(request: StaffRequest, number: str) -> Customer:
    """The customer of this number if the reader may see it; 404 otherwise, the same as absent."""
    if len(number) > 40 or "\0" in number:
        raise Http404
    rows = Customer.objects.visible_to(request.user).select_related("metrics", "home_store", "advisor")
    return get_object_or_404(rows, number=number)
