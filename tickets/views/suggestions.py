"""Articles that could answer a case, and whether one did."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from staff.doors import StaffRequest, door
from tickets.models import ArticleVersion, ArticleVote, Ticket
from tickets.suggestions import for_case


@door("article.read")
def suggest(request: StaffRequest) -> HttpResponse:
    return _shown(request, _case(request, request.GET.get("ticket", "")))


@door("article.read")
@require_POST
def vote(request: StaffRequest, code: str) -> HttpResponse:
    """Whether an article helped in a case: said by a colleague who sees the case."""
    ticket = _case(request, request.POST.get("ticket", ""))
    version = get_object_or_404(ArticleVersion.objects.visible_to(request.user).live(), article__code=code)
    ArticleVote.in_case(version, ticket, helped=request.POST.get("helped") == "yes", by=request.user)
    if request.htmx:
        return _shown(request, ticket)
    return redirect(f"{reverse('knowledge:suggest')}?ticket={ticket.number}")


def _case(request: StaffRequest, number: str) -> Ticket:
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Http404
    return get_object_or_404(Ticket.objects.visible_to(request.user).select_related("topic"), number=int(number))


def _shown(request: StaffRequest, ticket: Ticket) -> HttpResponse:
    context = {"ticket": ticket, "suggestions": for_case(ticket, locale=get_language() or "")}
    page = "_suggestions.html" if request.htmx else "suggestions.html"
    return render(request, f"tickets/knowledge/{page}", context)
