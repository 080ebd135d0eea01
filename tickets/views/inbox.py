"""The inbox: views beside a queue by priority, safety first; a search; several cases at once."""

import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from customers.timeline import CHANNELS
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.bulk import act_on, take_back
from tickets.forms import hands_of
from tickets.macro_words import said_by
from tickets.models import FILTERS, LATER, VIEWS, Macro, SavedView, State, Ticket, Topic
from tickets.queries import Inbox, inbox_of, read_saved, saved_for


@door("cases.read")
def index(request: StaffRequest) -> HttpResponse:
    """A view by its code with filters, or a saved one by its number; without either, with what one begins."""
    saved_views, topics = saved_for(request.user), list(Topic.objects.all())
    saved = _asked_for(request, saved_views)
    if saved is not None:
        view, asked, gone = read_saved(saved, topics)
    else:
        view, gone = request.GET.get("view", ""), []
        if view not in VIEWS:
            view = "mine" if request.user.may("cases.work") else "all"
        given = {name: request.GET.get(name, "") for name in FILTERS}
        asked = {name: value for name, value in given.items() if re.fullmatch(r"[\w-]{1,40}", value, re.ASCII)}
    found = inbox_of(
        request.user, view=view, asked=asked, cursor=request.GET.get("after"), only=request.GET.get("only", "")
    )  # fmt: skip
    found.saved, found.gone = saved, gone
    return _page(request, found, saved_views=saved_views, topics=topics)


def _asked_for(request: StaffRequest, saved_views: list[SavedView]) -> SavedView | None:
    """The saved view of this address; 404 for one that is not one's to see, the same as absent."""
    if "saved" in request.GET:
        asked = request.GET["saved"]
        found = next((one for one in saved_views if str(one.pk) == asked), None)
        if found is None:
            raise Http404
        return found
    if any(name in request.GET for name in ("view", *FILTERS)):
        return None
    return next((one for one in saved_views if one.is_home), None)  # type: ignore[attr-defined]


@door("cases.read")
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """Text may be personal: it never stands in an address."""
    text = request.POST.get("text", "").replace("\0", "").strip()[:100]
    if not text:
        return redirect("tickets:inbox")
    found = inbox_of(request.user, view="all", asked={}, cursor=request.POST.get("after"), search=text)
    return _page(request, found, text=text)


@door("cases.read")
def fresh(request: StaffRequest) -> HttpResponse:
    """How many cases moved since the page was shown, fifty at most: the rows under the finger stay where they are."""
    moment = parse_datetime(request.GET.get("since", "")[:40]) if request.GET.get("since") else None
    if moment is None or timezone.is_naive(moment):
        return HttpResponse(status=204)
    mine = Q(owner=request.user) | Q(owner=None) | Q(handler=request.user)
    moved = Ticket.objects.visible_to(request.user).live().filter(mine, last_at__gt=moment).order_by()
    return render(request, "tickets/inbox/_fresh.html", {"fresh": len(moved.values_list("pk", flat=True)[:50])})


@door("cases.work")
@require_POST
def bulk(request: StaffRequest) -> HttpResponse:
    """One deed on several cases; what could not be done is named with its reason. A macro is chosen on a page."""
    numbers = [int(text) for text in request.POST.getlist("case")[:100] if text.isdecimal() and len(text) < 10]
    if numbers and request.POST.get("deed") == "macro" and not request.POST.get("to", "").startswith("macro-"):
        macros = said_by(Macro.objects.visible_to(request.user).own_first()[:60])
        context = {"numbers": numbers, "macros": macros, "token": uuid.uuid4().hex}
        return render(request, "tickets/inbox/bulk_macro.html", context)
    try:
        result = act_on(
            request.user, numbers, deed=request.POST.get("deed", ""), to=request.POST.get("to", ""),
            token=request.POST.get("token", "")[:40].replace("\0", ""),
        )  # fmt: skip
    except TransitionRefused as refusal:
        return render(request, "tickets/inbox/bulk.html", {"trouble": str(refusal)}, status=422)
    return render(request, "tickets/inbox/bulk.html", {"result": result})


@door("cases.work")
@require_POST
def undo_bulk(request: StaffRequest) -> HttpResponse:
    """What a macro did to several cases, taken back as far as it goes."""
    try:
        result = take_back(request.user, request.POST.get("batch", "")[:40].replace("\0", ""))
    except TransitionRefused as refusal:
        return render(request, "tickets/inbox/bulk.html", {"trouble": str(refusal)}, status=422)
    return render(request, "tickets/inbox/bulk.html", {"result": result, "back": True})


def _page(
    request: StaffRequest, found: Inbox, *, text: str = "", saved_views: list[SavedView] | None = None,
    topics: list[Topic] | None = None,
) -> HttpResponse:  # fmt: skip
    may_work = request.user.may("cases.work")
    topics = list(Topic.objects.all()) if topics is None else topics
    context = {
        "inbox": found, "views": VIEWS.items(), "text": text, "may_work": may_work, "later": LATER.items(),
        "saved_views": saved_for(request.user) if saved_views is None else saved_views, "chips": _chips(found, topics),
        "topics": [topic for topic in topics if topic.used], "channels": CHANNELS.items(),
        "states": [State.NEW, State.OPEN, State.WAITING, State.HELD],
        "since": timezone.now().isoformat(), "hands": list(hands_of(request.user)[:40]) if may_work else [],
    }  # fmt: skip
    return render(request, f"tickets/inbox/{'_queue' if request.htmx else 'index'}.html", context)


def _chips(found: Inbox, topics: list[Topic]) -> list[tuple[str, str]]:
    """Each active filter in words, and the address without it."""
    names: dict[str, dict[Any, Any]] = {
        "channel": {code: str(words) for code, words in CHANNELS.items()}, "state": dict(State.choices),
        "topic": {topic.code: str(topic) for topic in topics},
    }  # fmt: skip
    chips = []
    for name, value in found.asked.items():
        rest = {"view": found.view} | {other: kept for other, kept in found.asked.items() if other != name}
        chips.append((str(names[name].get(value, value)), urlencode(rest)))
    return chips
