"""Coupons at the counter: choose for this basket, use with one tap, take back with one tap."""

import re
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from loyalty import checkout
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from staff.models import Store


@door("loyalty.redeem")
def show(request: StaffRequest, number: str) -> HttpResponse:
    """The basket the till has open, or the one being typed; the best coupons are chosen already."""
    customer, store = visible_customer(request, number), _store(request)
    if store is None:
        return render(request, "counter/no_store.html")
    if request.method == "POST":
        return _typed(request, customer, store)
    rows, from_till = checkout.open_basket(customer, store)
    laid = checkout.prepare(customer, store, rows, from_till=from_till)
    return _shown(request, customer, laid)


@door("loyalty.redeem")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer, store = visible_customer(request, number), _store(request)
    key = request.POST.get("key", "")
    if store is None or not re.fullmatch(r"[0-9a-f-]{36}", key):
        raise Http404
    try:
        checkout.complete(
            customer, store, checkout.rows_of(request.POST.getlist("row")), chosen=_chosen(request) or [],
            by=request.user, with_points=bool(request.POST.get("points")), key=key,
            order_ref=request.POST.get("till", "")[:120],
        )  # fmt: skip
    except TransitionRefused as refusal:
        return _typed(request, customer, store, trouble=str(refusal))
    return redirect("loyalty:redeemed", key)


@door("loyalty.redeem")
def done(request: StaffRequest, key: uuid.UUID) -> HttpResponse:
    found = checkout.done_by(str(key), user=request.user)
    if found is None:
        raise Http404
    return render(request, "loyalty/redeem/done.html", {"done": found, "customer": checkout.customer_of(found)})


@door("loyalty.redeem")
@require_POST
def undo(request: StaffRequest, key: uuid.UUID) -> HttpResponse:
    found = checkout.done_by(str(key), user=request.user)
    if found is None:
        raise Http404
    try:
        checkout.undo(found, by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("loyalty:redeemed", key)
    messages.success(request, _("Taken back: coupons and points lie in the wallet again."))
    return redirect("loyalty:redeem", checkout.customer_of(found).number)


def _typed(request: StaffRequest, customer: Customer, store: Store, *, trouble: str = "") -> HttpResponse:
    """The basket as the form has it, with one row more or less; a refusal leaves all as it was."""
    asked = request.POST
    status, chosen = 422 if trouble else 200, _chosen(request)
    try:
        rows = checkout.rows_of(asked.getlist("row"))
        if "add" in asked:
            rows, chosen = [*rows, checkout.row_typed(asked.get("sku", ""), asked.get("amount", ""))], None
        elif (place := asked.get("drop", "")).isdigit() and int(place) < len(rows):
            del rows[int(place)]
            chosen = None
    except TransitionRefused as refusal:
        rows = rows if "rows" in locals() else []
        trouble, status = str(refusal), 422
    laid = checkout.prepare(customer, store, rows, chosen=chosen, with_points=bool(asked.get("points")),
                            from_till=asked.get("till", "")[:120])  # fmt: skip
    laid.trouble = trouble or laid.trouble
    return _shown(request, customer, laid, status=status)


def _shown(request: StaffRequest, customer: Customer, laid: checkout.Checkout, *, status: int = 200) -> HttpResponse:
    part = "loyalty/redeem/_checkout.html" if request.htmx else "loyalty/redeem/show.html"
    context: dict[str, Any] = {"customer": customer, "laid": laid, "key": str(uuid.uuid4())}
    return render(request, part, context, status=status)


def _chosen(request: StaffRequest) -> list[int] | None:
    """The coupons ticked by hand; None before anybody chose."""
    if "chosen" not in request.POST:
        return None
    return [int(pk) for pk in request.POST.getlist("coupon") if pk.isdigit() and len(pk) < 19]


def _store(request: StaffRequest) -> Store | None:
    return request.user.counter_store
