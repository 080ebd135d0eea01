"""A done case written down for colleagues: shown without its customer first, kept when somebody has read it."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.article_forms import ArticleForm, field_of
from tickets.case_library import keep, learned, new_code
from tickets.models import Ticket

REVIEW = timedelta(days=180)


@door("article.write")
def new(request: StaffRequest) -> HttpResponse:
    """What was learned from `?ticket=`, to be read, changed and kept; nothing is written by looking."""
    number = (request.POST if request.method == "POST" else request.GET).get("ticket", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Http404
    cases = Ticket.objects.visible_to(request.user).select_related("topic", "customer")
    ticket = get_object_or_404(cases, number=int(number))
    try:
        if request.method != "POST":
            form = _begun(ticket)
        else:
            form = ArticleForm(request.POST, for_colleagues=True)
            if form.is_valid():
                version = keep(
                    ticket, form.cleaned_data["code"], form.words("title"), form.words("body"), by=request.user,
                    review_by=form.cleaned_data["review_by"], **form.columns(),
                )  # fmt: skip
                return redirect(f"{reverse('knowledge:show', args=[version.article.code])}?version={version.number}")
    except TransitionRefused as refusal:
        if request.method != "POST":
            return render(
                request, "tickets/knowledge/from_case.html", {"ticket": ticket, "trouble": refusal}, status=422
            )
        form.add_error(None, str(refusal))
    context = {"form": form, "ticket": ticket}
    return render(request, "tickets/knowledge/from_case.html", context, status=422 if form.errors else 200)


def _begun(ticket: Ticket) -> ArticleForm:
    found = learned(ticket)
    return ArticleForm(
        for_colleagues=True,
        initial={
            "code": new_code(ticket), "topic": ticket.topic.code if ticket.topic else "",
            "review_by": timezone.localdate() + REVIEW, field_of("title", found.locale): found.title,
            field_of("body", found.locale): found.body,
        },
    )  # fmt: skip
