"""A visit: begun at the counter, ended, or taken back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.queries import find
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints import actions
from touchpoints.models import Visit


@door("counter.receive")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    """Receive the customer that this text finds: the same search again, so that nothing else opens a door."""
    store, number = request.user.counter_store, request.POST.get("number", "")
    if store is None:
        raise Http404
    hits = find(request.user, request.POST.get("q") or number).hits
    hit = next((hit for hit in hits if number in ("", hit.customer.number)), None)
    if hit is None:
        messages.warning(request, _("This code does not work. Ask to check it, or search by number."))
        return redirect("counter:home")
    try:
        actions.receive(
            hit.customer, by=request.user, store=store, how=hit.how, address=request.META.get("REMOTE_ADDR")
        )
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("counter:home")
    return redirect("counter:show", hit.customer.number)


@door("counter.receive")
@require_POST
def end(request: StaffRequest, visit_id: int) -> HttpResponse:
    return _finish(request, visit_id, actions.see_off)


@door("counter.receive")
@require_POST
def take_back(request: StaffRequest, visit_id: int) -> HttpResponse:
    return _finish(request, visit_id, actions.take_back)


def _finish(request: StaffRequest, visit_id: int, verb) -> HttpResponse:  # type: ignore[no-untyped-def]
    visits = Visit.objects.filter(store__in=request.user.store_ids).select_related("customer")
    visit = get_object_or_404(visits, pk=visit_id)
    try:
        verb(visit, by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("counter:home")
