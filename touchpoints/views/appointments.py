"""Appointments: the store's day, one booked from the customer's page, moved, cancelled, kept or missed."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from scrm.kernel.qr import picture_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from staff.models import Store
from touchpoints import actions, booking
from touchpoints.appointment_forms import AppointmentForm
from touchpoints.models import Appointment

MOST = 200


@door("appointment.book")
def index(request: StaffRequest) -> HttpResponse:
    """One day of the reader's stores, in the order of the clock."""
    on = _day(request.GET.get("day", ""))
    begin = timezone.make_aware(datetime.combine(on, time()))
    rows = Appointment.objects.visible_to(request.user).filter(
        store__in=request.user.store_ids, starts_at__range=(begin, begin + timedelta(days=1))
    )
    rows = rows.exclude(state=Appointment.State.MOVED).select_related("customer", "kind", "store", "made_by", "visit")
    context = {
        "rows": list(rows.order_by("starts_at", "pk")[:MOST]), "on": on, "before": on - timedelta(days=1),
        "after": on + timedelta(days=1), "today": timezone.localdate(), "store": request.user.counter_store,
        "receives": request.user.may("counter.receive"),
    }  # fmt: skip
    part = "_day.html" if request.htmx else "index.html"
    return render(request, f"touchpoints/appointments/{part}", context)


@door("appointment.book")
@require_POST
def update(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """They are here, did not come, or cancelled."""
    appointment = _visible(request, appointment_id)
    deeds: dict[str, Callable[[], object]] = {
        "arrived": lambda: actions.arrive(appointment, by=request.user),
        "missed": lambda: appointment.miss(by=request.user),
        "cancelled": lambda: appointment.cancel(by=request.user),
    }
    said = request.POST.get("state", "")
    if said not in deeds:
        raise Http404
    try:
        deeds[said]()
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        if said == "arrived":
            return redirect("counter:show", appointment.customer.number)
    if request.POST.get("at") == "customer":
        return redirect("reception:book", appointment.customer.number)
    return redirect(f"{reverse('reception:appointments')}?day={timezone.localdate(appointment.starts_at)}")


@door("appointment.book")
def move(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Another time for the same thing."""
    appointment = _visible(request, appointment_id)
    form = AppointmentForm(request.POST, user=request.user) if request.method == "POST" else None
    if form is not None and form.is_valid():
        said = form.cleaned_data
        try:
            appointment.move_to(
                said["starts_at"], store=said["store"], kind=said["kind"], by=request.user, key=said["key"]
            )
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    if form is not None and not form.errors:
        messages.success(request, _("Moved."))
        return redirect("reception:book", appointment.customer.number)
    return _page(request, appointment.customer, store=appointment.store, form=form, moving=appointment)


@door("appointment.book")
def new(request: StaffRequest, number: str) -> HttpResponse:
    """What is booked for a customer, and a week of places."""
    return _page(request, visible_customer(request, number), store=_store(request))


@door("appointment.book")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = AppointmentForm(request.POST, user=request.user)
    if form.is_valid():
        said = form.cleaned_data
        try:
            Appointment.book(
                customer, said["kind"], store=said["store"], starts_at=said["starts_at"], by=request.user,
                key=said["key"], prepare=said["prepare"],
            )  # fmt: skip
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    if form.errors:
        return _page(request, customer, store=_store(request), form=form)
    messages.success(request, _("Booked."))
    return redirect("reception:book", customer.number)


@door("appointment.book")
@require_POST
def send_link(request: StaffRequest, number: str) -> HttpResponse:
    """A link for the customer's telephone, shown once with its code to scan."""
    customer = visible_customer(request, number)
    url = request.build_absolute_uri(
        reverse("reception:my_booking", args=[booking.make_link(customer, by=request.user)])
    )
    context = {"customer": customer, "url": url, "qr": picture_of(url)}
    return render(request, "touchpoints/appointments/link.html", context)


def _visible(request: StaffRequest, appointment_id: int) -> Appointment:
    rows = Appointment.objects.visible_to(request.user).select_related("customer", "kind", "store", "slot")
    return get_object_or_404(rows, pk=appointment_id)


def _store(request: StaffRequest) -> Store | None:
    """Where to book: the chosen one of the reader's stores, else where they stand."""
    stores = Store.objects.filter(pk__in=request.user.store_ids, closed_on=None).select_related("calendar")
    wanted = request.POST.get("store") or request.GET.get("store", "")
    return stores.filter(code=wanted).first() or request.user.counter_store or stores.first()


def _page(
    request: StaffRequest, customer: Customer, *, store: Store | None, form: AppointmentForm | None = None,
    moving: Appointment | None = None,
) -> HttpResponse:  # fmt: skip
    asked = request.POST if form else request.GET
    usual = moving.kind.code if moving else ""
    offer = booking.offer_of(store, kind=asked.get("kind") or usual, day=asked.get("day", "")) if store else None
    context = {
        "customer": customer, "offer": offer, "form": form, "moving": moving, "key": uuid.uuid4(),
        "booked": booking.booked_by(customer), "waits": booking.waits_of(customer),
        "stores": list(Store.objects.filter(pk__in=request.user.store_ids, capacities__kind__used=True, closed_on=None)
                       .order_by("code").distinct()[:80]),
        "receives": request.user.may("counter.receive"), "here": request.user.counter_store,
    }  # fmt: skip
    return render(request, "touchpoints/appointments/new.html", context, status=422 if form else 200)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
