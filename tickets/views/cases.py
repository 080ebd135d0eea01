"""A case: shown, opened, moved, described; a conflict shows both sides and loses nothing."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from staff.models import Store
from tickets import promises
from tickets.case_page import case_page, lines_of, others_of
from tickets.doors import visible_ticket
from tickets.forms import AssignForm, CaseForm, DescribeForm, MoveForm, PromiseForm, hands_of, moment_of
from tickets.live import others_here
from tickets.macro_words import said_by
from tickets.models import LATER, CaseJoin, Entry, Macro, Outdated, Status, Ticket, Topic, Urgency
from tickets.panels import cases_of

VERBS = ("take", "wait", "hold", "resume", "resolve", "reopen", "snooze")
DESK_ONLY = ("take", "snooze", "reopen")
FORMS = ("store", "later", "pass", "about", "join", "macros")


@door("cases.read")
def show(request: StaffRequest, number: int) -> HttpResponse:
    if (ticket := _still_seen(request, number)) is None:
        return render(request, "tickets/cases/_left.html")
    return page(request, ticket)


@door("cases.read")
def here(request: StaffRequest, number: int) -> HttpResponse:
    """Who else has the case open, who is writing: a line of the page."""
    ticket = _still_seen(request, number)
    people = others_here(ticket, request.user) if ticket else []
    return render(request, "tickets/cases/_here.html", {"people": people})


@door("cases.read")
def of_customer(request: StaffRequest, number: str) -> HttpResponse:
    """A customer's cases: the block of the customer page and of the counter, or a page."""
    customer = visible_customer(request, number)
    context = {"customer": customer, "item": cases_of(request.user, customer)}
    return render(request, f"tickets/cases/{'_of_customer' if request.htmx else 'of_customer'}.html", context)


@door("cases.handle")
def new(request: StaffRequest, customer: str) -> HttpResponse:
    """A case begun at the counter or on the phone."""
    person = visible_customer(request, customer)
    asked = request.POST if request.method == "POST" else None
    form = CaseForm(asked)
    if asked is not None and form.is_valid():
        said = form.cleaned_data
        try:
            channel = said["channel"] or ("store" if request.user.counter_store else "phone")
            ticket, fresh = Ticket.open(
                person, said["subject"], topic=said["topic"], channel=channel, by=request.user, owner=request.user,
                store=request.user.counter_store, source="staff",
                source_ref=f"{request.user.pk}:{said['token']}" if said["token"] else "",
            )  # fmt: skip
            if fresh and said["body"].strip():
                ticket.note(said["body"], by=request.user, channel=channel, on_behalf=True)
            return redirect("tickets:show", ticket.number)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "customer": person, "form": form, "topics": list(Topic.objects.filter(used=True)),
        "token": request.POST.get("token") or uuid.uuid4().hex,
    }  # fmt: skip
    return render(request, "tickets/cases/new.html", context, status=422 if form.errors else 200)


