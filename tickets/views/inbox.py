"""The inbox: views beside a queue by priority, safety first; a search; several cases at once."""

import re

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from customers.timeline import CHANNELS
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.bulk import act_on
from tickets.forms import LATER, hands_of
from tickets.models import State, Ticket, Topic
from tickets.queries import FILTERS, VIEWS, Inbox, inbox_of


@door("cases.read")
def index(request: StaffRequest) -> HttpResponse:
    view = request.GET.get("view", "")
    if view not in VIEWS:
        view = "mine" if request.user.may("cases.work") else "all"
    given = {name: request.GET.get(name, "") for name in FILTERS}
    asked = {name: value for name, value in given.items() if re.fullmatch(r"[\w-]{1,40}", value, re.ASCII)}
    found = inbox_of(request.user, view=view, asked=asked, cursor=request.GET.get("after"))
    return _page(request, found)


@door("cases.read")
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """Text may be personal: it never stands in an address."""
    text = request.POST.get("text", "").replace("\0", "").strip()[:100]
    if not text:
        return redirect("tickets:inbox")
    found = inbox_of(request.user, view="all", asked={}, cursor=request.POST.get("after"), search=text)
    return _page(request, found, text=text)


@door("cases.read")
def fresh(request: StaffRequest) -> HttpResponse:
    """How many cases moved since the page was shown, fifty at most: the rows under the finger stay where they are."""
    moment = parse_datetime(request.GET.get("since", "")[:40]) if request.GET.get("since") else None
    if moment is None or timezone.is_naive(moment):
        return HttpResponse(status=204)
    mine = Q(owner=request.user) | Q(owner=None) | Q(handler=request.user)
    moved = Ticket.objects.visible_to(request.user).live().filter(mine, last_at__gt=moment).order_by()
    return render(request, "tickets/inbox/_fresh.html", {"fresh": len(moved.values_list("pk", flat=True)[:50])})


@door("cases.work")
@require_POST
def bulk(request: StaffRequest) -> HttpResponse:
    """One deed on several cases; what could not be done is named with its reason."""
    numbers = [int(text) for text in request.POST.getlist("case")[:100] if text.isdecimal() and len(text) < 10]
    try:
        result = act_on(request.user, numbers, deed=request.POST.get("deed", ""), to=request.POST.get("to", ""))
    except TransitionRefused as refusal:
        return render(request, "tickets/inbox/bulk.html", {"trouble": str(refusal)}, status=422)
    return render(request, "tickets/inbox/bulk.html", {"result": result})


def _page(request: StaffRequest, found: Inbox, *, text: str = "") -> HttpResponse:
    may_work = request.user.may("cases.work")
    context = {
        "inbox": found, "views": VIEWS.items(), "text": text, "may_work": may_work, "later": LATER.items(),
        "topics": list(Topic.objects.filter(used=True)), "channels": CHANNELS.items(),
        "states": [State.NEW, State.OPEN, State.WAITING, State.HELD],
        "since": timezone.now().isoformat(), "hands": list(hands_of(request.user)[:40]) if may_work else [],
    }  # fmt: skip
    return render(request, f"tickets/inbox/{'_queue' if request.htmx else 'index'}.html", context)
