"""A person's own matters: what we hold, given out as a file; and being forgotten."""

import json

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from customers.privacy import erase, held_about
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


class Forget(forms.Form):
    """The member number, typed once more: a click alone forgets nobody."""

    number = forms.CharField(max_length=40, label=gettext_lazy("Member number"))

    def __init__(self, *args: object, customer: Customer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.customer = customer

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if number != self.customer.number:
            raise forms.ValidationError(_("This is not the member number of the customer on this page."))
        return number


@door("customer.forget")
def show(request: StaffRequest, number: str, *, form: Forget | None = None, trouble: str = "") -> HttpResponse:
    customer = visible_customer(request, number)
    joined = Customer.objects.filter(merged_into=customer).order_by("pk")[:50]
    wrong = trouble or (str(next(iter(form.errors.values()))[0]) if form and form.errors else "")
    context = {
        "customer": customer,
        "joined": joined,
        "wrong": wrong,
        "typed": form.data.get("number", "") if form else "",
    }
    return render(request, "customers/privacy/show.html", context, status=422 if wrong else 200)


@door("customer.forget")
@require_POST
def export(request: StaffRequest, number: str) -> HttpResponse:
    """Everything held, as a file for the person; nothing of it is kept here."""
    customer = visible_customer(request, number)
    document = held_about(customer, by=request.user, address=request.META.get("REMOTE_ADDR"))
    text = json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.json"'
    return answer


@door("customer.forget")
@require_POST
def destroy(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = Forget(request.POST, customer=customer)
    if not form.is_valid():
        return show(request, number, form=form)
    try:
        done = erase(customer, by=request.user, address=request.META.get("REMOTE_ADDR"))
    except TransitionRefused as refusal:
        return show(request, number, form=form, trouble=str(refusal))
    return redirect("customers:show", Customer.objects.get(pk=done.customer_id).number)
