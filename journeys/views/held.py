"""The packages of one customer: seen, given, ended, a benefit used and the slip undone."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys import packages
from journeys.models import EntitlementUse, HeldPackage, ServicePackage
from journeys.package_forms import GiveForm
from journeys.packages.pages import held_by
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("package.give")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """Given by hand, with a reason."""
    customer = visible_customer(request, number)
    form = GiveForm(request.POST)
    if not form.is_valid():
        return _block(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    package = get_object_or_404(ServicePackage, code=said["code"])
    return _done(request, customer, lambda: packages.give(
        customer, package, by=request.user, why=said["why"], until=said["until"]))  # fmt: skip


@door("package.give")
@require_POST
def destroy(request: StaffRequest, number: str, held_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    return _done(request, customer, lambda: packages.end(_held(customer, held_id), by=request.user))


@door("fact.write")
@require_POST
def use(request: StaffRequest, number: str, held_id: int) -> HttpResponse:
    """One benefit once; the form's own key makes a second click the same use."""
    customer = visible_customer(request, number)
    held, key = _held(customer, held_id), request.POST.get("once", "")
    if not (key.isascii() and key.isalnum() and len(key) <= 64):
        return HttpResponse(status=400)
    line = request.POST.get("line", "")[:12]
    return _done(request, customer, lambda: EntitlementUse.use(
        held, line, by=request.user, key=key, note=request.POST.get("note", "").replace("\0", "")))  # fmt: skip


@door("fact.write")
@require_POST
def take_back(request: StaffRequest, number: str, use_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    rows = EntitlementUse.objects.select_related("held__customer", "held__package")
    used = get_object_or_404(rows, pk=use_id, held__customer=customer)
    return _done(request, customer, lambda: used.take_back(by=request.user))


def _held(customer: Customer, held_id: int) -> HeldPackage:
    rows = HeldPackage.objects.select_related("customer", "package")
    return get_object_or_404(rows, pk=held_id, customer=customer)


def _done(request: StaffRequest, customer: Customer, deed: Callable[[], object]) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _block(request, customer) if request.htmx else redirect("journeys:packages_of", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    context = {"customer": customer, "item": held_by(customer, request.user), "trouble": trouble}
    part = "_block.html" if request.htmx else "of_customer.html"
    return render(request, f"journeys/packages/{part}", context, status=422 if trouble else 200)
