"""Whom a note of a case may name."""

from django.http import HttpResponse
from django.shortcuts import render

from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.naming import LISTED, offered_for


@door("cases.handle")
def index(request: StaffRequest, number: int) -> HttpResponse:
    """Those who may see the case, by the beginning of a name: a list to choose from, or a page of them."""
    ticket = visible_ticket(request, number)
    begins = request.GET.get("q", "").replace("\0", "")[:60]
    if request.htmx:
        people = offered_for(ticket, begins)
        return render(request, "tickets/cases/_names.html", {"people": people})
    people = offered_for(ticket, begins, most=LISTED)
    return render(request, "tickets/cases/names.html", {"people": people, "ticket": ticket})
