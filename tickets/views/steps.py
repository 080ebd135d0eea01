"""The steps of a case: done, and back."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.models import CaseStep
from tickets.views.cases import page


@door("cases.handle")
@require_POST
def update(request: StaffRequest, number: int, step_id: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    step = get_object_or_404(CaseStep.objects.select_related("ticket"), pk=step_id, ticket=ticket)
    try:
        if request.POST.get("done") == "0":
            step.untick(by=request.user)
        else:
            step.tick(by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", number)
