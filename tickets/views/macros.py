"""Macros: made, changed, removed; run on a case and taken back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets import macros
from tickets.doors import visible_ticket
from tickets.macro_words import said_by
from tickets.models import Macro, MacroRun, Ticket
from tickets.tool_forms import MacroForm
from tickets.views.cases import page


@door("macro.make")
def index(request: StaffRequest) -> HttpResponse:
    """Those one may use, with how often they were; what one may change is a link."""
    asked = request.GET.get("removed", "")
    removed = None
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        removed = Macro.objects.kept_by(request.user).exclude(removed_at=None).filter(pk=int(asked)).first()
    return _list(request, removed=removed)


@door("macro.make")
def new(request: StaffRequest) -> HttpResponse:
    form = MacroForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            Macro.keep_new(form.cleaned_data["name"], by=request.user, steps=form.steps(), **form.shared())
            return redirect("tickets:macros")
        except TransitionRefused as refusal:
            form.add_error("name", str(refusal))
    return render(request, "tickets/macros/edit.html", {"form": form}, status=422 if form.errors else 200)


@door("macro.make")
def edit(request: StaffRequest, macro_id: int) -> HttpResponse:
    macro = get_object_or_404(Macro.objects.kept_by(request.user).filter(removed_at=None), pk=macro_id)
    form = MacroForm(request.POST if request.method == "POST" else None, user=request.user, macro=macro)
    if form.is_bound and form.is_valid():
        try:
            macro.change(form.cleaned_data["name"], form.steps(), by=request.user)
            return redirect("tickets:macros")
        except TransitionRefused as refusal:
            form.add_error("name", str(refusal))
    context = {"form": form, "macro": macro}
    return render(request, "tickets/macros/edit.html", context, status=422 if form.errors else 200)


@door("macro.make")
@require_POST
def turn(request: StaffRequest, macro_id: int, verb: str) -> HttpResponse:
    """Remove it, bring it back, move it."""
    macro = get_object_or_404(Macro.objects.kept_by(request.user), pk=macro_id)
    verbs: dict[str, Any] = {
        "remove": macro.remove, "restore": macro.restore, "up": lambda by: macro.shift(-1, by=by),
        "down": lambda by: macro.shift(1, by=by),
    }  # fmt: skip
    if verb not in verbs:
        raise Http404
    try:
        verbs[verb](by=request.user)
    except TransitionRefused as refusal:
        return _list(request, trouble=str(refusal))
    return redirect(reverse("tickets:macros") + (f"?removed={macro.pk}" if verb == "remove" else ""))


@door("cases.work")
@require_POST
def run(request: StaffRequest, number: int, macro_id: int) -> HttpResponse:
    """Do its steps on this case; what was typed into the answer stays before the text it lays ready."""
    ticket = visible_ticket(request, number)
    macro = get_object_or_404(Macro.objects.visible_to(request.user), pk=macro_id)
    typed = request.POST.get("text", "").replace("\0", "")[:4000].strip()
    batch = request.POST.get("token", "")[:40]
    if not batch:
        return page(request, ticket, trouble=_("Open the list of macros again."), text=typed)
    outcome = macros.run(macro, ticket, by=request.user, batch=batch)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        messages.success(request, _("Done: %(name)s. The case is not on your desk any more.") % {"name": macro.name})
        return _leave(request)
    text = "\n".join(filter(None, (typed, outcome.text)))
    more: dict[str, Any] = {"ran": outcome, "ran_name": macro.name, "script": outcome.script}
    return page(request, ticket, text=text, **more)


@door("cases.work")
@require_POST
def undo(request: StaffRequest, number: int) -> HttpResponse:
    """Take one's own last run on this case back, as far as its verbs go."""
    ticket = visible_ticket(request, number)
    row = _own_run(request, ticket)
    try:
        left = macros.undo(row, by=request.user)
    except TransitionRefused as refusal:
        return page(request, ticket, trouble=str(refusal))
    ticket = visible_ticket(request, number)
    return page(request, ticket, back=True, left=left)


def _own_run(request: StaffRequest, ticket: Ticket) -> MacroRun:
    rows = MacroRun.objects.filter(by=request.user, ticket=ticket).select_related("ticket__customer")
    return get_object_or_404(rows, batch=request.POST.get("batch", "")[:40].replace("\0", ""))


def _list(request: StaffRequest, *, trouble: str = "", removed: Macro | None = None) -> HttpResponse:
    rows = Macro.objects.visible_to(request.user).own_first().select_related("team", "owner")
    kept = set(Macro.objects.kept_by(request.user).filter(removed_at=None).values_list("pk", flat=True))
    context = {"macros": said_by(rows[:200]), "kept": kept, "trouble": trouble, "removed": removed}
    return render(request, "tickets/macros/index.html", context, status=422 if trouble else 200)


def _leave(request: StaffRequest) -> HttpResponse:
    if not request.htmx:
        return redirect("tickets:inbox")
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = reverse("tickets:inbox")
    return answer
