"""Where news are sent: endpoints, their last attempts, sending again."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints import webhooks
from touchpoints.models import WebhookDelivery, WebhookEndpoint
from touchpoints.webhook_forms import RangeForm, WebhookForm

ATTEMPTS = 100


@door("client.manage")
@never_cache
@require_http_methods(["GET", "POST"])
def index(request: StaffRequest) -> HttpResponse:
    """Every endpoint; POST adds one and shows its secret in this one answer."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = WebhookEndpoint.add(by=request.user, **form.cleaned_data)
            webhooks.forget_endpoints()
            return _page(request, endpoint, secret=secret)
        except TransitionRefused as refusal:
            form.add_error("client", str(refusal))
    rows = WebhookEndpoint.objects.select_related("client").exclude(state="ended").order_by("client__code", "code")
    context = {"endpoints": rows[:200], "form": form}
    return render(request, "touchpoints/webhooks/index.html", context, status=422 if form.errors else 200)


@door("client.manage")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _endpoint(code))


@require_POST
@door("client.manage")
def test(request: StaffRequest, code: str) -> HttpResponse:
    endpoint = _endpoint(code)
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        return _page(request, endpoint, refusal=_("It does not send now: let it send first."))
    webhooks.send_test(endpoint)
    messages.success(request, _("A test is on its way; its answer will stand below in a few seconds."))
    return redirect("webhooks:show", code)


@require_POST
@door("client.manage")
def pause(request: StaffRequest, code: str) -> HttpResponse:
    return _moved(request, code, lambda endpoint: endpoint.pause(by=request.user))


@require_POST
@door("client.manage")
def resume(request: StaffRequest, code: str) -> HttpResponse:
    return _moved(request, code, lambda endpoint: endpoint.resume(by=request.user))


@require_POST
@door("client.manage")
def end(request: StaffRequest, code: str) -> HttpResponse:
    return _moved(request, code, lambda endpoint: endpoint.end(by=request.user))


@require_POST
@door("client.manage")
@never_cache
def rotate(request: StaffRequest, code: str) -> HttpResponse:
    endpoint = _endpoint(code)
    try:
        secret = endpoint.rotate(by=request.user)
    except TransitionRefused as refusal:
        return _page(request, endpoint, refusal=str(refusal))
    return _page(request, _endpoint(code), secret=secret)


@require_POST
@door("client.manage")
def replay(request: StaffRequest, code: str) -> HttpResponse:
    """Send one message again, or every one between two moments."""
    endpoint = _endpoint(code)
    one = request.POST.get("delivery", "")
    if one.isdecimal() and len(one) < 18:
        wanted = WebhookDelivery.objects.filter(endpoint=endpoint, pk=int(one))
    else:
        form = RangeForm(request.POST)
        if not form.is_valid():
            return _page(request, endpoint, refusal=str(next(iter(form.errors.values()))[0]))
        wanted = WebhookDelivery.objects.filter(
            endpoint=endpoint, created_at__range=(form.cleaned_data["since"], form.cleaned_data["until"])
        )
    count = endpoint.replay(wanted, by=request.user)
    told = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    messages.success(request, told % {"count": count})
    return redirect("webhooks:show", code)


def _endpoint(code: str) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.select_related("client").exclude(state="ended"), code=code)


def _moved(request: StaffRequest, code: str, move: Callable[[WebhookEndpoint], None]) -> HttpResponse:
    endpoint = _endpoint(code)
    try:
        move(endpoint)
    except TransitionRefused as refusal:
        return _page(request, endpoint, refusal=str(refusal))
    webhooks.forget_endpoints()
    return redirect("webhooks:index") if endpoint.state == "ended" else redirect("webhooks:show", code)


def _page(request: StaffRequest, endpoint: WebhookEndpoint, *, secret: str = "", refusal: str = "") -> HttpResponse:
    left = endpoint.deliveries.exclude(state="sent")
    context = {
        "endpoint": endpoint, "secret": secret, "refusal": refusal,
        "attempts": endpoint.attempts.select_related("delivery").order_by("-at", "-id")[:ATTEMPTS],
        "waiting": left.filter(state="waiting")[:1000].count(), "dead": left.filter(state="dead")[:1000].count(),
    }  # fmt: skip
    return render(request, "touchpoints/webhooks/show.html", context, status=422 if refusal else 200)
