"""What could not be taken in, and the button that tries it again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.models import Inbox


@door("channel.manage")
def index(request: StaffRequest) -> HttpResponse:
    """What could not be taken in, newest first."""
    page = page_of(Inbox.objects.dead(), order=["-pk"], cursor=request.GET.get("after"), size=25)
    return render(request, "touchpoints/channels/arrivals.html", {"page": page})


@door("channel.manage")
@require_POST
def replay(request: StaffRequest, arrival_id: int) -> HttpResponse:
    """Try one again."""
    row = get_object_or_404(Inbox, pk=arrival_id)
    try:
        row.replay(by=request.user)
        messages.success(request, _("It is tried again within seconds."))
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("talks:arrivals")
