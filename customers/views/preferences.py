"""Consents: the customer's own page by link, the way out of mails, and what staff see and write down."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers import preferences
from customers.doors import visible_customer
from customers.letters import as_letter, gone, language_of
from customers.models import Consent, CustomerLink
from customers.timeline import CHANNELS
from scrm.kernel.qr import picture_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door, open_door

# By staff


@door("customer.read")
def show(request: StaffRequest, number: str, *, trouble: str = "") -> HttpResponse:
    """The block of the customer page, or a page of its own: what stands, since when, from where."""
    customer = visible_customer(request, number)
    context = {
        "customer": customer, "trouble": trouble, "may_write": request.user.may("fact.write"),
        "standing": [(one, CHANNELS.get(one.channel, "")) for one in Consent.objects.standing_of(customer)],
    }  # fmt: skip
    part = "_consents.html" if request.htmx else "show.html"
    return render(request, f"customers/consents/{part}", context, status=422 if trouble else 200)


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """What the customer said to a colleague: yes or no to one purpose on one channel."""
    customer = visible_customer(request, number)
    said = request.POST
    try:
        Consent.objects.say(
            customer, said.get("purpose", ""), said.get("channel", ""), given=said.get("given") == "1",
            origin=Consent.Origin.STAFF, by=request.user, store=request.user.counter_store,
        )  # fmt: skip
    except TransitionRefused as refusal:
        return show(request, number, trouble=str(refusal))
    return show(request, number) if request.htmx else redirect("customers:show", customer.number)


@door("fact.write")
@require_POST
def send_link(request: StaffRequest, number: str) -> HttpResponse:
    """A link for the customer's telephone, shown once with its code to scan."""
    customer = visible_customer(request, number)
    token = preferences.make_link(customer, by=request.user)
    url = request.build_absolute_uri(reverse("customers:my_preferences", args=[token]))
    return render(request, "customers/consents/link.html", {"customer": customer, "url": url, "qr": picture_of(url)})


# By the customer. The token is the key: no session is used, so none can be ridden on.


@csrf_exempt
@open_door
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing; each switch is a button of its own."""
    link = _link(token, preferences.PURPOSE)
    if link is None:
        return gone(request)
    with translation.override(language_of(request, link.customer.locale)):
        trouble = just = again = ""
        if request.method == "POST":
            try:
                just, again = preferences.act(link, request.POST.dict())
            except TransitionRefused as refusal:
                trouble = str(refusal)
        if "not_mine" in request.POST:
            return gone(request)
        context = {
            **preferences.preferences_of(link.customer), "customer": link.customer, "token": token,
            "until": link.until, "language": translation.get_language(), "trouble": trouble,
            "just": just, "again": again, "now": timezone.now(),
        }  # fmt: skip
        status = 422 if trouble else 200
        return as_letter(render(request, "customers/consents/letter.html", context, status=status))


@csrf_exempt
@open_door
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail provider posts here without cookie, sign-in or redirect; a person who looks gets a button."""
    link = _link(token, preferences.UNSUBSCRIBE)
    if link is None:
        return gone(request)
    with translation.override(language_of(request, link.customer.locale)):
        left = request.method == "POST"
        if left:
            preferences.leave_mail(link.customer)
        return as_letter(render(request, "customers/consents/leave.html", {"token": token, "left": left}))


def _link(token: str, purpose: str) -> CustomerLink | None:
    return CustomerLink.objects.opening(token, purpose=purpose).select_related("customer").first()
