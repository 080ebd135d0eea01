"""Cases joined, split, and put back as they were."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.forms import JoinForm, SplitForm
from tickets.models import CaseJoin, Ticket
from tickets.views.cases import page


@door("cases.work")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    """Another case of the customer goes into this one."""
    ticket = visible_ticket(request, number)
    form = JoinForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()))
    other = Ticket.objects.visible_to(request.user).filter(number=form.cleaned_data["other"]).first()
    if other is None:
        return page(request, ticket, trouble=_("Choose which case."))
    try:
        CaseJoin.merge(ticket, other, by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, visible_ticket(request, number)) if request.htmx else redirect("tickets:show", number)


@door("cases.work")
@require_POST
def split(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = SplitForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()))
    chosen = [int(text) for text in request.POST.getlist("entry")[:200] if text.isdecimal() and len(text) < 19]
    try:
        _join, made = CaseJoin.split(ticket, chosen, form.cleaned_data["subject"], by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return redirect("tickets:show", made.number)


@door("cases.work")
@require_POST
def undo(request: StaffRequest, number: int, join_id: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    join = get_object_or_404(CaseJoin, pk=join_id, survivor=ticket)
    try:
        join.undo(by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, visible_ticket(request, number)) if request.htmx else redirect("tickets:show", number)
