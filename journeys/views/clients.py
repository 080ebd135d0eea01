"""The advisor's day: the care list, the sheet of one client, and what was done."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Task
from journeys.care import day_of
from journeys.forms import CareForm, HealthForm, RhythmForm
from journeys.models import CareMark, ClientRhythm, HealthWord
from journeys.models.care import Reason
from journeys.sheet import marked_today, sheet_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("clients.read")
def today(request: StaffRequest) -> HttpResponse:
    day = day_of(request.user)
    return render(request, "journeys/today/index.html", {"day": day, "now": timezone.localtime()})


@door("clients.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return sheet(request, visible_customer(request, number))


@door("clients.read")
@require_POST
def care(request: StaffRequest, number: str) -> HttpResponse:
    """A line was seen to, is put off, or is not for today."""
    customer = visible_customer(request, number)
    form = CareForm(request.POST)
    if not form.is_valid():
        return sheet(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    return done(request, customer, lambda: _see_to(request, customer, form))


@door("clients.read")
@require_POST
def take_back(request: StaffRequest, number: str, mark_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    mark = get_object_or_404(CareMark, pk=mark_id, customer=customer)
    return done(request, customer, lambda: mark.take_back(by=request.user))


@door("clients.read")
@require_POST
def health(request: StaffRequest, number: str) -> HttpResponse:
    """The word of the week."""
    customer = visible_customer(request, number)
    form = HealthForm(request.POST)
    if not form.is_valid():
        return sheet(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    return done(request, customer, lambda: HealthWord.say(customer, by=request.user, **form.cleaned_data))


@door("clients.read")
@require_POST
def rhythm(request: StaffRequest, number: str) -> HttpResponse:
    """How often this client is to be seen; nothing chosen leaves it to the level."""
    customer = visible_customer(request, number)
    form = RhythmForm(request.POST)
    if not form.is_valid():
        return sheet(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    return done(request, customer, lambda: ClientRhythm.say(customer, form.cleaned_data["days"], by=request.user))


def done(request: StaffRequest, customer: Customer, verb: Callable[[], object]) -> HttpResponse:
    """Do it and show the sheet anew; a refusal keeps the page and says why."""
    try:
        verb()
    except TransitionRefused as refusal:
        return sheet(request, customer, trouble=str(refusal))
    if not request.htmx:
        reason = request.POST.get("reason", "")
        here = reverse("journeys:client", args=[customer.number])
        return redirect(f"{here}?reason={reason}" if reason in Reason.values else here)
    answer = sheet(request, customer)
    answer["HX-Trigger"] = "stale-day"
    return answer


def sheet(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    """The sheet, for the reason the list names; a step of the list is finished by its own verb."""
    asked = request.POST.get("reason") or request.GET.get("reason", "")
    reason = Reason(asked) if asked in Reason.values else None
    task = request.POST.get("task") or request.GET.get("task", "")
    context = {
        **sheet_of(request, customer, reason), "reason": reason, "trouble": trouble,
        "mark": marked_today(customer, reason) if reason else None,
        "task": int(task) if task.isascii() and task.isdigit() and len(task) < 19 else None,
    }  # fmt: skip
    template = f"journeys/today/{'_sheet' if request.htmx else 'show'}.html"
    return render(request, template, context, status=422 if trouble else 200)


def _see_to(request: StaffRequest, customer: Customer, form: CareForm) -> None:
    said, by = form.cleaned_data, request.user
    if said["did"] == "done" and said["task"]:
        task = Task.objects.visible_to(by).filter(pk=said["task"], customer=customer).first()
        if task is None:
            raise Http404
        task.finish(by=by, outcome=said["said"])
    elif said["did"] == "done":
        CareMark.finish(customer, said["reason"], by=by, outcome=said["said"])
    elif said["did"] == "later":
        CareMark.put_off(customer, said["reason"], by=by, until=said["until"])
    else:
        CareMark.leave_out(customer, said["reason"], by=by, why=said["said"])
