"""Pick up a case at the counter by the six digits the customer shows."""

import re

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from staff.api_key import counted
from staff.doors import StaffRequest, door
from tickets.models import PickupCode

TRIES, WITHIN = 8, 300  # of one person, and three times as many of one store


@door("counter.receive")
def index(request: StaffRequest) -> HttpResponse:
    store = request.user.counter_store
    if store is None:
        return render(request, "counter/no_store.html")
    if request.method != "POST":
        return render(request, "tickets/pickups/index.html", {"store": store})
    tries = counted(f"pickup:{request.user.pk}", WITHIN)
    if tries > TRIES or counted(f"pickup-store:{store.pk}", WITHIN) > 3 * TRIES:
        context = {"store": store, "trouble": _("Too many codes in a row. Wait five minutes.")}
        return render(request, "tickets/pickups/index.html", context, status=429)
    digits = re.sub(r"\D", "", request.POST.get("code", "")[:40])
    address = request.META.get("REMOTE_ADDR")
    ticket = PickupCode.pick_up(digits, by=request.user, store=store, address=address)
    if ticket is None:
        trouble = _("This code does not work. Ask to check it, or get a new one.")
        return render(request, "tickets/pickups/index.html", {"store": store, "trouble": trouble}, status=422)
    return redirect("tickets:show", ticket.number)
