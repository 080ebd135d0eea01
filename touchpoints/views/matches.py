"""Pieces proposed at the counter: the block, and what the customer said to one."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from commerce.models import Product
from customers.doors import visible_customer
from customers.models import Customer
from customers.panels import facts_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.matching import matches
from touchpoints.models import MatchAnswer
from touchpoints.trial_forms import MatchAnswerForm
from touchpoints.views.trials import visit_of


@door("counter.receive")
def index(request: StaffRequest, number: str) -> HttpResponse:
    """The block of the counter's page, or a page of its own."""
    return _block(request, visible_customer(request, number))


@door("counter.receive")
@require_POST
def create(request: StaffRequest, number: str, code: str) -> HttpResponse:
    """Liked, or not now: one tap, and it rests for thirty days."""
    customer = visible_customer(request, number)
    visit, form = visit_of(request, customer), MatchAnswerForm(request.POST)
    if visit is None or not form.is_valid():
        raise Http404
    product = get_object_or_404(Product.objects.filter(kind=Product.Kind.GOODS), code=code)
    try:
        MatchAnswer.note(visit, product, form.cleaned_data["said"], by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _block(request, customer) if request.htmx else redirect("counter:show", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    store = request.user.counter_store
    if store is None:
        raise Http404
    context = {
        "customer": customer, "store": store, "visit": visit_of(request, customer), "trouble": trouble,
        "offered": matches(customer, store, facts_of(request, customer)),
    }  # fmt: skip
    part = "_matches.html" if request.htmx else "index.html"
    return render(request, f"counter/matches/{part}", context, status=422 if trouble else 200)
