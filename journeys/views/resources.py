"""Resources: the list, one with its week, setting one up, reserving and releasing a place."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Customer
from journeys import resource_pages as pages
from journeys import resources
from journeys.models import HeldPackage, Reservation, Resource
from journeys.resource_forms import NewResourceForm, ReserveForm, ResourceForm
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("resource.read")
def index(request: StaffRequest) -> HttpResponse:
    kind, number = request.GET.get("kind", ""), _number(request.GET.get("for", ""))
    context = {
        "page": pages.listed(request.user, kind=kind, cursor=request.GET.get("after")), "kind": kind, "for": number,
        "kinds": [*Resource.Kind.choices, (pages.RETIRED, _("Out of use"))],
        "may_change": request.user.may("resource.change"),
    }  # fmt: skip
    return render(request, "journeys/resources/index.html", context)


@door("resource.change")
def create(request: StaffRequest) -> HttpResponse:
    form = NewResourceForm(request.POST if request.method == "POST" else None, initial={"capacity": 1})
    if form.is_bound and form.is_valid():
        try:
            made = resources.make(form.cleaned_data["code"], by=request.user, **form.said)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:resource", made.code)
    return render(request, "journeys/resources/edit.html", {"form": form}, status=422 if form.errors else 200)


@door("resource.change")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """Changed, or taken out of the reservations."""
    row = _resource(request, code)
    posted, trouble = request.method == "POST", ""
    form = ResourceForm(request.POST, resource=row) if posted else ResourceForm.of(row)
    if form.is_bound:
        try:
            if request.POST.get("do") == "retire":
                form = ResourceForm.of(row)
                resources.retire(row, by=request.user)
                return redirect("journeys:resources")
            if form.is_valid():
                resources.change(row, by=request.user, **form.said)
                return redirect("journeys:resource", code)
        except TransitionRefused as refusal:
            trouble = str(refusal)
    context = {"form": form, "resource": row, "trouble": trouble, "ahead": pages.ahead(row)}
    return render(request, "journeys/resources/edit.html", context, status=422 if form.errors or trouble else 200)


@door("resource.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _resource(request, code))


@door("resource.reserve")
@require_POST
def reserve(request: StaffRequest, code: str) -> HttpResponse:
    """One place for one stretch; a second click is the same reservation."""
    row, form = _resource(request, code), ReserveForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form=form)
    said, served, held, line = form.cleaned_data, form.serves, None, ""
    customer = _customer(request, said["number"]) if said["number"] else None
    if said["number"] and customer is None:
        form.add_error("number", _("There is no such customer among yours."))
        return _page(request, row, form=form)
    if served is not None:
        own = HeldPackage.objects.standing().select_related("version")
        held, line = get_object_or_404(own, pk=served[0], customer=customer), served[1]
    try:
        start, end = form.span(row)
        row.reserve(start, end, by=request.user, key=said["once"], customer=customer, held=held, line=line,
                    note=said["note"])  # fmt: skip
    except TransitionRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, row, form=form)
    messages.success(request, _("Reserved."))
    return redirect(f"{reverse('journeys:resource', args=[code])}?week={said['day']}")


@door("resource.reserve")
@require_POST
def release(request: StaffRequest, reservation_id: int) -> HttpResponse:
    rows = Reservation.objects.visible_to(request.user).select_related("customer", "resource")
    row = get_object_or_404(rows, pk=reservation_id)
    try:
        row.release(by=request.user)
    except TransitionRefused as refusal:
        return _page(request, row.resource, trouble=str(refusal))
    day = row.starts_at.astimezone(row.resource.zone).date()
    return redirect(f"{reverse('journeys:resource', args=[row.resource.code])}?week={day}")


def _resource(request: StaffRequest, code: str) -> Resource:
    rows = Resource.objects.visible_to(request.user).select_related("store__calendar", "calendar", "owner")
    rows = rows.prefetch_related("calendar__hours", "calendar__days", "store__calendar__hours", "store__calendar__days")
    return get_object_or_404(rows, code=code)


def _number(said: str) -> str:
    return said if said.isalnum() and len(said) <= 40 else ""


def _customer(request: StaffRequest, number: str) -> Customer | None:
    rows = Customer.objects.visible_to(request.user).filter(merged_into=None)
    return rows.filter(number=number).first() if _number(number) else None


def _page(request: StaffRequest, row: Resource, *, form: ReserveForm | None = None, trouble: str = "") -> HttpResponse:
    today = timezone.now().astimezone(row.zone).date()
    asked = form.cleaned_data.get("day") if form is not None and form.is_bound else None
    monday = pages.monday_of(asked.isoformat() if asked else request.GET.get("week", ""), today)
    number = _number(request.GET.get("for", "") or request.POST.get("number", ""))
    may = request.user.may("resource.reserve")
    offered = may and row.retired_at is None
    if form is not None and not offered:
        trouble = next((str(one) for one in form.non_field_errors()), trouble)
    customer = _customer(request, number) if offered and number else None
    form = form or ReserveForm(initial={"day": today.isoformat(), "number": number if customer else "",
                                        "once": uuid4().hex})  # fmt: skip
    benefits = pages.benefits_of(customer) if customer else []
    form.fields["benefit"].widget.choices = [("", "—"), *benefits]  # type: ignore[attr-defined]
    context = {
        "resource": row, "days": pages.week(row, request.user, monday), "week": pages.weeks_around(monday),
        "form": form, "benefits": benefits, "customer": customer, "trouble": trouble, "may_reserve": offered,
        "may_release": may, "today": today, "may_change": request.user.may("resource.change"),
        "ahead": pages.ahead(row) if row.retired_at else None,
    }  # fmt: skip
    return render(request, "journeys/resources/show.html", context, status=422 if trouble or form.errors else 200)
