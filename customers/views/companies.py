"""Companies: the list, one with its people and joint value, and who is what there."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.circle_forms import CompanyForm, NewPerson
from customers.circles import picture_of
from customers.models import Company, Customer, KeyPerson, OutsideSignal, Part
from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def index(request: StaffRequest, *, form: CompanyForm | None = None) -> HttpResponse:
    rows = Company.objects.visible_to(request.user).select_related("advisor")
    page = page_of(rows, order=("-id",), cursor=request.GET.get("after"))
    wrong = bool(form and form.errors)
    form = form or CompanyForm(user=request.user)
    context = {"page": page, "form": form, "may_change": request.user.may("circle.change")}
    return render(request, "customers/companies/index.html", context, status=422 if wrong else 200)


@door("circle.change")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    form = CompanyForm(request.POST, user=request.user)
    if not form.is_valid():
        return index(request, form=form)
    form.instance.advisor = request.user
    return redirect("customers:company", form.save().pk)


@door("customer.read")
def show(request: StaffRequest, company_id: int, *, form: NewPerson | None = None, trouble: str = "") -> HttpResponse:
    company = company_of(request, company_id)
    wrong = trouble or (str(next(iter(form.errors.values()))[0]) if form and form.errors else "")
    context = {
        "picture": picture_of(request.user, company), "parts": Part.choices, "trouble": wrong,
        "typed": form.data if form else {}, "signals": OutsideSignal.objects.current().filter(company=company)[:20],
        "may_change": request.user.may("circle.change"),
    }  # fmt: skip
    return render(request, "customers/companies/show.html", context, status=422 if wrong else 200)


@door("circle.change")
@require_POST
def add(request: StaffRequest, company_id: int) -> HttpResponse:
    """Name a customer as one of the company's people."""
    company = company_of(request, company_id)
    form = NewPerson(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, company_id, form=form)
    said = form.cleaned_data
    try:
        company.name_person(said["number"], part=said["part"], title=said["title"], by=request.user)
    except TransitionRefused as refusal:
        return show(request, company_id, form=form, trouble=str(refusal))
    return redirect("customers:company", company.pk)


@door("circle.change")
@require_POST
def remove(request: StaffRequest, company_id: int, person_id: int) -> HttpResponse:
    company = company_of(request, company_id)
    seen = Customer.objects.visible_to(request.user).values("pk")
    person = get_object_or_404(KeyPerson, pk=person_id, company=company, customer__in=seen)
    try:
        person.leave(by=request.user)
    except TransitionRefused as refusal:
        return show(request, company_id, trouble=str(refusal))
    return redirect("customers:company", company.pk)


def company_of(request: StaffRequest, company_id: int) -> Company:
    return get_object_or_404(Company.objects.visible_to(request.user).select_related("advisor"), pk=company_id)
