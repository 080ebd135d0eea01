"""The line in the store: the page of the floor, a number taken, the next one called, and the guest's own page."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.letters import as_letter, gone, language_of
from scrm.kernel.qr import picture_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door, open_door
from staff.models import Store
from touchpoints.models import QueueTicket
from touchpoints.queries import line_of, pace_of


@door("counter.receive")
def index(request: StaffRequest) -> HttpResponse:
    store = request.user.counter_store
    if store is None:
        return render(request, "counter/no_store.html")
    context = {"store": store, "line": line_of(store), "key": uuid.uuid4()}
    part = "_line.html" if request.htmx else "index.html"
    return render(request, f"touchpoints/queue/{part}", context)


@door("counter.receive")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    """A number for who stands here, with the code of its page; for a customer where one is named."""
    store = _store(request)
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None
    number = request.POST.get("number", "")
    customer = visible_customer(request, number) if number else None
    try:
        ticket, token = QueueTicket.take(store, by=request.user, key=key, customer=customer)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("reception:queue")
    if not token:
        messages.warning(request, _("This number was given already: %(number)s.") % {"number": ticket.number})
        return redirect("reception:queue")
    url = request.build_absolute_uri(reverse("reception:my_number", args=[token]))
    context = {"ticket": ticket, "store": store, "url": url, "qr": picture_of(url)}
    return render(request, "touchpoints/queue/taken.html", context)


@door("counter.receive")
@require_POST
def call_next(request: StaffRequest) -> HttpResponse:
    store = _store(request)
    try:
        ticket = QueueTicket.call_next(store, by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Number %(number)s is called.") % {"number": ticket.number})
    return redirect("reception:queue")


@door("counter.receive")
@require_POST
def update(request: StaffRequest, ticket_id: int) -> HttpResponse:
    """Served, or left."""
    ticket = get_object_or_404(QueueTicket.objects.visible_to(request.user), pk=ticket_id)
    deeds: dict[str, Callable[[], object]] = {
        "served": lambda: ticket.serve(by=request.user), "left": lambda: ticket.leave(by=request.user),
    }  # fmt: skip
    if (deed := deeds.get(request.POST.get("state", ""))) is None:
        raise Http404
    try:
        deed()
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("reception:queue")


@csrf_exempt  # the token is the key: no session is used, so none can be ridden on
@open_door
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """The guest's place, counted at this moment; the button leaves the line."""
    ticket = QueueTicket.objects.opening(token).select_related("store", "customer").first()
    if ticket is None:
        return gone(request)
    usual = ticket.customer.locale if ticket.customer else ""
    with translation.override(language_of(request, usual)):
        if request.method == "POST":
            try:
                ticket.leave(by=None)
            except TransitionRefused:
                pass  # it is over: the page says so
            return as_letter(redirect(f"{request.path}?language={translation.get_language()}"))
        waits = ticket.state == QueueTicket.State.WAITING
        ahead = ticket.ahead if waits else 0
        context = {
            "ticket": ticket, "ahead": ahead, "pace": pace_of(ticket.store_id) if waits else None,
            "now": timezone.now(), "language": translation.get_language(),
        }  # fmt: skip
        return as_letter(render(request, "touchpoints/queue/letter.html", context))


def _store(request: StaffRequest) -> Store:
    if (store := request.user.counter_store) is None:
        raise Http404
    return store
