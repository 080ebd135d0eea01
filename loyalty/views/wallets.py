"""A customer's wallet: what staff see and do, and the page the customer opens by a link."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.letters import as_letter, gone, language_of
from customers.models import CustomerLink
from loyalty import wallet
from loyalty.forms import CorrectionForm, GiveCouponForm, LevelForm
from scrm.kernel.qr import picture_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door, open_door

LINK_DAYS = 30


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    """Points with every line and its arithmetic, level and what is missing, coupons, privileges."""
    customer = visible_customer(request, number)
    if customer.erased_at:
        raise Http404
    context = {"customer": customer, "wallet": wallet.wallet_of(customer, after=request.GET.get("after")),
               "may_give": request.user.may("loyalty.give")}  # fmt: skip
    return render(request, "loyalty/wallets/show.html", context)


@door("customer.read")
def coupon_terms(request: StaffRequest, number: str, coupon_id: int) -> HttpResponse:
    """How one coupon is used, asked for when somebody wants to know."""
    coupon = wallet.coupon_of(visible_customer(request, number), coupon_id)
    if coupon is None:
        raise Http404
    return render(request, "loyalty/wallets/_terms.html", {"coupon": coupon})


@door("loyalty.give")
def deeds(request: StaffRequest, number: str) -> HttpResponse:
    """Give a coupon, correct points, give a level, send the link."""
    return _page(request, visible_customer(request, number))


@door("loyalty.correct")
@require_POST
def correct(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = CorrectionForm(request.POST)
    return _done(request, customer, form, lambda: wallet.correct(customer, by=request.user, **form.cleaned_data))


@door("loyalty.correct")
@require_POST
def give_level(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = LevelForm(request.POST)
    return _done(request, customer, form, lambda: wallet.give_level(customer, by=request.user, **form.cleaned_data))


@door("loyalty.give")
@require_POST
def give_coupon(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    form = GiveCouponForm(request.POST)
    return _done(request, customer, form, lambda: wallet.give_coupon(customer, by=request.user, **form.cleaned_data))


@door("loyalty.give")
@require_POST
def use_privilege(request: StaffRequest, number: str, code: str) -> HttpResponse:
    customer = visible_customer(request, number)
    return _done(request, customer, None, lambda: wallet.use_privilege(customer, code, by=request.user))


@door("loyalty.give")
@require_POST
def send_link(request: StaffRequest, number: str) -> HttpResponse:
    """A link for the customer's telephone, shown once with its code to scan."""
    customer = visible_customer(request, number)
    token = wallet.make_link(customer, by=request.user, until=timezone.now() + timedelta(days=LINK_DAYS))
    url = request.build_absolute_uri(reverse("loyalty:my_wallet", args=[token]))
    return render(request, "loyalty/wallets/link.html", {"customer": customer, "url": url, "qr": picture_of(url)})


def _done(request: StaffRequest, customer: Any, form: Any, deed: Any) -> HttpResponse:
    if form is None or form.is_valid():
        try:
            said = deed()
        except TransitionRefused as refusal:
            if form is None:
                messages.warning(request, str(refusal))
                return redirect("loyalty:wallet", customer.number)
            form.add_error(None, str(refusal))
        else:
            messages.success(request, said)
            return redirect("loyalty:wallet", customer.number)
    return _page(request, customer, form)


def _page(request: StaffRequest, customer: Any, bad: Any = None) -> HttpResponse:
    forms = {"correction": CorrectionForm(initial={"key": uuid.uuid4()}), "level": LevelForm(),
             "coupon": GiveCouponForm(initial={"key": uuid.uuid4()})}  # fmt: skip
    if bad is not None:
        forms |= {name: bad for name, form in forms.items() if type(form) is type(bad)}
    context = {"customer": customer, "forms": forms, "may_correct": request.user.may("loyalty.correct")}
    return render(request, "loyalty/wallets/deeds.html", context, status=422 if bad is not None else 200)


# The customer's own page


@open_door
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """Points, level and coupons as a letter: no sign-in, no script needed; looking changes nothing."""
    link = CustomerLink.objects.opening(token, purpose="wallet").select_related("customer").first()
    if link is None:
        return gone(request)
    with translation.override(language_of(request, link.customer.locale)):
        context = {"customer": link.customer, "wallet": wallet.wallet_of(link.customer, size=12), "token": token,
                   "until": link.until, "language": translation.get_language()}  # fmt: skip
        return as_letter(render(request, "loyalty/letters/wallet.html", context))


@open_door
def coupon_code(request: HttpRequest, token: str, coupon_id: int) -> HttpResponse:
    """One coupon large, with its code to scan at the till."""
    link = CustomerLink.objects.opening(token, purpose="wallet").select_related("customer").first()
    found = wallet.usable_coupon(link.customer, coupon_id) if link else None
    if link is None or found is None:
        return gone(request)
    with translation.override(language_of(request, link.customer.locale)):
        context = {"coupon": found, "qr": picture_of(found.shown_code), "token": token,
                   "language": translation.get_language()}  # fmt: skip
        return as_letter(render(request, "loyalty/letters/coupon.html", context))


@csrf_exempt
@open_door
def not_mine(request: HttpRequest, token: str) -> HttpResponse:
    """The link ends; nobody's name is told."""
    if request.method == "POST":
        for link in CustomerLink.objects.opening(token, purpose="wallet"):
            link.end()
    return gone(request)
