"""Trying on at the counter: the pieces at hand, one written down, one taken back."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.fact_names import fact_name
from customers.models import Customer
from customers.panels import facts_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints import fitting_room
from touchpoints.matching import Matches, matches
from touchpoints.models import Trial, Visit
from touchpoints.trial_forms import TrialForm


@door("counter.receive")
def index(request: StaffRequest, number: str) -> HttpResponse:
    """What is at hand to try on, and what was tried in this visit; `?q=` looks for another piece."""
    return _page(request, visible_customer(request, number))


@door("counter.receive")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    visit, form = visit_of(request, customer), TrialForm(request.POST)
    if visit is None:
        raise Http404
    if form.is_valid():
        said = form.cleaned_data
        try:
            fitting_room.log_trial(
                visit, said["piece"], said["result"], by=request.user, key=said["key"], why=said["why"],
                reason=said["reason"], size=said["size"], fitting=said["fitting"],
            )  # fmt: skip
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    if form.errors:
        return _page(request, customer, form=form)
    messages.success(request, _("Try-on written down."))
    return redirect("reception:trials", customer.number)


@door("counter.receive")
@require_POST
def take_back(request: StaffRequest, number: str, trial_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    trials = Trial.objects.filter(visit__customer=customer, visit__store__in=request.user.store_ids)
    trial = get_object_or_404(trials.select_related("visit__customer"), pk=trial_id)
    try:
        fitting_room.take_trial_back(trial, by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("reception:trials", customer.number)


def visit_of(request: StaffRequest, customer: Customer) -> Visit | None:
    """The customer's open visit where the reader stands."""
    store = request.user.counter_store
    if store is None:
        return None
    open_here = Visit.objects.visible_to(request.user).open().filter(customer=customer, store=store)
    return open_here.select_related("customer", "store", "received_by").first()


def _page(request: StaffRequest, customer: Customer, *, form: TrialForm | None = None) -> HttpResponse:
    visit, store, text = visit_of(request, customer), request.user.counter_store, request.GET.get("q", "")
    offered = matches(customer, store, facts_of(request, customer)) if store else Matches(None)
    found = fitting_room.find_pieces(store, text) if store and text else []
    chosen = form.data.get("piece", "") if form else found[0].code if len(found) == 1 else ""
    context = {
        "customer": customer, "visit": visit, "key": uuid.uuid4(), "form": form, "text": text, "found": found,
        "chosen": chosen, "pieces": found or fitting_room.pieces_at_hand(offered), "whys": Trial.Why.choices,
        "parts": [(part, fact_name(part)) for part in fitting_room.PARTS], "me": request.user.pk,
        "tried": list(visit.trials.filter(taken_back_at=None).select_related("product").order_by("-pk")[:20])
        if visit else [],
    }  # fmt: skip
    return render(request, "counter/trials/index.html", context, status=422 if form else 200)
