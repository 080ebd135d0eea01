"""What a customer told: written down, offered again, put first, taken back."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.fact_forms import FactForm
from customers.models import Customer, Fact
from customers.panels import memory
from customers.timeline import CHANNELS
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = FactForm(request.POST)
    if not form.is_valid():
        return _memory(request, customer, trouble=str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    try:
        fact = Fact.objects.hear(
            customer, said["key"], said["value"], by=request.user, channel=_channel(request),
            concern=said["concern"], pinned=said["pinned"], store=request.user.counter_store,
        )  # fmt: skip
    except TransitionRefused as refusal:
        return _memory(request, customer, trouble=str(refusal))
    return _memory(request, customer, just=fact)


@door("fact.write")
@require_POST
def answer(request: StaffRequest, number: str, fact_id: int) -> HttpResponse:
    """What the customer said when we offered what we know: still so, changed, not sure."""
    customer = visible_customer(request, number)
    fact = _fact(customer, fact_id)
    said, by, channel = request.POST.get("answer", ""), request.user, _channel(request)
    value = request.POST.get("value", "").replace("\0", "").strip()
    if said == "changed" and not value:
        return _memory(request, customer, trouble=_("Write down what it is now."), asking=fact.pk)
    deeds: dict[str, Callable[[], object]] = {
        "same": lambda: fact.confirm(by=by, channel=channel), "unsure": lambda: fact.doubt(by=by, channel=channel),
        "changed": lambda: fact.change(value[:500], by=by, channel=channel),
    }  # fmt: skip
    if said not in deeds:
        return _memory(request, customer, trouble=_("Choose: still so, changed, or not sure."), asking=fact.pk)
    try:
        found = deeds[said]()
    except TransitionRefused as refusal:
        return _memory(request, customer, trouble=str(refusal))
    return _memory(request, customer, just=found if isinstance(found, Fact) else None)


@door("fact.write")
@require_POST
def pin(request: StaffRequest, number: str, fact_id: int) -> HttpResponse:
    """Put it first on every screen, or back among the rest."""
    customer = visible_customer(request, number)
    fact = _fact(customer, fact_id)
    try:
        fact.pin(request.POST.get("pinned") == "1", by=request.user)
    except TransitionRefused as refusal:
        return _memory(request, customer, trouble=str(refusal))
    return _memory(request, customer)


@door("fact.write")
@require_POST
def destroy(request: StaffRequest, number: str, fact_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    try:
        _fact(customer, fact_id).take_back(by=request.user)
    except TransitionRefused as refusal:
        return _memory(request, customer, trouble=str(refusal))
    return _memory(request, customer)


def _fact(customer: Customer, fact_id: int) -> Fact:
    fact = Fact.objects.filter(customer=customer, pk=fact_id).select_related("customer").first()
    if fact is None:
        raise Http404
    return fact


def _channel(request: StaffRequest) -> str:
    """Where it was said: chosen, else in the store for those who stand in one, else by phone."""
    chosen = request.POST.get("channel", "")
    if chosen in CHANNELS:
        return chosen
    return "store" if request.user.may("counter.receive") else "phone"


def _memory(
    request: StaffRequest, customer: Customer, *, trouble: str = "", just: Fact | None = None, asking: int = 0
) -> HttpResponse:
    """The block again where it stands, or the page it stands on."""
    if not request.htmx and not trouble:
        at_counter = request.POST.get("at") == "counter" and request.user.may("counter.receive")
        return redirect("counter:show" if at_counter else "customers:show", customer.number)
    item = {**memory(request, customer), "trouble": trouble, "just": just, "asking": asking}
    part = "_memory.html" if request.htmx else "_memory_page.html"
    return render(
        request, f"customers/panels/{part}", {"customer": customer, "item": item}, status=422 if trouble else 200
    )
