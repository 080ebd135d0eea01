"""Machines that speak to us: their keys, what they may do, what they asked lately."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.client_forms import ClientForm, ScopesForm
from staff.doors import StaffRequest, door
from staff.models import ApiClient, SigningSecret
from staff.models.client import SCOPES

CALLS = 100


@door("client.manage")
@require_http_methods(["GET", "POST"])
def index(request: StaffRequest) -> HttpResponse:
    """Every client; POST adds one."""
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            client = ApiClient.add(code=given["code"], name=given["name"], scopes=given["scopes"], by=request.user)
            return redirect("staff:api_client", client.code)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
    clients = [
        {"client": client, "scopes": [SCOPES[scope] for scope in client.scopes if scope in SCOPES]}
        for client in ApiClient.objects.all()[:500]
    ]
    context = {"clients": clients, "form": form}
    return render(request, "staff/api_clients/index.html", context, status=422 if form.errors else 200)


@door("client.manage")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _client(code))


@require_POST
@door("client.manage")
@never_cache
def make_key(request: StaffRequest, code: str) -> HttpResponse:
    """A new key, shown in this one answer."""
    client = _client(code)
    try:
        secret = client.rotate(
            by=request.user, former_lives=request.POST.get("former") != "ends",
            instead_of=request.POST.get("instead_of", ""),
        )  # fmt: skip
    except TransitionRefused as refusal:
        return _page(request, client, refusal=str(refusal))
    return _page(request, _client(code), secret=secret)


@require_POST
@door("client.manage")
def end_key(request: StaffRequest, code: str) -> HttpResponse:
    client = _client(code)
    try:
        client.end_secret(request.POST.get("tail", ""), by=request.user)
    except TransitionRefused as refusal:
        return _page(request, client, refusal=str(refusal))
    messages.success(request, _("This key opens nothing any more."))
    return redirect("staff:api_client", code)


@require_POST
@door("client.manage")
@never_cache
def make_signing_key(request: StaffRequest, code: str) -> HttpResponse:
    """A new key to sign events with, shown in this one answer."""
    client = _client(code)
    try:
        secret = SigningSecret.make(client, by=request.user)
    except TransitionRefused as refusal:
        return _page(request, client, refusal=str(refusal))
    return _page(request, client, signing=secret)


@require_POST
@door("client.manage")
def end_signing_key(request: StaffRequest, code: str, secret_id: int) -> HttpResponse:
    client = _client(code)
    get_object_or_404(SigningSecret, pk=secret_id, client=client).end(by=request.user)
    messages.success(request, _("Nothing signed with this key is taken any more."))
    return redirect("staff:api_client", code)


@require_POST
@door("client.manage")
def scopes(request: StaffRequest, code: str) -> HttpResponse:
    client = _client(code)
    form = ScopesForm(request.POST)
    if not form.is_valid():
        return _page(request, client, refusal=_("There is no such right."))
    client.set_scopes(form.cleaned_data["scopes"], by=request.user)
    messages.success(request, _("Kept. It holds from the next request on."))
    return redirect("staff:api_client", code)


@require_POST
@door("client.manage")
def switch(request: StaffRequest, code: str) -> HttpResponse:
    client = _client(code)
    try:
        client.switch(on=request.POST.get("on") == "1", by=request.user)
    except TransitionRefused as refusal:
        return _page(request, client, refusal=str(refusal))
    return redirect("staff:api_client", code)


def _client(code: str) -> ApiClient:
    return get_object_or_404(ApiClient, code=code)


def _page(
    request: StaffRequest, client: ApiClient, *, secret: str = "", signing: str = "", refusal: str = ""
) -> HttpResponse:
    calls = list(client.calls.order_by("-at", "-id")[:CALLS])
    last_used = {call.tail: call.at for call in reversed(calls)}
    wrong = [call for call in calls if call.status >= 400]
    context = {
        "client": client, "secret": secret, "signing": signing, "refusal": refusal,
        "signing_keys": list(SigningSecret.live(client)), "wrong": len(wrong),
        "limit": settings.API_CALLS_A_MINUTE,
        "calls": wrong if request.GET.get("only") == "wrong" else calls, "only": request.GET.get("only", ""),
        "used": last_used.get(client.secret_tail), "former_used": last_used.get(client.former_tail),
        "scopes": [(code, words, code in client.scopes) for code, words in SCOPES.items()],
    }  # fmt: skip
    return render(request, "staff/api_clients/show.html", context, status=422 if refusal else 200)
