"""Tags on the customer's page: seen with their evidence, added in two taps, taken off and put back."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Tag, TagDimension
from customers.tags import tags_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """One of the values on offer, by “dimension:value”."""
    customer = visible_customer(request, number)
    code, _colon, value = request.POST.get("tag", "")[:100].replace("\0", "").partition(":")
    dimensions = TagDimension.objects.filter(used=True, code=code, values__code=value)
    if (dimension := dimensions.first()) is None:
        raise Http404
    return _done(request, customer, lambda: Tag.put(customer, dimension, value, by=request.user))


@door("fact.write")
@require_POST
def update(request: StaffRequest, number: str, tag_id: int) -> HttpResponse:
    """Take it off, or put it back."""
    customer = visible_customer(request, number)
    tag = get_object_or_404(Tag.objects.select_related("customer", "dimension"), pk=tag_id, customer=customer)
    if request.POST.get("state") == "on":
        return _done(request, customer, lambda: tag.put_back(by=request.user))
    return _done(request, customer, lambda: tag.take_off(by=request.user), off=tag)


def _done(
    request: StaffRequest, customer: Customer, deed: Callable[[], object], *, off: Tag | None = None
) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _block(request, customer, off=off) if request.htmx else redirect("customers:tags", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "", off: Tag | None = None) -> HttpResponse:
    context = {"customer": customer, "item": tags_of(request.user, customer), "trouble": trouble, "off": off}
    part = "_tags.html" if request.htmx else "show.html"
    return render(request, f"customers/tags/{part}", context, status=422 if trouble else 200)
