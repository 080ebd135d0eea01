"""Opening one case: the same door for every page and verb."""

from django.http import Http404
from django.urls import reverse

from scrm.kernel.refusals import MovedTo
from staff.doors import StaffRequest
from tickets.models import Ticket


def visible_ticket(request: StaffRequest, number: int) -> Ticket:
    """The case of this number if the reader may see it; 404 otherwise, the same as absent.

    A case that was joined to another leads to that one (MovedTo).
    """
    rows = Ticket.objects.visible_to(request.user).select_related(
        "customer", "topic", "guess", "status", "owner", "handler", "store"
    )
    ticket = rows.filter(number=number).first() if number < 2**31 else None
    if ticket is None:
        raise Http404
    if ticket.merged_into is not None:  # read only for a case that was joined
        raise MovedTo(reverse("tickets:show", args=[ticket.merged_into.number]))
    return ticket
