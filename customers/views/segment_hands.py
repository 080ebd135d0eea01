"""Why somebody is in a segment or not, keeping one in or out by hand, and the segments of one customer."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, SegmentMember
from customers.segment_forms import HandForm, WhoForm
from customers.segments import pages, verbs
from customers.segments.reasons import explain
from customers.views.segments import one, page
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("segment.read")
@require_POST
def check(request: StaffRequest, code: str) -> HttpResponse:
    """The rule line by line for one customer; a POST, since a number must not stand in an address."""
    segment = one(request, code)
    form = WhoForm(request.POST, user=request.user)
    found = None
    if form.is_valid():
        customer = form.cleaned_data["number"]
        rule = pages.running_rule(segment)
        reason = explain(rule, [customer.pk]).get(customer.pk) if rule else None
        row = SegmentMember.objects.filter(segment=segment, customer=customer).select_related("by").first()
        found = {"customer": customer, "reason": reason, "row": row}
    if request.htmx:
        context = {"segment": segment, "who": form, "check": found}
        return render(request, "segments/_check.html", context, status=422 if form.errors else 200)
    return page(request, segment, who=form, check=found)


@door("segment.manage")
@require_POST
def create(request: StaffRequest, code: str) -> HttpResponse:
    """Pin or block."""
    segment = one(request, code)
    form = HandForm(request.POST, user=request.user)
    if not form.is_valid():
        return page(request, segment, hand=form)
    said = form.cleaned_data
    deed = verbs.pin if said["via"] == SegmentMember.Via.PIN else verbs.block
    try:
        deed(segment, said["number"], by=request.user, why=said["why"], until=said["until"])
    except TransitionRefused as refusal:
        return page(request, segment, trouble=str(refusal), hand=form)
    return redirect("segments:show", code)


@door("segment.manage")
@require_POST
def destroy(request: StaffRequest, code: str, row_id: int) -> HttpResponse:
    """Take a pin or block back."""
    segment = one(request, code)
    seen = Customer.objects.visible_to(request.user).values("pk")
    rows = SegmentMember.objects.filter(segment=segment, customer__in=seen).exclude(via=SegmentMember.Via.RULE)
    row = get_object_or_404(rows.select_related("segment", "customer"), pk=row_id)
    try:
        verbs.let_go(row, by=request.user)
    except TransitionRefused as refusal:
        return page(request, segment, trouble=str(refusal))
    return redirect("segments:show", code)


@door("customer.read")
def of_customer(request: StaffRequest, number: str) -> HttpResponse:
    """The segments of one customer with the reason, for the customer's page."""
    customer = visible_customer(request, number)
    context = {"customer": customer, "rows": pages.of_customer(request.user, customer)}
    part = "_of_customer.html" if request.htmx else "of_customer.html"
    return render(request, f"segments/{part}", context)
