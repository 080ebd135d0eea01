"""Value and need of one customer: seen with the reasons, the need overruled, and that taken back."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys import outlook
from journeys.forms import NeedForm
from journeys.models import NeedWord
from journeys.panels import outlook_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """A colleague's word on the need, with a reason."""
    customer = visible_customer(request, number)
    form = NeedForm(request.POST)
    if not form.is_valid():
        return _block(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    return _done(request, customer, lambda: outlook.set_need(
        customer, said["need"], by=request.user, why=said["why"]
    ), why=said["why"])  # fmt: skip


@door("fact.write")
@require_POST
def destroy(request: StaffRequest, number: str, word_id: int) -> HttpResponse:
    """A slip taken back."""
    customer = visible_customer(request, number)
    word = get_object_or_404(NeedWord, pk=word_id, customer=customer)
    return _done(request, customer, lambda: outlook.take_back(word, by=request.user))


def _done(request: StaffRequest, customer: Customer, deed: Callable[[], object], *, why: str = "") -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal), why=why)
    return _block(request, customer) if request.htmx else redirect("journeys:outlook", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "", why: str = "") -> HttpResponse:
    context = {"customer": customer, "item": outlook_of(request.user, customer), "trouble": trouble, "typed": why}
    part = "_block.html" if request.htmx else "show.html"
    return render(request, f"journeys/outlook/{part}", context, status=422 if trouble else 200)
