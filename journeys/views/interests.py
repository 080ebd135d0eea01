"""What clients consider: the list with its funnel, a new one, the next move."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys.forms import InterestForm
from journeys.interests import book_of
from journeys.models import OpenInterest
from journeys.views.clients import done, sheet
from staff.doors import StaffRequest, door


@door("clients.read")
def index(request: StaffRequest) -> HttpResponse:
    """Open ones by the next step, the funnel above them; a lead sees the team's."""
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    context = {"book": book_of(request.user, whose=whose, cursor=request.GET.get("after")), "whose": whose,
               "today": timezone.localdate()}  # fmt: skip
    return render(request, "journeys/interests/index.html", context)


@door("clients.read")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = InterestForm(request.POST)
    if not form.is_valid():
        return sheet(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    return done(request, customer, lambda: OpenInterest.begin(
        customer, said["what"], by=request.user, worth=said["worth"], next_step=said["next_step"],
        next_on=said["next_on"],
    ))  # fmt: skip


@door("clients.read")
@require_POST
def update(request: StaffRequest, number: str, interest_id: int) -> HttpResponse:
    """The next move, or its end."""
    customer = visible_customer(request, number)
    rows = OpenInterest.objects.visible_to(request.user).select_related("customer")
    interest = get_object_or_404(rows, pk=interest_id, customer=customer)
    form = InterestForm(request.POST)
    if not form.is_valid():
        return sheet(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    return done(request, customer, lambda: _move(request, customer, interest, form))


def _move(request: StaffRequest, customer: Customer, interest: OpenInterest, form: InterestForm) -> None:
    said, by = form.cleaned_data, request.user
    if said["verb"] == "won":
        interest.win(by=by)
    elif said["verb"] == "lost":
        interest.lose(by=by, why=said["why"])
    elif said["verb"] == "reopen":
        interest.reopen(by=by)
    else:
        interest.move(by=by, stage=said["stage"], next_step=said["next_step"], next_on=said["next_on"],
                      worth=said["worth"])  # fmt: skip
