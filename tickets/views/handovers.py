"""A case passed to a store, given back, and the code the customer shows there."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.forms import HandoverForm
from tickets.models import Handover, PickupCode
from tickets.views.cases import page


@door("cases.work")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()))
    try:
        Handover.to_store(ticket, form.cleaned_data["store"], by=request.user, note=form.cleaned_data["note"])
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.handle")
@require_POST
def give_back(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    handover = Handover.objects.filter(ticket=ticket, returned_at=None).first()
    if handover is None or not (request.user.may("cases.work") or handover.store_id in request.user.store_ids):
        raise Http404
    try:
        handover.give_back(by=request.user, result=request.POST.get("result", ""))
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    # Who gave it back may not see it any more: home is where the next one is.
    return redirect("tickets:inbox")


@door("cases.work")
@require_POST
@never_cache
def code(request: StaffRequest, number: int) -> HttpResponse:
    """Six digits to read out to the customer, in this one answer."""
    ticket = visible_ticket(request, number)
    try:
        _row, digits = PickupCode.draw(ticket, by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket, code=digits)
