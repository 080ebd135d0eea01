"""The customer's own page of a case: where it stands, what we promised, and the code for the counter."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.letters import as_letter, gone, language_of
from customers.models import CustomerLink
from scrm.kernel.refusals import TransitionRefused
from staff.api_key import counted
from staff.doors import StaffRequest, door, open_door
from tickets.doors import visible_ticket
from tickets.models import Entry, PickupCode, PromiseClock, Ticket
from tickets.views.cases import page

LIVES = timedelta(days=30)


@csrf_exempt  # the token is the key: no session is used, so none can be ridden on
@open_door
def mine(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """A look shows; the button draws a code for the counter."""
    link = CustomerLink.objects.opening(token, purpose="case").select_related("customer").first()
    ticket = None
    if link is not None and number < 2**31:
        ticket = Ticket.objects.filter(customer=link.customer_id, number=number).select_related("merged_into").first()
    if link is None or ticket is None:
        return gone(request)
    ticket = ticket.merged_into or ticket
    language = language_of(request, link.customer.locale)
    with translation.override(language):
        context = {"ticket": ticket, "customer": link.customer, "language": language, "code": "", "trouble": ""}
        status = 200
        if request.method == "POST":
            if counted(f"case-code:{link.pk}", 3600) > 10:
                return as_letter(HttpResponse(status=429))
            try:
                _row, context["code"] = PickupCode.draw(ticket)
            except TransitionRefused as refusal:
                context["trouble"], status = str(refusal), 422
        said = Entry.objects.filter(ticket=ticket).exclude(direction="", on_behalf=False).exclude(machine=True)
        clocks = PromiseClock.objects.filter(ticket=ticket, dropped_at=None, met_at=None, paused_at=None)
        context |= {
            "lines": list(said.order_by("-at", "-pk")[:20])[::-1],
            "clocks": list(clocks.filter(due_at__gt=timezone.now()).order_by("due_at")[:3]),
            "with_store": ticket.handovers.filter(returned_at=None).select_related("store").first(),
        }  # fmt: skip
        return as_letter(render(request, "tickets/progress/mine.html", context, status=status))


@door("cases.handle")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    """A link for the customer, shown in this one answer."""
    ticket = visible_ticket(request, number)
    if ticket.customer.erased_at:
        raise Http404
    _link, token = CustomerLink.make(
        ticket.customer, purpose="case", until=timezone.now() + LIVES, by=request.user
    )  # fmt: skip
    return page(request, ticket, link_token=token)
