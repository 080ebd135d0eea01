"""The map of touchpoints."""

from django.http import HttpResponse
from django.shortcuts import render

from staff.doors import StaffRequest, door
from touchpoints.touchmap import the_map


@door("touchpoint.read")
def index(request: StaffRequest) -> HttpResponse:
    """Stages by channels; one touchpoint of it in full."""
    found = the_map(request.user)
    code = request.GET.get("at", "")
    context = found | {
        "chosen": next((one for one in found["cells"] if one.touchpoint.code == code), None),
        "may_change": request.user.may("setup.change"),
    }
    return render(request, "touchpoints/touchmap/index.html", context)
