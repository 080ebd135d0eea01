"""What is said in a case: to the customer, about a call or a visit, or among colleagues."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.forms import WordForm
from tickets.models import State, Ticket, Unseen
from tickets.views.cases import page
from touchpoints.downloads import uploaded
from touchpoints.file_kinds import Looked
from touchpoints.models import Attachment, Conversation, Message
from touchpoints.previews import as_sent, preview_of
from touchpoints.scripts import say_with
from touchpoints.sending import send_soon


@door("cases.handle")
@require_POST
def preview(request: StaffRequest, number: int) -> HttpResponse:
    """How the answer would reach the customer, and why it would not; nothing is sent or kept."""
    ticket = visible_ticket(request, number)
    form = WordForm(request.POST, talks=talks_for(ticket), with_files=True)
    typed = request.POST.get("text", "")
    context: dict[str, Any]
    if form.is_valid():
        how = form.cleaned_data["how"]
        context = {"preview": None if isinstance(how, str) else preview_of(how, form.cleaned_data["text"]),
                   "talk": None if isinstance(how, str) else how, "asked": True}  # fmt: skip
    else:
        context = {"preview_trouble": next(str(errors[0]) for errors in form.errors.values()), "asked": True}
    if request.htmx:
        return render(request, "tickets/cases/_preview.html", context | {"customer": ticket.customer})
    return page(request, ticket, text=typed, how=request.POST.get("how", "")[:20], **context)


def talks_for(ticket: Ticket) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(customer=ticket.customer_id)
    return rows.select_related("channel", "customer__home_store", "customer__advisor", "identity")


@door("cases.handle")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = WordForm(request.POST, talks=talks_for(ticket), with_files=bool(request.FILES))
    typed: dict[str, Any] = {"text": request.POST.get("text", ""), "how": request.POST.get("how", "")[:20],
             "token": request.POST.get("token", "")[:40] or None}  # fmt: skip
    if not form.is_valid():
        return page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()), **typed)
    try:
        looked = Attachment.looked_at(uploaded(request.FILES.getlist("files")))
        message = _say(request, ticket, form.cleaned_data, looked)
    except Unseen as unseen:
        return page(request, ticket, newer=unseen.entries, **typed)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal), **typed)
    if message is not None:
        send_soon(message)
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@transaction.atomic
def _say(request: StaffRequest, ticket: Ticket, said: dict[str, Any], files: list[Looked]) -> Message | None:
    token, text, how = str(said["token"]), str(said["text"]), said["how"]
    if isinstance(how, str):
        ticket.note(text, by=request.user, channel="" if how == "note" else how, on_behalf=how != "note", key=token,
                    files=files)  # fmt: skip
        return None
    talk: Conversation = how
    if not said["anyway"]:
        ticket.look_first(said["seen"], by=request.user)
    message = say_with(talk, as_sent(talk, text), by=request.user, token=f"{request.user.pk}:{token}" if token else "",
                       code=str(said["script"]), files=files)  # fmt: skip
    ticket.answer(
        message.body, by=request.user, channel=talk.channel.way, source="message", source_ref=str(message.pk),
        message=message.pk, at=message.at, then=State.WAITING if said["wait"] else "",
    )  # fmt: skip
    return message
