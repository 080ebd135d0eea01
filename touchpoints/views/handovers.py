"""A customer passed on from one associate to another within a visit."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.models import Visit
from touchpoints.queries import open_visits
from touchpoints.trial_forms import HandoverForm, floor_of


@door("counter.receive")
def create(request: StaffRequest, visit_id: int) -> HttpResponse:
    """To whom, and what was said; looking changes nothing."""
    visits = Visit.objects.visible_to(request.user).select_related("customer", "store", "received_by")
    visit = get_object_or_404(visits, pk=visit_id)
    form = HandoverForm(request.POST, store=visit.store) if request.method == "POST" else None
    if form is not None and form.is_valid():
        said = form.cleaned_data
        try:
            visit.hand_over_to(said["colleague"], by=request.user, held_by=said["held_by"], note=said["note"])
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    if form is not None and not form.errors:
        messages.success(request, _("Handed over to %(name)s.") % {"name": form.cleaned_data["colleague"]})
        return redirect("counter:home")
    context = {
        "visit": visit, "customer": visit.customer, "form": form,
        "colleagues": list(floor_of(visit.store).exclude(pk=visit.received_by_id)[:40]),
    }  # fmt: skip
    return render(request, "counter/handovers/new.html", context, status=422 if form else 200)


@door("counter.receive")
def serving(request: StaffRequest) -> HttpResponse:
    """The list of who is served now, asked for again when somebody hands over."""
    store = request.user.counter_store
    if store is None:
        return redirect("counter:home")
    context = {"store": store, "visits": open_visits(store, first=request.user)}
    return render(request, "counter/_serving.html", context)
