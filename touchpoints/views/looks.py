"""Look boards: the list, those of a customer, one to lay out, share, send, take back and close."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Scene
from scrm.kernel.qr import picture_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints import look_answers, looks
from touchpoints.look_forms import LookForm, OnceForm
from touchpoints.models import LookBoard
from touchpoints.sending import send_soon


@door("look.make")
def index(request: StaffRequest) -> HttpResponse:
    """Mine, or all of the customers one may see, by state."""
    whose, state = "all" if request.GET.get("whose") == "all" else "mine", request.GET.get("state", "")
    state = state if state in LookBoard.State.values else ""
    context = {
        "page": looks.listed(request.user, whose=whose, state=state, cursor=request.GET.get("after")),
        "whose": whose, "state": state, "states": LookBoard.State.choices,
    }  # fmt: skip
    return render(request, "touchpoints/looks/index.html", context)


@door("look.make")
def of_customer(request: StaffRequest, number: str) -> HttpResponse:
    """The block of the customer page, or a page of its own with the form."""
    return _of(request, visible_customer(request, number))


@door("look.make")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer, form = visible_customer(request, number), LookForm(request.POST)
    if form.is_valid():
        try:
            key = str(form.cleaned_data["once"] or uuid.uuid4())
            board = LookBoard.begin(customer, by=request.user, key=key, **form.said)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("looks:show", board.pk)
    return _of(request, customer, form=form)


@door("look.make")
def show(request: StaffRequest, board_id: int) -> HttpResponse:
    return page(request, visible_board(request, board_id))


@door("look.make")
@require_POST
def update(request: StaffRequest, board_id: int) -> HttpResponse:
    """Title, occasion and note."""
    board, form = visible_board(request, board_id), LookForm(request.POST)
    if not form.is_valid():
        return page(request, board, trouble=first_of(form), form=form)
    return done(request, board, lambda: board.describe(**form.said))


@door("look.make")
@require_POST
def share(request: StaffRequest, board_id: int) -> HttpResponse:
    """A link, shown this once: to copy, to scan, or to send."""
    board = visible_board(request, board_id)
    try:
        token = board.share(by=request.user)
    except TransitionRefused as refusal:
        return page(request, board, trouble=str(refusal))
    url = request.build_absolute_uri(reverse("looks:mine", args=[token]))
    return render(request, "touchpoints/looks/link.html", {"board": board, "url": url, "qr": picture_of(url)})


@door("talk.answer")
@require_POST
def send(request: StaffRequest, board_id: int) -> HttpResponse:
    """The link as an answer in the conversation that is open; a second press is the same message."""
    board, form = visible_board(request, board_id), OnceForm(request.POST)
    if not form.is_valid():
        return page(request, board, trouble=first_of(form))
    once = str(form.cleaned_data["once"] or "")
    talk = looks.open_talk(board.customer)
    try:
        message = look_answers.send_in(talk, board, by=request.user, once=once, address=_address(request))
    except TransitionRefused as refusal:
        return page(request, board, trouble=str(refusal))
    send_soon(message)
    messages.success(request, _("Sent."))
    return redirect("looks:show", board.pk)


@door("look.make")
@require_POST
def turn(request: StaffRequest, board_id: int) -> HttpResponse:
    """Taken back to be changed, or closed."""
    board = visible_board(request, board_id)
    deeds: dict[str, Callable[[], object]] = {
        "take_back": lambda: board.take_back(by=request.user), "close": lambda: board.close(by=request.user),
    }  # fmt: skip
    deed = deeds.get(request.POST.get("do", ""))
    if deed is None:
        return page(request, board, trouble=_("Choose what is to be done."))
    return done(request, board, deed)


def done(request: StaffRequest, board: LookBoard, deed: Callable[[], object]) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return page(request, board, trouble=str(refusal))
    return redirect("looks:show", board.pk)


def visible_board(request: StaffRequest, board_id: int) -> LookBoard:
    rows = LookBoard.objects.visible_to(request.user).select_related("customer", "owner", "scene", "task")
    return get_object_or_404(rows, pk=board_id)


def first_of(form: Any) -> str:
    return next((str(errors[0]) for errors in form.errors.values()), _("This cannot be kept."))


def page(
    request: StaffRequest, board: LookBoard, *, trouble: str = "", form: LookForm | None = None
) -> HttpResponse:  # fmt: skip
    text = request.POST.get("q", "") if request.method == "POST" else request.GET.get("q", "")
    board.refresh_from_db(fields=["state", "closed_at"])
    is_draft, store = board.state == LookBoard.State.DRAFT, request.user.counter_store
    given = {"title": board.title, "note": board.note, "scene": board.scene.code if board.scene else ""}
    may_send = board.state != LookBoard.State.CLOSED and request.user.may("talk.answer")
    context = {
        "board": board, "item": looks.shown(board, store), "store": store, "is_draft": is_draft, "text": text,
        "found": looks.search(board, text, store) if is_draft else [], "trouble": trouble, "once": uuid.uuid4(),
        "talk": looks.open_talk(board.customer) if may_send else None, "links": looks.living_links(board),
        "said": form.data if form else given, "scenes": list(Scene.objects.filter(used=True)),
        "may_book": request.user.may("appointment.book"),
    }  # fmt: skip
    return render(request, "touchpoints/looks/show.html", context, status=422 if trouble else 200)


def _of(request: StaffRequest, customer: Customer, *, form: LookForm | None = None) -> HttpResponse:
    context = {
        "customer": customer, "form": form, "once": uuid.uuid4(), "said": form.data if form else {},
        "boards": looks.of_customer(customer, request.user, most=2 if request.htmx else looks.SIZE),
        "scenes": [] if request.htmx else list(Scene.objects.filter(used=True)),
    }  # fmt: skip
    part = "_block.html" if request.htmx else "of_customer.html"
    return render(request, f"touchpoints/looks/{part}", context, status=422 if form else 200)


def _address(request: StaffRequest) -> Callable[[str], str]:
    return lambda token: request.build_absolute_uri(reverse("looks:mine", args=[token]))
