"""The customer's side, played: what arrived on their telephone, what they write back, and how a bad day feels."""

import base64
import json
import uuid

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Identity
from customers.queries import find
from staff.doors import StaffRequest, door
from touchpoints import intake
from touchpoints.channels.protocol import Item, Outcome
from touchpoints.downloads import uploaded
from touchpoints.models import Channel, Message
from touchpoints.models.channel import IDENTITIES, Way
from touchpoints.models.talk import LONGEST


@door("channel.manage")
def index(request: StaffRequest) -> HttpResponse:
    """Whom to play: found as at the counter; a POST, since a name must not stand in an address."""
    found = find(request.user, request.POST.get("q", "")) if request.method == "POST" else None
    return render(request, "touchpoints/sandbox/index.html", {"found": found, "channels": _channels()})


@door("channel.manage")
def show(request: StaffRequest, number: str) -> HttpResponse:
    """The telephone of one customer."""
    customer = visible_customer(request, number)
    lines = list(
        Message.objects.filter(customer=customer, channel__adapter="sandbox").exclude(state__in=("queued", "stopped"))
        .select_related("channel").prefetch_related("attachments").order_by("-at", "-pk")[:30]
    )[::-1]  # fmt: skip
    context = {"customer": customer, "lines": lines, "channels": _channels(), "token": uuid.uuid4().hex}
    part = "_phone.html" if request.htmx and request.method == "GET" else "show.html"
    return render(request, f"touchpoints/sandbox/{part}", context)


@door("channel.manage")
@require_POST
def say(request: StaffRequest, number: str) -> HttpResponse:
    """The customer writes: through the same store and the same reader as any provider's call."""
    customer = visible_customer(request, number)
    channel = get_object_or_404(_channels(), code=request.POST.get("channel", ""))
    text = request.POST.get("text", "").strip()[:LONGEST]
    token = request.POST.get("token", "")[:40]
    identity = _identity(customer, channel)
    files = uploaded(request.FILES.getlist("files"))
    if (text or files) and token and identity is not None:
        told = [{"name": one.name, "content": base64.b64encode(one.content).decode()} for one in files]
        body = json.dumps({"kind": identity.kind, "value": identity.in_clear(), "text": text, "files": told})
        kind = "opt_out" if text.upper() in ("R", "TD", "T", "退订", "STOP") and channel.way == "sms" else "message"
        item = Item(f"{kind}:{token}", kind, timezone.now(), body, lane=f"{identity.pk}")
        intake.store_items(channel, [item])
        intake.work_off(at_most=20)
    return redirect("talks:sandbox_phone", customer.number)


@door("channel.manage")
@require_POST
def report(request: StaffRequest, number: str, message_id: int) -> HttpResponse:
    """What the provider says became of a message: delivered, read, not delivered."""
    customer = visible_customer(request, number)
    message = get_object_or_404(
        Message.objects.select_related("channel"), pk=message_id, customer=customer, channel__adapter="sandbox",
        direction="out",
    )  # fmt: skip
    outcome = request.POST.get("outcome", "")
    if outcome not in (Outcome.DELIVERED, Outcome.READ, Outcome.FAILED):
        raise Http404
    body = json.dumps({"kind": "phone", "value": "", "message": message.public_id, "outcome": outcome})
    item = Item(f"{outcome}:{message.public_id}", "receipt", timezone.now(), body, lane=message.public_id)
    intake.store_items(message.channel, [item])
    intake.work_off(at_most=20)
    return redirect("talks:sandbox_phone", customer.number)


def _channels() -> QuerySet[Channel]:
    return Channel.objects.filter(adapter="sandbox").order_by("code")


def _identity(customer: Customer, channel: Channel) -> Identity | None:
    """The address the channel knows the customer by; a person without one gets one of the sandbox's own."""
    kinds = IDENTITIES[Way(channel.way)]
    held = customer.identities.live().filter(kind__in=kinds, shared=False).order_by("-verified_at", "pk").first()
    if held is not None or channel.way in (Way.SMS, Way.PHONE, Way.MAIL):
        return held
    from customers.actions import add_identity

    return add_identity(customer, kind=kinds[0], value=f"sandbox-{customer.number}", source=channel.code)
