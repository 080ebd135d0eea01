"""People in playbooks: who is where, who is stuck and what to do, the ways of one customer."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys.models import Enrolment, Playbook
from journeys.playbooks import people
from journeys.playbooks.caring import Stuck, retry_all
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from staff.models import audit

MOST = 300
DEEDS: dict[str, tuple[Callable[..., None], str]] = {
    "retry": (Enrolment.retry, "playbook.retried"), "skip": (Enrolment.skip, "playbook.skipped"),
    "out": (Enrolment.take_out, "playbook.taken_out"),
}  # fmt: skip


@door("playbook.read")
def index(request: StaffRequest, code: str) -> HttpResponse:
    """Who of the reader's customers is or was in it."""
    playbook = get_object_or_404(Playbook, code=code)
    names, counts = ("at", "came", "why", "state", "end"), request.user.sees_whole_brand
    asked = {name: request.GET.get(name, "").replace("\0", "")[:16] for name in names}
    found = people.people(playbook, request.user, **asked, cursor=request.GET.get("after"))
    context = {
        "playbook": playbook, "page": found, "counts": counts, "may_care": request.user.may("playbook.care"),
        "picked": people.picked(playbook, **{name: asked[name] for name in names if name != "state"}),
        "states": people.states(playbook, counts=counts), "more": urlencode(asked), **asked,
    }  # fmt: skip
    return render(request, "journeys/playbooks/people.html", context)


@door("playbook.care")
def parked(request: StaffRequest) -> HttpResponse:
    """Who is stuck, by what is wrong; a post lets the chosen ones try again, go on or go out, or all of one reason."""
    if request.method != "POST":
        return _parked(request)
    if "all" in request.POST:
        return _retry_all(request)
    deed = DEEDS.get(request.POST.get("do", ""))
    ids = [int(one) for one in request.POST.getlist("who")[:MOST] if one.isascii() and one.isdigit() and len(one) < 19]
    if deed is None or not ids:
        return _parked(request, trouble=_("Choose who, and what is to be done."))
    rows = Enrolment.objects.visible_to(request.user).filter(pk__in=ids).select_related("customer", "playbook")
    done, refused = 0, 0
    for row in rows.order_by("pk"):
        try:
            deed[0](row, by=request.user)
        except TransitionRefused:
            refused += 1
        else:
            audit(deed[1], by=request.user, of=row.customer, playbook=row.playbook.code)
            done += 1
    said = ngettext("%(n)s customer seen to.", "%(n)s customers seen to.", done) % {"n": done}
    if refused:
        said += " " + _("%(n)s had been seen to already.") % {"n": refused}
    messages.success(request, said)
    return redirect("journeys:parked")


@door("customer.read")
def of_customer(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("playbook.care")
@require_POST
def take_out(request: StaffRequest, number: str, way_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    row = get_object_or_404(Enrolment.objects.select_related("customer", "playbook"), pk=way_id, customer=customer)
    try:
        row.take_out(by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    audit("playbook.taken_out", by=request.user, of=customer, playbook=row.playbook.code)
    return _block(request, customer) if request.htmx else redirect("journeys:ways_of", customer.number)


def _retry_all(request: StaffRequest) -> HttpResponse:
    stuck = Stuck.read(request.POST.get("all", ""))
    if stuck is None:
        return _parked(request, trouble=_("This is not on offer."))
    try:
        n = retry_all(stuck, by=request.user)
    except TransitionRefused as refusal:
        return _parked(request, trouble=str(refusal))
    messages.success(request, ngettext("%(n)s customer tries again.", "%(n)s customers try again.", n) % {"n": n})
    return redirect("journeys:parked")


def _parked(request: StaffRequest, *, trouble: str = "") -> HttpResponse:
    groups, number, more = people.stuck(request.user)
    context = {"groups": groups, "people": number, "more": more, "trouble": trouble}
    return render(request, "journeys/playbooks/parked.html", context, status=422 if trouble else 200)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    context = {"customer": customer, "trouble": trouble, **people.of_customer(customer, request.user)}
    part = "_block.html" if request.htmx else "of_customer.html"
    return render(request, f"journeys/playbooks/{part}", context, status=422 if trouble else 200)
