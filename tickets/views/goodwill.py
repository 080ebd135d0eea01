"""Making it good in a case: what is left of one's authority, giving, and taking back."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty.models.giving import grade_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets import authority, goodwill
from tickets.doors import visible_ticket
from tickets.goodwill_forms import GoodwillForm
from tickets.goodwill_page import goodwill_block
from tickets.models import Compensation, Ticket


@door("goodwill.grant")
def show(request: StaffRequest, number: int) -> HttpResponse:
    """What may be given and why; a POST gives it, or says who has to be asked."""
    ticket = visible_ticket(request, number)
    if not authority.in_hand(request.user, ticket):
        raise Http404
    if request.method != "POST":
        return _page(request, ticket)
    form = GoodwillForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, trouble=next(str(errors[0]) for errors in form.errors.values()))
    said = form.cleaned_data
    try:
        made = goodwill.grant(
            ticket, **form.gift, by=request.user, key=str(said["key"]), words=said["words"],
            exception=said["send"] == "exception", ask=said["send"] == "ask",
        )  # fmt: skip
    except goodwill.AboveAuthority as above:
        return _page(request, ticket, trouble=str(above), above=_above(request, ticket, form))
    except TransitionRefused as refusal:
        return _page(request, ticket, trouble=str(refusal))
    return _page(request, ticket, made=made) if request.htmx else redirect("tickets:goodwill", ticket.number)


@door("goodwill.grant")
@require_POST
def take_back(request: StaffRequest, number: int, gift_id: int) -> HttpResponse:
    """Take back what was given, or withdraw what was asked for."""
    ticket = visible_ticket(request, number)
    gifts = Compensation.objects.filter(ticket=ticket) | Compensation.objects.filter(ticket__merged_into=ticket)
    gift = get_object_or_404(gifts.select_related("ticket"), pk=gift_id)
    try:
        if gift.state == Compensation.State.PENDING:
            goodwill.withdraw(gift, by=request.user)
        else:
            goodwill.take_back(gift, by=request.user)
    except TransitionRefused as refusal:
        return _page(request, ticket, trouble=str(refusal))
    return _page(request, ticket) if request.htmx else redirect("tickets:goodwill", ticket.number)


def _above(request: StaffRequest, ticket: Ticket, form: GoodwillForm) -> dict[str, Any]:
    """What is offered instead: whom it would go to, and how far an exception goes."""
    gift, user = form.gift, request.user
    amount = authority.cost_of(gift["template"]) if gift["template"] else gift["amount"]
    people = authority.who_decides(
        authority.store_of(ticket, user), gift["kind"], amount, gift["reason"], giver=user,
        grade=grade_of(ticket.customer_id),
    )  # fmt: skip
    left = authority.left_for(ticket, gift["kind"], by=user, reason=gift["reason"])
    return {
        "asked": people[0] if people else None, "may_except": left.authority and amount <= left.authority.exception_max,
        "nobody": "" if people else _("Nobody here may approve that much. Give less, or ask head office."),
    }  # fmt: skip


def _page(request: StaffRequest, ticket: Ticket, *, trouble: str = "", **more: Any) -> HttpResponse:
    """The block in its place, or as a page; a refusal keeps what was typed and its key."""
    typed = request.POST if trouble else {}
    context = goodwill_block(ticket, request.user) | {
        "trouble": trouble, "typed": typed, "key": _key(typed.get("key", "")), "part": "tickets/goodwill/_block.html",
    } | more  # fmt: skip
    template = context["part"] if request.htmx else "tickets/cases/form.html"
    return render(request, template, context, status=422 if trouble else 200)


def _key(typed: str) -> str:
    try:
        return str(uuid.UUID(typed))
    except ValueError:
        return str(uuid.uuid4())