@door("cases.handle")
@require_POST
def move(request: StaffRequest, number: int, verb: str) -> HttpResponse:
    """Take it, wait, hold, go on, finish, open again, put off."""
    ticket = visible_ticket(request, number)
    if verb not in VERBS or (verb in DESK_ONLY and not request.user.may("cases.work")):
        raise Http404
    form = MoveForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=_first(form))
    said = form.cleaned_data
    try:
        if verb == "hold":
            ticket.hold(by=request.user, reason=said["reason"], status=said["status"])
        elif verb == "wait":
            ticket.wait(by=request.user, status=said["status"])
        elif verb == "resolve":
            ticket.resolve(by=request.user, status=said["status"], note=said["reason"])
        elif verb == "snooze":
            ticket.snooze(moment_of(said["until"] or "hour"), by=request.user)
        else:
            getattr(ticket, verb)(by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.work")
@require_POST
def topic(request: StaffRequest, number: int) -> HttpResponse:
    """The topic that was guessed is right."""
    ticket = visible_ticket(request, number)
    try:
        ticket.settle_topic(by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.work")
@require_POST
def assign(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = AssignForm(request.POST, user=request.user)
    if not form.is_valid():
        return page(request, ticket, trouble=_first(form))
    try:
        ticket.assign(form.cleaned_data["to"], by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.work")
@require_POST
def describe(request: StaffRequest, number: int) -> HttpResponse:
    """Change what it is about; 409 with both sides when somebody was faster."""
    ticket = visible_ticket(request, number)
    form = DescribeForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=_first(form))
    said = form.cleaned_data
    version = said.pop("version")
    said["risk"] = said["topic"].risk if said["topic"] else ticket.risk
    try:
        ticket.describe(by=request.user, version=version, **said)
    except Outdated as outdated:
        context = {"ticket": outdated.ticket, "mine": said, "urgencies": Urgency(said["urgency"]).label}
        return render(request, "tickets/cases/conflict.html", context, status=409)
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.handle")
@require_POST
def promise(request: StaffRequest, number: int) -> HttpResponse:
    ticket = visible_ticket(request, number)
    form = PromiseForm(request.POST)
    if not form.is_valid():
        return page(request, ticket, trouble=_first(form))
    if not ticket.is_live:
        raise Http404
    promises.promise(ticket, form.cleaned_data["words"], form.cleaned_data["due"], by=request.user)
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.handle")
@require_POST
def visit(request: StaffRequest, number: int) -> HttpResponse:
    """Somebody will go there; and later, somebody is there."""
    ticket = visible_ticket(request, number)
    verb = promises.arrived if request.POST.get("there") else promises.promise_visit
    try:
        verb(ticket)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    return page(request, ticket) if request.htmx else redirect("tickets:show", ticket.number)


@door("cases.work")
def form(request: StaffRequest, number: int, name: str) -> HttpResponse:
    """One of the desk's forms, in its place or as a page."""
    ticket = visible_ticket(request, number)
    if name not in FORMS or not ticket.is_live:
        raise Http404
    context = {
        "ticket": ticket, "part": f"tickets/cases/forms/_{name}.html", "later": LATER.items(),
        "statuses": Status.objects.filter(used=True, state="held"), "urgencies": Urgency.choices,
        "stores": Store.objects.filter(closed_on=None).only("code", "name")[:200],
        "topics": Topic.objects.filter(used=True).only("code", "name", "place"),
        "hands": hands_of(request.user)[:40], "others": others_of(ticket, request.user),
        "lines": lines_of(ticket, request.user),
        "macros": said_by(Macro.objects.visible_to(request.user).own_first()[:60]) if name == "macros" else [],
        "token": uuid.uuid4().hex,
        "joins": CaseJoin.objects.filter(survivor=ticket, undone_at=None).select_related("other")[:10],
    }  # fmt: skip
    return render(request, str(context["part"]) if request.htmx else "tickets/cases/form.html", context)


def page(
    request: StaffRequest, ticket: Ticket, *, trouble: str = "", text: str = "", token: str | None = None,
    newer: Sequence[Entry] = (), **more: Any,
) -> HttpResponse:  # fmt: skip
    """The case as a page, or its inside for a script; a refusal and news keep what was typed."""
    if trouble or newer:
        ticket = visible_ticket(request, ticket.number)
    own = {"trouble": trouble, "text": text, "token": token or uuid.uuid4().hex, "newer": newer}
    part = "_case.html" if request.htmx else "show.html"
    status = 422 if trouble else 409 if newer else 200
    return render(request, f"tickets/cases/{part}", case_page(request, ticket) | own | more, status=status)


def _still_seen(request: StaffRequest, number: int) -> Ticket | None:
    """The case; None when it went out of sight while it stood open, and the same for a number that never was."""
    try:
        return visible_ticket(request, number)
    except Http404:
        if request.htmx:
            return None
        raise


def _first(form: Any) -> str:
    return next(str(errors[0]) for errors in form.errors.values())
