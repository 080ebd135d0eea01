"""All customers by value and need: the grid, the people of a cell, the borders."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from journeys.borders import set_borders
from journeys.forms import BordersForm
from journeys.grid import name_of, people_of, the_grid, would_move
from journeys.models import Need, Value, ValueBorders
from staff.doors import StaffRequest, door


@door("metrics.read")
def index(request: StaffRequest) -> HttpResponse:
    """Counts stand in the run's own row: the page never counts the big table."""
    context = the_grid() | {"may_change": request.user.may("setup.change")}
    return render(request, "journeys/value/index.html", context)


@door("metrics.read")
def show(request: StaffRequest, worth: str, need: str) -> HttpResponse:
    """The people of one cell."""
    if worth not in Value.values or need not in Need.values:
        raise Http404
    page = people_of(request.user, worth, need, cursor=request.GET.get("after"))
    return render(request, "journeys/value/show.html", {"page": page, "name": name_of(f"{worth}.{need}")})


@door("setup.change")
def edit(request: StaffRequest) -> HttpResponse:
    """Other borders: what they would do first, then kept."""
    if request.method != "POST":
        return render(request, "journeys/value/borders.html", {"form": BordersForm.of(ValueBorders.current())})
    form, moves = BordersForm(request.POST), None
    if form.is_valid():
        if request.POST.get("do") == "keep":
            set_borders(form.borders(), by=request.user)
            return redirect("journeys:value")
        moves = would_move(form.borders())
    context = {"form": form, "moves": moves, "people": sum((moves or {}).values())}
    return render(request, "journeys/value/borders.html", context, status=422 if form.errors else 200)
