"""Journey maps: the list, a new one from a template, one map with its curve, undoing, taking it out of use."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import maps
from journeys.map_forms import MapForm
from journeys.maps import pages
from journeys.models import JourneyMap
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("map.read")
def index(request: StaffRequest) -> HttpResponse:
    context = {"rows": JourneyMap.objects.order_by("retired_at", "pk")[:200],
               "may_change": request.user.may("map.change")}  # fmt: skip
    return render(request, "journeys/maps/index.html", context)


@door("map.change")
def create(request: StaffRequest) -> HttpResponse:
    """From the template of a trade."""
    form = MapForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            made = maps.make(said["code"], form.words, said["trade"], by=request.user)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:map", made.code)
    return render(request, "journeys/maps/new.html", {"form": form}, status=422 if form.errors else 200)


@door("map.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return page_of(request, get_object_or_404(JourneyMap, code=code))


@door("map.change")
@require_POST
def retire(request: StaffRequest, code: str) -> HttpResponse:
    row = get_object_or_404(JourneyMap, code=code)
    try:
        maps.retire(row, by=request.user, back=request.POST.get("back") == "on")
    except TransitionRefused as refusal:
        return page_of(request, row, trouble=str(refusal))
    return redirect("journeys:maps")


@door("map.change")
@require_POST
def undo(request: StaffRequest, code: str) -> HttpResponse:
    row = get_object_or_404(JourneyMap, code=code)
    try:
        last = maps.undo(row, by=request.user)
    except TransitionRefused as refusal:
        return page_of(request, row, trouble=str(refusal))
    if not request.htmx:
        return redirect("journeys:map", code)
    said = _("Undone: %(what)s at “%(place)s”") % {"what": last.get_what_display(), "place": last.point}
    return page_of(request, row, said=said)


def page_of(
    request: StaffRequest, row: JourneyMap, *, trouble: str = "", said: str = "", conflict: dict[str, Any] | None = None
) -> HttpResponse:
    context = pages.the_map(row, request.user) | {"counts": request.user.sees_whole_brand,
                                                  "map": row, "trouble": trouble, "said": said, "conflict": conflict,
                                    "may_change": request.user.may("map.change"),
                                    "sees_touchpoints": request.user.may("touchpoint.read")}  # fmt: skip
    return render(request, "journeys/maps/show.html", context, status=409 if conflict else 422 if trouble else 200)
