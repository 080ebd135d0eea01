"""Doors for pages of the brand's own site: a chat, and what was looked at by who allowed it. No cookie, no secret."""

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.letters import as_letter, gone, language_of
from scrm.kernel.parsing import read
from scrm.kernel.problem import Problem
from staff.api_key import counted
from staff.doors import METHODS, StaffRequest, door, open_door
from touchpoints import chat, intake
from touchpoints.downloads import handed, too_long, uploaded
from touchpoints.intake import Arrived, lane_of
from touchpoints.models import Channel, Visitor

LARGEST = 64 * 1024
STARTS_A_MINUTE = 30  # of one address


def cross_site(view: Callable[..., HttpResponseBase]) -> Any:
    """Let pages of listed origins read the answer; their browsers ask first."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in (*METHODS, "OPTIONS"):
            return HttpResponseNotAllowed([*METHODS, "OPTIONS"])
        try:
            answer = HttpResponse(status=204) if request.method == "OPTIONS" else view(request, *args, **kwargs)
        except Problem as problem:
            answer = HttpResponse(status=problem.status_code)
        origin = request.headers.get("Origin", "")
        if origin and Channel.objects.on().filter(adapter="web", settings__origins__contains=[origin]).exists():
            answer["Access-Control-Allow-Origin"] = origin
            answer["Access-Control-Allow-Headers"] = "content-type, x-chat-token"
            answer["Vary"] = "Origin"
        answer["Cache-Control"] = "no-store"
        return answer

    guarded.door = "anyone"  # type: ignore[attr-defined]
    return guarded


def body_of(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > LARGEST:
        return {}
    found = read(request.body)
    return found if isinstance(found, dict) else {}


def text_of(said: dict[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    return value[:longest] if isinstance(value, str) else ""


def own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def too_many(name: str, most: int) -> bool:
    return counted(name, 60) > most


@cross_site
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Open a chat: a token for this page, and whether somebody is there."""
    if too_many(f"chat-start:{request.META.get('REMOTE_ADDR')}", STARTS_A_MINUTE):
        return HttpResponse(status=429)
    channel = chat.site(
        text_of(body_of(request), "site", 40), request.headers.get("Origin", ""), own=own_origin(request)
    )
    if channel is None:
        return HttpResponse(status=404)
    visitor, token = Visitor.begin(channel)
    return JsonResponse({"token": token, "conversation": visitor.key, "offline": False})


@cross_site
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """A visitor's words; the same `client_id` again is the same message."""
    visitor = Visitor.holding(request.headers.get("X-Chat-Token", ""))
    if visitor is None:
        return HttpResponse(status=404)
    if too_many(f"chat-say:{visitor.pk}", int(visitor.channel.settings.get("a_minute") or 20)):
        return HttpResponse(status=429)
    if too_long(request):
        return HttpResponse(status=413)
    with_files = request.content_type == "multipart/form-data"
    said = request.POST.dict() if with_files else body_of(request)
    client_id = text_of(said, "client_id", 40)
    heard = chat.hear(
        visitor, text_of(said, "body", 4000), client_id=client_id, name=text_of(said, "name", 80),
        files=uploaded(request.FILES.getlist("files")) if with_files else (),
    )  # fmt: skip
    if heard is None:
        return HttpResponse(status=400)
    return JsonResponse({"ack": client_id, "seq": heard.place})


@cross_site
def messages(request: HttpRequest) -> HttpResponse:
    """What was said after a place; for pages whose sockets are blocked."""
    visitor = Visitor.holding(request.headers.get("X-Chat-Token", ""))
    after = request.GET.get("after", "0")
    if visitor is None or not after.isdecimal() or len(after) > 9:
        return HttpResponse(status=404)
    visitor.renew()
    return JsonResponse({"messages": chat.lines(visitor.conversation, after=int(after))})


@cross_site
def file(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """A file of the visitor's own chat; the page that asks holds the token."""
    visitor = Visitor.holding(request.headers.get("X-Chat-Token", ""))
    found = chat.file_of(visitor, file_id) if visitor is not None else None
    if found is None or request.method == "POST":
        return HttpResponse(status=404)
    return handed(request, found)


@cross_site
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """What a visitor who allowed it looked at: nobody's until the shop vouches for who it was."""
    said = body_of(request)
    channel = chat.site(text_of(said, "site", 40), request.headers.get("Origin", ""), own=own_origin(request))
    visitor, session = text_of(said, "visitor", 64), text_of(said, "session", 64)
    if channel is None or len(visitor) < 20 or not session or said.get("consent") is not True:
        return HttpResponse(status=404)
    if too_many(f"site-seen:{request.META.get('REMOTE_ADDR')}", 240):
        return HttpResponse(status=429)
    now = timezone.now()
    data = {"visitor": visitor, "session": session, "kind": text_of(said, "kind", 30) or "view", "channel": "web",
            "category": text_of(said, "category", 60), "product": text_of(said, "product", 60)}  # fmt: skip
    event = {"type": "browse.seen", "timestamp": now.isoformat(), "data": data}
    row = Arrived(
        f"browse.seen:{uuid.uuid4().hex}", "browse.seen", now, lane_of(("visitor", visitor)), json.dumps(event)
    )
    intake.store(str(channel.settings.get("source") or channel.code), [row])
    return HttpResponse(status=202)


@csrf_exempt
@open_door
def form(request: HttpRequest, code: str) -> HttpResponse:
    """Write to us without a chat: who it is said to be proves nothing, so it is always somebody new."""
    channel = Channel.objects.on().filter(code=code, adapter="web").first()
    if channel is None:
        return gone(request)
    language = language_of(request, "zh-hans")
    with translation.override(language):
        said = QueryDict() if too_long(request) else request.POST  # nothing of it is read
        context = {"channel": channel, "language": language, "said": said, "sent": False, "trouble": ""}
        if request.method == "POST":
            words, contact = said.get("words", "").strip()[:4000], said.get("contact", "").strip()[:120]
            if too_long(request):
                context["trouble"] = _("That was too much at once: send smaller files, or fewer.")
            elif said.get("website") or too_many(f"form:{request.META.get('REMOTE_ADDR')}", 5):
                context["trouble"] = _("That was too much at once. Wait a minute and send it again.")
            elif not words or not contact:
                context["trouble"] = _("Write what it is about and how we reach you.")
            else:
                visitor, _token = Visitor.begin(channel)
                files = uploaded(request.FILES.getlist("files"))
                chat.hear(visitor, f"{words}\n\n{contact}", client_id="form", name=said.get("name", "").strip()[:80],
                          files=files)  # fmt: skip
                context["sent"] = True
        status = 422 if context["trouble"] else 200
        return as_letter(render(request, "touchpoints/channels/form.html", context, status=status))


@door("channel.manage")
def show(request: StaffRequest, code: str) -> HttpResponse:
    """The lines to put on the site's pages, and the chat itself to try."""
    channel = get_object_or_404(Channel, code=code, adapter="web")
    return render(request, "touchpoints/channels/site.html", {"channel": channel, "url": settings.SCRM_URL})
