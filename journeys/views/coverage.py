"""The lead's look at who keeps which clients, and passing them on."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Customer
from journeys.coverage import MOST_AT_ONCE, advisors_of, clients_kept_by, coverage_of, hand_over, keepers_of
from journeys.forms import CoverForm
from journeys.models import Cover
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from staff.models import User


@door("clients.assign")
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "journeys/coverage/index.html", {"keepers": coverage_of(request.user)})


@door("clients.assign")
def show(request: StaffRequest, person_id: int) -> HttpResponse:
    return _page(request, _keeper(request, person_id))


@door("clients.assign")
@require_POST
def create(request: StaffRequest, person_id: int) -> HttpResponse:
    """The chosen clients go to another advisor, with a note."""
    keeper = _keeper(request, person_id)
    to = advisors_of(request.user).filter(username=request.POST.get("to", "")[:150].replace("\0", "")).first()
    note = request.POST.get("note", "").replace("\0", "")
    asked = [text[:40].replace("\0", "") for text in request.POST.getlist("client")[:MOST_AT_ONCE]]
    chosen = Customer.objects.visible_to(request.user).living().filter(advisor=keeper)
    chosen = chosen if request.POST.get("all") else chosen.filter(number__in=asked)
    try:
        if to is None:
            hand_over((), since=keeper, to=keeper, by=request.user, note=note)
        else:
            hand_over(chosen[:MOST_AT_ONCE], since=keeper, to=to, by=request.user, note=note)
    except TransitionRefused as refusal:
        return _page(request, keeper, trouble=str(refusal), note=note)
    return redirect("journeys:coverage")


@door("clients.assign")
@require_POST
def cover(request: StaffRequest, person_id: int) -> HttpResponse:
    """A colleague looks after the clients while the advisor is away."""
    keeper, form = _keeper(request, person_id), CoverForm(request.POST)
    by = advisors_of(request.user).filter(username=request.POST.get("by", "")[:150].replace("\0", "")).first()
    if not form.is_valid():
        return _page(request, keeper, trouble=str(next(iter(form.errors.values()))[0]), cover=form)
    if by is None:
        return _page(request, keeper, trouble=_("Choose another advisor of your own stores."), cover=form)
    try:
        Cover.begin(keeper, by, set_by=request.user, **form.cleaned_data)
    except TransitionRefused as refusal:
        return _page(request, keeper, trouble=str(refusal), cover=form)
    return redirect("journeys:kept", keeper.pk)


@door("clients.assign")
@require_POST
def end_cover(request: StaffRequest, person_id: int, cover_id: int) -> HttpResponse:
    keeper = _keeper(request, person_id)
    row = get_object_or_404(Cover.objects.select_related("away", "by"), pk=cover_id, away=keeper)
    try:
        row.end(by=request.user)
    except TransitionRefused as refusal:
        return _page(request, keeper, trouble=str(refusal))
    return redirect("journeys:kept", keeper.pk)


def _keeper(request: StaffRequest, person_id: int) -> User:
    return get_object_or_404(keepers_of(request.user), pk=person_id)


def _page(
    request: StaffRequest, keeper: User, *, trouble: str = "", note: str = "", cover: CoverForm | None = None
) -> HttpResponse:
    context = {
        "keeper": keeper, "page": clients_kept_by(keeper, request.user, cursor=request.GET.get("after")),
        "others": list(advisors_of(request.user).exclude(pk=keeper.pk)[:60]), "trouble": trouble, "note": note,
        "covers": list(Cover.objects.to_come().filter(away=keeper).select_related("by")), "cover": cover or CoverForm(),
    }  # fmt: skip
    return render(request, "journeys/coverage/show.html", context, status=422 if trouble else 200)
