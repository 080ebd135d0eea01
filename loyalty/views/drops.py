"""Flash drops for the operator: the list, a new one with its felt-value check, the cockpit with its stop."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from loyalty import drops
from loyalty.drop_cockpit import cockpit_of, curve
from loyalty.drop_forms import ArmForm, DropForm, StopForm
from loyalty.models import Drop
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

PAGE = 100


@door("loyalty.approve")
def index(request: StaffRequest) -> HttpResponse:
    context = {"drops": Drop.objects.select_related("made_by")[:PAGE], "may_set_up": request.user.may("loyalty.set_up")}
    return render(request, "loyalty/drops/index.html", context)


@door("loyalty.set_up")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    """A draft. Nothing is given out before somebody arms it on its own page."""
    form = DropForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (drop := form.save(by=request.user)) is not None:
        return redirect("drops:show", drop.code)
    context: dict[str, Any] = {"form": form, "felt": _felt_of(form)}
    return render(request, "loyalty/drops/new.html", context, status=422 if form.errors else 200)


@door("loyalty.set_up")
@require_POST
def felt(request: StaffRequest) -> HttpResponse:
    """What it would feel like, while the form is being filled in; nothing is kept."""
    return render(request, "loyalty/drops/_felt.html", {"felt": _felt_of(DropForm(request.POST))})


def _felt_of(form: DropForm) -> drops.Felt | None:
    if not form.is_bound:
        return None
    form.is_valid()
    found = drops.felt_value(Drop(prizes=form.prizes()))
    return found if found.prizes else None


@door("loyalty.approve")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _drop(code))


@door("loyalty.approve")
def live(request: StaffRequest, code: str) -> HttpResponse:
    """The numbers alone: an open page asks for them every two seconds."""
    drop = _drop(code)
    return render(request, "loyalty/drops/_live.html", {"drop": drop} | _numbers(drop))


@door("loyalty.approve")
@require_POST
def arm(request: StaffRequest, code: str) -> HttpResponse:
    """Who made it may arm it while it is fair; else a second person, with a reason."""
    drop, form = _drop(code), ArmForm(request.POST)
    if not form.is_valid():
        return _page(request, drop, arm_form=form)
    try:
        drops.arm(drop, by=request.user, although=form.cleaned_data["although"])
    except TransitionRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, drop, arm_form=form)
    messages.success(request, _("It is armed: it opens by itself at its moment."))
    return redirect("drops:show", drop.code)


@door("loyalty.set_up")
@require_POST
def stop(request: StaffRequest, code: str) -> HttpResponse:
    """At once: asks why, and nothing twice."""
    drop, form = _drop(code), StopForm(request.POST)
    if not form.is_valid():
        return _page(request, drop, stop_form=form)
    try:
        drops.stop(drop, by=request.user, why=form.cleaned_data["why"])
    except TransitionRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, drop, stop_form=form)
    messages.success(request, _("Stopped. Nobody gets one from now on; who has one keeps it."))
    return redirect("drops:show", drop.code)


def _drop(code: str) -> Drop:
    return get_object_or_404(Drop.objects.select_related("made_by", "approved_by"), code=code)


def _numbers(drop: Drop) -> dict[str, Any]:
    cockpit = cockpit_of(drop)
    says = _("Asked and given from the opening, numbers in the table below")
    return {"cockpit": cockpit, "picture": curve(cockpit.bars, says=says)}


def _page(request: StaffRequest, drop: Drop, **bad: Any) -> HttpResponse:
    drop = _drop(drop.code) if bad else drop
    draft = drop.state == Drop.State.DRAFT
    context = {
        "drop": drop, "felt": drops.felt_value(drop) if draft else None,
        "may_set_up": request.user.may("loyalty.set_up"), "is_maker": drop.made_by_id == request.user.pk,
        "arm_form": ArmForm(), "stop_form": StopForm(),
    } | _numbers(drop) | bad  # fmt: skip
    return render(request, "loyalty/drops/show.html", context, status=422 if bad else 200)
