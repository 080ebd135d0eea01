"""What is sent to read or watch: the list by scene and month, one piece; and the block on a customer."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys import resource_pages as pages
from journeys import resources
from journeys.models import Content, Reservation
from journeys.resource_forms import MONTHS, ContentForm
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("resource.read")
def index(request: StaffRequest) -> HttpResponse:
    scene, month = request.GET.get("scene", "")[:40].replace("\0", ""), request.GET.get("month", "")[:2]
    context = {
        "page": pages.contents(scene=scene, month=month, cursor=request.GET.get("after")), "scene": scene,
        "month": month, "scenes": pages.scenes(), "months": [one for one, _ in MONTHS],
        "may_change": request.user.may("resource.change"), "now": str(timezone.localdate().month),
    }  # fmt: skip
    return render(request, "journeys/resources/contents.html", context)


@door("resource.change")
def create(request: StaffRequest) -> HttpResponse:
    return _form(request, None)


@door("resource.change")
def edit(request: StaffRequest, content_id: int) -> HttpResponse:
    return _form(request, get_object_or_404(Content.objects.select_related("scene"), pk=content_id))


def _form(request: StaffRequest, content: Content | None) -> HttpResponse:
    posted = request.method == "POST"
    form = (
        ContentForm(request.POST, content=content) if posted else ContentForm.of(content) if content else ContentForm()
    )
    if form.is_bound and form.is_valid():
        resources.put_content(content, by=request.user, **form.said)
        return redirect("journeys:contents")
    context = {"form": form, "content": content}
    return render(request, "journeys/resources/content.html", context, status=422 if form.errors else 200)


@door("customer.read")
def of_customer(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("resource.reserve")
@require_POST
def mark(request: StaffRequest, number: str) -> HttpResponse:
    """Sent, opened, or it helped."""
    customer, said = visible_customer(request, number), request.POST.get("content", "")
    known = said.isascii() and said.isdigit() and len(said) < 16
    content = get_object_or_404(Content, pk=int(said) if known else 0)
    try:
        content.mark(customer, request.POST.get("step", ""), by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _done(request, customer)


@door("resource.reserve")
@require_POST
def release(request: StaffRequest, number: str, reservation_id: int) -> HttpResponse:
    """From the customer's page."""
    customer = visible_customer(request, number)
    rows = Reservation.objects.visible_to(request.user).select_related("customer", "resource")
    row = get_object_or_404(rows, pk=reservation_id, customer=customer)
    try:
        row.release(by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _done(request, customer)


def _done(request: StaffRequest, customer: Customer) -> HttpResponse:
    return _block(request, customer) if request.htmx else redirect("journeys:resources_of", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    context = {"customer": customer, "item": pages.of_customer(customer, request.user), "trouble": trouble}
    part = "_block.html" if request.htmx else "of_customer.html"
    return render(request, f"journeys/resources/{part}", context, status=422 if trouble else 200)
