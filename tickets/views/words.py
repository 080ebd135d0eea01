"""What is said in a case: to the customer, about a call or a visit, or among colleagues."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.forms import WordForm
from tickets.models import State, Ticket
from tickets.views.cases import page
from touchpoints.downloads import uploaded
from touchpoints.file_kinds import Looked
from touchpoints.models import Attachment, Conversation, Message
from touchpoints.scripts import say_with
from touchpoints.sending import send_soon


@door("cases.handle")
@require_POST
def create(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    talks = Conversation.objects.filter(customer=ticket.customer_id).select_related("channel", "customer")
    form = WordForm(request.POST, talks=talks, with_files=bool(request.FILES))
    typed = request.POST.get("text", "")
    if not form.is_valid():
        return page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()), text=typed)
    try:
        looked = Attachment.looked_at(uploaded(request.FILES.getlist("files")))
        message = _say(request, ticket, form.cleaned_data, looked)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal), text=typed)
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
    message = say_with(talk, text, by=request.user, token=f"{request.user.pk}:{token}" if token else "",
                       code=str(said["script"]), files=files)  # fmt: skip
    ticket.answer(
        message.body, by=request.user, channel=talk.channel.way, source="message", source_ref=str(message.pk),
        message=message.pk, at=message.at, then=State.WAITING if said["wait"] else "",
    )  # fmt: skip
    return message
