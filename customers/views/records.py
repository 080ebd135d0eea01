"""Record files on the customer's page and at the counter: sizes at a glance, sensitive ones opened by a deed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, RecordFile, RecordKind
from customers.records import records_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def open_file(request: StaffRequest, number: str, code: str) -> HttpResponse:
    """Open a file to read and change it; of a sensitive one the audit takes note."""
    customer = visible_customer(request, number)
    kind = get_object_or_404(RecordKind, code=code, used=True)
    try:
        found = RecordFile.open(customer, kind, by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _block(request, customer, opened=kind, found=found)


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str, code: str) -> HttpResponse:
    """Save a new version."""
    customer = visible_customer(request, number)
    kind = get_object_or_404(RecordKind, code=code, used=True)
    given = {field["key"]: request.POST.get(field["key"], "") for field in kind.fields}
    try:
        RecordFile.write(customer, kind, given, by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, opened=kind, given=given, trouble=str(refusal))
    return _block(request, customer, kept=kind) if request.htmx else redirect("customers:records", customer.number)


def _block(
    request: StaffRequest, customer: Customer, *, opened: RecordKind | None = None, found: RecordFile | None = None,
    given: dict[str, str] | None = None, kept: RecordKind | None = None, trouble: str = "",
) -> HttpResponse:  # fmt: skip
    values = given or (found.in_clear() if found else {})
    context = {
        "customer": customer, "item": records_of(request.user, customer), "trouble": trouble, "opened": opened,
        "found": found, "fields": opened.asked(values) if opened else [], "kept": kept,
    }  # fmt: skip
    part = "_records.html" if request.htmx else "show.html"
    return render(request, f"customers/records/{part}", context, status=422 if trouble else 200)
