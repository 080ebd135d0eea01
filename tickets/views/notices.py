"""What a person is to know: the list, the bell, read and unread."""

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from staff.doors import StaffRequest, door
from tickets.models import Notice
from tickets.queries import notices_of, unseen_of


@door("self.manage")
def index(request: StaffRequest) -> HttpResponse:
    return _page(request)


@door("self.manage")
def bell(request: StaffRequest) -> HttpResponse:
    """The badge: one look into an index."""
    return render(request, "_bell_shown.html", {"unseen": unseen_of(request.user)})


@door("self.manage")
@require_POST
def seen(request: StaffRequest) -> HttpResponse:
    """One notice, those of the case that is looked at, or all of them."""
    rows = Notice.objects.visible_to(request.user)
    if case := request.POST.get("case", ""):
        rows.filter(ticket__number=_number(case)).see()
        return render(request, "_bell_shown.html", {"unseen": unseen_of(request.user)})
    if one := request.POST.get("notice", ""):
        rows = rows.filter(pk=_number(one))
        if not rows.exists():
            raise Http404
        rows.see()
        return _page(request) if request.htmx else redirect("tickets:notices")
    moment = timezone.now()
    count = rows.see(at=moment)
    return _page(request, undo=moment if count else None, count=count)


@door("self.manage")
@require_POST
def unseen(request: StaffRequest) -> HttpResponse:
    """A slip: one is new again, or all that were read at one moment."""
    rows = Notice.objects.visible_to(request.user)
    if one := request.POST.get("notice", ""):
        rows = rows.filter(pk=_number(one))
    else:
        moment = _moment(request.POST.get("at", ""))
        rows = rows.filter(seen_at=moment)
    if not rows.exists():
        raise Http404
    rows.unsee()
    return _page(request) if request.htmx else redirect("tickets:notices")


def _page(request: StaffRequest, *, undo: datetime | None = None, count: int = 0) -> HttpResponse:
    shown = notices_of(request.user, only_new=request.GET.get("new") == "1", cursor=request.GET.get("after"))
    context = {
        "shown": shown, "undo": undo.isoformat() if undo else "", "count": count, "unseen": unseen_of(request.user),
        "only_new": request.GET.get("new") == "1",
    }  # fmt: skip
    return render(request, f"tickets/notices/{'_list' if request.htmx else 'index'}.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text[:40])
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        raise Http404
    return moment
