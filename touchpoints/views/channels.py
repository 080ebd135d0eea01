"""Channels for the operator: on or stopped, their numbers, their secrets given once and never shown again."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.models import Channel, Inbox, Message


@door("channel.manage")
def index(request: StaffRequest) -> HttpResponse:
    dead = list(Inbox.objects.dead().order_by("-pk").values_list("pk", flat=True)[:100])
    context = {"channels": list(Channel.objects.all()[:50]), "dead": len(dead)}
    return render(request, "touchpoints/channels/index.html", context)


@door("channel.manage")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _channel(code))


@door("channel.manage")
@require_POST
def secrets(request: StaffRequest, code: str) -> HttpResponse:
    """Keep the secrets that were typed; an empty field keeps the old one."""
    channel = _channel(code)
    given = {name: request.POST.get(f"secret-{name}", "")[:4000] for name in channel.secrets_given}
    channel.give_secrets(given, by=request.user)
    messages.success(request, _("Kept. Nobody can read them here."))
    return redirect("talks:channel", code)


@door("channel.manage")
@require_POST
@never_cache
def hook(request: StaffRequest, code: str) -> HttpResponse:
    """A new address for the provider to call, shown in this one answer."""
    channel = _channel(code)
    token = channel.new_hook(by=request.user)
    return _page(request, channel, hook=f"{settings.SCRM_URL}{reverse('talks:hook', args=[token])}")


@door("channel.manage")
@require_POST
def switch(request: StaffRequest, code: str) -> HttpResponse:
    channel = _channel(code)
    try:
        if request.POST.get("on") == "1":
            channel.start(by=request.user)
        else:
            channel.stop(_("by hand"), by=request.user)
    except TransitionRefused as refusal:
        return _page(request, channel, refusal=str(refusal))
    return redirect("talks:channel", code)


def _channel(code: str) -> Channel:
    return get_object_or_404(Channel, code=code)


def _page(request: StaffRequest, channel: Channel, *, hook: str = "", refusal: str = "") -> HttpResponse:
    waiting = Message.objects.filter(channel=channel, state=Message.State.QUEUED).order_by("due_at")[:100]
    context = {
        "channel": channel, "hook": hook, "refusal": refusal, "secrets": channel.secrets_given,
        "limits": channel.open().limits(), "waiting": len(waiting),
    }  # fmt: skip
    return render(request, "touchpoints/channels/show.html", context, status=422 if refusal else 200)
