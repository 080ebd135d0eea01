"""Cases that belong together and stay two: linked by number, and taken apart again."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.forms import LinkForm
from tickets.models import CaseLink
from tickets.views.cases import page


@door("cases.work")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = LinkForm(request.POST, user=request.user)
    if not form.is_valid():
        trouble = next(str(errors[0]) for errors in form.errors.values())
        return page(request, ticket, trouble=trouble, link_typed=request.POST.get("other", "")[:12])
    try:
        CaseLink.tie(ticket, form.cleaned_data["other"], by=request.user, kind=form.cleaned_data["kind"])
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal), link_typed=request.POST.get("other", "")[:12])
    return page(request, ticket) if request.htmx else redirect("tickets:show", number)


@door("cases.work")
@require_POST
def destroy(request: StaffRequest, number: int, link_id: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    link = get_object_or_404(CaseLink.objects.of(ticket).select_related("first", "second"), pk=link_id)
    link.untie(by=request.user)
    return page(request, ticket) if request.htmx else redirect("tickets:show", number)
