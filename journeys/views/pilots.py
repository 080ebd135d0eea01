"""Pilots: the list, a new one, one with its figures, its gate and its next step."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from journeys import pilots
from journeys.models import Pilot, PilotGate
from journeys.pilot_forms import AnswerForm, AskForm, GateForm, NextForm, PilotForm
from journeys.pilots import pages
from journeys.pilots.figures import Compared
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("pilot.read")
def index(request: StaffRequest) -> HttpResponse:
    context = {"page": pages.listed(request.user, cursor=request.GET.get("after")),
               "may_change": request.user.may("pilot.change")}  # fmt: skip
    return render(request, "journeys/pilots/index.html", context)


@door("pilot.change")
def create(request: StaffRequest) -> HttpResponse:
    """Planned; nobody is drawn yet."""
    form = PilotForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = pilots.plan(form.cleaned_data["code"], by=request.user, **form.said)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:pilot", made.code)
    return render(request, "journeys/pilots/new.html", {"form": form}, status=422 if form.errors else 200)


@door("pilot.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _pilot(code))


@door("pilot.change")
@require_POST
def start(request: StaffRequest, code: str) -> HttpResponse:
    pilot = _pilot(code)
    return _done(request, pilot, lambda: pilots.start(pilot, by=request.user))


@door("pilot.change")
@require_POST
def note(request: StaffRequest, code: str) -> HttpResponse:
    """A line in the log of changes."""
    pilot, said = _pilot(code), request.POST.get("said", "").replace("\0", "")
    return _done(request, pilot, lambda: pilots.note(pilot, said, by=request.user))


@door("pilot.decide")
@require_POST
def decide(request: StaffRequest, code: str) -> HttpResponse:
    """The gate: go on, change, stop."""
    pilot, form = _pilot(code), GateForm(request.POST)
    if not form.is_valid():
        return _page(request, pilot, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    return _at_the_gate(request, pilot, lambda: pilots.decide(
        pilot, said["decision"], by=request.user, why=said["why"], step=said["step"]))  # fmt: skip


@door("pilot.decide")
@require_POST
def ask(request: StaffRequest, code: str) -> HttpResponse:
    """Let it pass before its time, if a second person agrees."""
    pilot, form = _pilot(code), AskForm(request.POST)
    if not form.is_valid():
        return _page(request, pilot, trouble=str(next(iter(form.errors.values()))[0]))
    return _at_the_gate(request, pilot, lambda: pilots.ask(pilot, by=request.user, **form.cleaned_data))


@door("pilot.decide")
@require_POST
def answer(request: StaffRequest, code: str) -> HttpResponse:
    """The second person agrees or does not."""
    pilot, form = _pilot(code), AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, pilot, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    if said["do"] == "agree":
        return _at_the_gate(request, pilot, lambda: pilots.agree(pilot, by=request.user, step=said["step"]))
    return _at_the_gate(
        request, pilot, lambda: pilots.decline(pilot, by=request.user, why=said["why"], step=said["step"])
    )


@door("pilot.change")
@require_POST
def go_on(request: StaffRequest, code: str) -> HttpResponse:
    """The next step: more stores, or everybody."""
    pilot = _pilot(code)
    form = NextForm(request.POST, stores=pages.stores_to_add(pages.steps_of(pilot)))
    if not form.is_valid():
        return _page(request, pilot, trouble=str(next(iter(form.errors.values()))[0]))
    return _done(request, pilot, lambda: pilots.go_on(pilot, by=request.user, stores=form.chosen))


@door("pilot.change")
@require_POST
def stop(request: StaffRequest, code: str) -> HttpResponse:
    pilot, why = _pilot(code), request.POST.get("why", "").replace("\0", "")
    return _done(request, pilot, lambda: pilots.stop(pilot, by=request.user, why=why))


def _pilot(code: str) -> Pilot:
    return get_object_or_404(Pilot.objects.select_related("package", "segment", "by"), code=code)


def _done(request: StaffRequest, pilot: Pilot, deed: Callable[[], object], *, anew: bool = False) -> HttpResponse:
    """`anew`: where it is refused the page shows the figures it was refused by, not last night's."""
    try:
        deed()
    except TransitionRefused as refusal:
        if anew:
            pilots.measure(pilot)
        return _page(request, _pilot(pilot.code), trouble=str(refusal))
    return redirect("journeys:pilot", pilot.code)


def _at_the_gate(request: StaffRequest, pilot: Pilot, deed: Callable[[], object]) -> HttpResponse:
    return _done(request, pilot, deed, anew=True)


def _page(request: StaffRequest, pilot: Pilot, *, trouble: str = "") -> HttpResponse:
    steps = pages.steps_of(pilot)
    asked = request.GET.get("step", "")
    told = [one for one in steps if one.kind != "all"]  # with everybody in it nobody is compared
    chosen = next((one for one in steps if str(one.number) == asked), told[-1] if told else None)
    rows, found, day = pages.figures_of(pilot, chosen)
    may_change, may_decide = request.user.may("pilot.change"), request.user.may("pilot.decide")
    runs = steps[-1] if steps and pilot.state == Pilot.State.RUNNING else None
    who = request.GET.get("who", "")[:40].replace("\0", "")
    before = found.get("before")
    gate = pages.gate_lines(pilot, chosen, found) if chosen and chosen.kind != "all" else []
    context = {
        "pilot": pilot, "steps": steps, "step": chosen, "rows": rows, "day": day, "runs": runs, "trouble": trouble,
        "headline": pages.headline(pilot, found), "main": found.get(pilot.metric, Compared()),
        "before": pages.shown("before", before) if before else None, "arms": pages.counted(pilot),
        "gate": gate, "met": sum(1 for yes, _rule, _number in gate if yes), "ask": pages.asked_of(runs),
        "changes": [(one, pages.LOG.get(one.kind, one.kind), pages.ICONS.get(one.kind, "pencil"))
                    for one in pilot.changes.select_related("by", "step")[:40]],
        "lines": (chosen.version if chosen else pilot.package.running or None),
        "page": pages.members(pilot, request.user, number=who, cursor=request.GET.get("after")),
        "who": who, "may_change": may_change, "may_decide": may_decide and runs is not None,
        "decisions": PilotGate.Decision.choices,
        "stores": pages.stores_to_add(steps) if may_change and pilot.state == Pilot.State.GATED else [],
    }  # fmt: skip
    return render(request, "journeys/pilots/show.html", context, status=422 if trouble else 200)
