"""Needs heard from a customer and the next steps for one: the block on the pages, and one's own list."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, NeedLog, Task
from customers.next_steps import next_steps, own_tasks
from customers.step_forms import NeedForm, TaskForm
from customers.timeline import CHANNELS
from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    """The block of the customer page, or a page of its own."""
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def create_need(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = NeedForm(request.POST)
    if not form.is_valid():
        return _block(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    chosen = request.POST.get("channel", "")
    channel = chosen if chosen in CHANNELS else "store" if request.user.may("counter.receive") else "phone"
    return _done(request, customer, lambda: NeedLog.hear(
        customer, by=request.user, channel=channel, store=request.user.counter_store, **form.cleaned_data
    ))  # fmt: skip


@door("fact.write")
@require_POST
def update_need(request: StaffRequest, number: str, need_id: int) -> HttpResponse:
    """It could be met, or not; or it was a slip."""
    customer = visible_customer(request, number)
    need = NeedLog.objects.filter(customer=customer, pk=need_id).select_related("customer").first()
    if need is None:
        raise Http404
    said = request.POST.get("met", "")
    if said == "slip":
        return _done(request, customer, lambda: need.take_back(by=request.user))
    return _done(request, customer, lambda: need.settle(said, by=request.user))


@door("fact.write")
@require_POST
def create_task(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = TaskForm(request.POST, user=request.user)
    if not form.is_valid():
        return _block(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    return _done(request, customer, lambda: Task.plan(
        customer, said["what"], by=request.user, owner=said["owner"], due_on=said["due_on"]
    ))  # fmt: skip


@door("fact.write")
@require_POST
def update_task(request: StaffRequest, number: str, task_id: int) -> HttpResponse:
    """Done with its outcome, dropped with why, or open again."""
    customer = visible_customer(request, number)
    tasks = Task.objects.visible_to(request.user).filter(customer=customer).select_related("customer")
    task = get_object_or_404(tasks, pk=task_id)
    outcome = request.POST.get("outcome", "").replace("\0", "")
    deeds: dict[str, Callable[[], object]] = {
        "done": lambda: task.finish(by=request.user, outcome=outcome),
        "dropped": lambda: task.drop(by=request.user, why=outcome),
        "open": lambda: task.reopen(by=request.user),
    }
    if (deed := deeds.get(request.POST.get("state", ""))) is None:
        raise Http404
    return _done(request, customer, deed)


@door("fact.write")
def index(request: StaffRequest) -> HttpResponse:
    """One's own open steps, the most overdue first."""
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    page = page_of(own_tasks(request.user, whose=whose), order=("due_on", "id"), cursor=request.GET.get("after"))
    context = {"page": page, "whose": whose, "today": timezone.localdate()}
    return render(request, "customers/steps/index.html", context)


def _done(request: StaffRequest, customer: Customer, deed: Callable[[], object]) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    if request.htmx:
        return _block(request, customer)
    if request.POST.get("at") == "list":
        return redirect("customers:tasks")
    at_counter = request.POST.get("at") == "counter" and request.user.may("counter.receive")
    return redirect("counter:show" if at_counter else "customers:show", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    at = request.POST.get("at") or request.GET.get("at", "")
    context = {
        "customer": customer, "item": {**next_steps(request.user, customer), "trouble": trouble},
        "at": at if at in ("counter", "list") else "",
    }  # fmt: skip
    part = "_steps.html" if request.htmx else "show.html"
    return render(request, f"customers/steps/{part}", context, status=422 if trouble else 200)
