"""The customer's own page to book a time: looking changes nothing, each button acts."""

import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from customers.letters import as_letter, gone, language_of
from customers.models import Customer, CustomerLink
from scrm.kernel.refusals import TransitionRefused
from staff.doors import open_door
from staff.models import Store
from touchpoints import booking
from touchpoints.appointment_forms import AppointmentForm
from touchpoints.models import Appointment, Waiting


@csrf_exempt  # the token is the key: no session is used, so none can be ridden on
@open_door
def mine(request: HttpRequest, token: str) -> HttpResponse:
    link = CustomerLink.objects.opening(token, purpose=booking.PURPOSE).select_related("customer__home_store").first()
    if link is None:
        return gone(request)
    if request.method == "POST" and request.POST.get("do") == "not_mine":
        link.end()
        return gone(request)
    customer = link.customer
    with translation.override(language_of(request, customer.locale)):
        trouble = _act(request, customer) if request.method == "POST" else ""
        if request.method == "POST" and not trouble:
            return as_letter(redirect(f"{request.path}?language={translation.get_language()}"))
        asked = request.POST if trouble else request.GET
        store = _store(customer, asked.get("store", ""))
        offer = booking.offer_of(store, kind=asked.get("kind", ""), day=asked.get("day", "")) if store else None
        booked = booking.booked_by(customer)
        wanted = _number(request.GET.get("move", "") or request.POST.get("appointment", ""))
        moving = next((one for one in booked if one.pk == wanted), None)
        keep = f"&language={translation.get_language()}" + (f"&move={moving.pk}" if moving else "")
        context = {
            "customer": customer, "until": link.until, "language": translation.get_language(), "trouble": trouble,
            "offer": offer, "key": uuid.uuid4(), "booked": booked, "waits": booking.waits_of(customer),
            "stores": list(_stores()[:80]), "moving": moving, "keep": keep,
        }  # fmt: skip
        with timezone.override(ZoneInfo(store.zone) if store else None):
            answer = render(request, "touchpoints/appointments/letter.html", context, status=422 if trouble else 200)
        return as_letter(answer)


def _act(request: HttpRequest, customer: Customer) -> str:
    """Do what one button says; what it could not do."""
    said = request.POST
    booked = Appointment.objects.booked().filter(customer=customer).select_related("customer", "kind", "slot")
    waits = Waiting.objects.filter(customer=customer).select_related("customer", "slot__kind")
    one = booked.filter(pk=_number(said.get("appointment", ""))).first()
    wait = waits.filter(pk=_number(said.get("waiting", ""))).first()
    deeds: dict[str, Callable[[], object]] = {}
    if one is not None:
        deeds["cancel"] = lambda: one.cancel(by=None)
    if wait is not None:
        deeds |= {"accept": lambda: wait.accept(key=uuid.uuid4()), "leave": wait.leave}
    form = AppointmentForm(said)
    if said.get("do") in ("book", "wait", "move"):
        if not form.is_valid():
            return str(next(iter(form.errors.values()))[0])
        time = form.cleaned_data
        place = {"store": time["store"], "starts_at": time["starts_at"]}
        deeds["wait"] = lambda: Waiting.join(customer, time["kind"], **place)
        deeds["book"] = lambda: Appointment.book(
            customer, time["kind"], **place, by=None, key=time["key"], prepare=time["prepare"]
        )
        if one is not None:
            deeds["move"] = lambda: one.move_to(time["starts_at"], store=time["store"], kind=time["kind"], by=None,
                                                key=time["key"])  # fmt: skip
    deed = deeds.get(said.get("do", ""))
    if deed is None:
        return _("This appointment is not open any more.")
    try:
        deed()
    except TransitionRefused as refusal:
        return str(refusal)
    return ""


def _stores() -> Any:
    offering = Store.objects.filter(capacities__kind__used=True, closed_on=None).select_related("calendar")
    return offering.order_by("code").distinct()


def _store(customer: Customer, code: str) -> Store | None:
    """The chosen store, else the customer's own, else the first that offers anything."""
    stores = _stores()
    return stores.filter(code=code).first() or stores.filter(pk=customer.home_store_id).first() or stores.first()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
