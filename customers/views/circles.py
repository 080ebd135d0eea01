"""A customer's circle: the households and companies they belong to."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.circle_forms import NewHousehold, NewMember
from customers.circles import companies_of, households_of
from customers.doors import visible_customer
from customers.models import Customer, Household, HouseholdMember, Part
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str, *, trouble: str = "") -> HttpResponse:
    """The circle as a block of the customer page, or as a page of its own."""
    customer = visible_customer(request, number)
    context = {
        "customer": customer, "households": households_of(request.user, customer),
        "companies": companies_of(request.user, customer), "parts": Part.choices, "trouble": trouble,
        "may_change": request.user.may("circle.change"),
    }  # fmt: skip
    part = "_circle.html" if request.htmx else "show.html"
    return render(request, f"customers/circles/{part}", context, status=422 if trouble else 200)


@door("circle.change")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """Begin a household with this customer."""
    customer = visible_customer(request, number)
    form = NewHousehold(request.POST)
    if not form.is_valid():
        return show(request, number, trouble=str(next(iter(form.errors.values()))[0]))
    try:
        _begin(customer, request, form)
    except TransitionRefused as refusal:
        return show(request, number, trouble=str(refusal))
    return _back(request, customer)


@door("circle.change")
@require_POST
def add(request: StaffRequest, number: str, household_id: int) -> HttpResponse:
    """Take another customer into a household of this one."""
    customer = visible_customer(request, number)
    mine = Household.objects.visible_to(request.user).filter(members__customer=customer, members__until=None)
    household = get_object_or_404(mine, pk=household_id)
    form = NewMember(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, number, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    try:
        household.take_in(said["number"], part=said["part"], relation=said["relation"], by=request.user)
    except TransitionRefused as refusal:
        return show(request, number, trouble=str(refusal))
    return _back(request, customer)


@door("circle.change")
@require_POST
def remove(request: StaffRequest, number: str, member_id: int) -> HttpResponse:
    """End a membership in a household of this customer."""
    customer = visible_customer(request, number)
    mine = HouseholdMember.objects.filter(customer=customer, until=None).values("household")
    seen = Customer.objects.visible_to(request.user).values("pk")
    member = HouseholdMember.objects.filter(pk=member_id, household__in=mine, customer__in=seen).first()
    if member is None:
        raise Http404
    try:
        member.leave(by=request.user)
    except TransitionRefused as refusal:
        return show(request, number, trouble=str(refusal))
    return _back(request, customer)


@transaction.atomic
def _begin(customer: Customer, request: StaffRequest, form: NewHousehold) -> None:
    household = Household(name=form.cleaned_data["name"])
    household.save()
    household.take_in(customer, part=form.cleaned_data["part"], by=request.user)


def _back(request: StaffRequest, customer: Customer) -> HttpResponse:
    return show(request, customer.number) if request.htmx else redirect("customers:circle", customer.number)
