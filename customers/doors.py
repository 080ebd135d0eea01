"""Opening one customer: the same door for every page, panel and verb."""

from django.http import Http404
from django.urls import reverse

from customers.models import Customer
from scrm.kernel.refusals import MovedTo
from staff.doors import StaffRequest


def visible_customer(request: StaffRequest, number: str) -> Customer:
    """The customer of this number if the reader may see it; 404 otherwise, the same as absent.

    A record that was joined to another leads to that one (MovedTo), to the same page where one only looks.
    """
    if len(number) > 40 or "\0" in number:
        raise Http404
    rows = Customer.objects.visible_to(request.user).select_related("metrics", "home_store", "advisor")
    if (found := rows.filter(number=number).first()) is not None and not found.merged_into_id:
        return found
    holder = rows.filter(pk__in=Customer.objects.filter(number=number).values("merged_into")).first()
    if holder is None:
        raise Http404
    raise MovedTo(_same_page(request, holder))


def _same_page(request: StaffRequest, holder: Customer) -> str:
    where = request.resolver_match
    # A part of a page, or a deed on a row of it: the whole page is what the reader needs now.
    if where is None or request.method != "GET" or request.headers.get("HX-Request") or set(where.kwargs) != {"number"}:
        return reverse("customers:show", args=[holder.number])
    return reverse(where.view_name, kwargs={"number": holder.number})
