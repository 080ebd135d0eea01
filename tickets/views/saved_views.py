"""Saved views of the inbox: kept, named anew, put in order, removed and brought back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.models import FILTERS, SavedView
from tickets.queries import saved_for
from tickets.tool_forms import NameForm, SavedViewForm

VERBS = ("rename", "remove", "restore", "up", "down", "first", "not_first")
FOR_READERS = ("first", "not_first")  # with what one's own inbox begins is nobody else's matter


@door("cases.read")
def index(request: StaffRequest) -> HttpResponse:
    """The list with what may be done; the form to keep the view one comes from."""
    if request.method != "POST":
        return _page(request, SavedViewForm(initial=_asked(request), user=request.user))
    form = SavedViewForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, form)
    try:
        made = SavedView.keep_new(
            form.cleaned_data["name"], by=request.user, view=form.cleaned_data["view"], filters=form.filters(),
            **form.shared(),
        )  # fmt: skip
    except TransitionRefused as refusal:
        form.add_error("name", str(refusal))
        return _page(request, form)
    messages.success(request, _("Kept: %(name)s") % {"name": made.name})
    return redirect(f"{reverse('tickets:inbox')}?saved={made.pk}")


@door("cases.read")
@require_POST
def turn(request: StaffRequest, view_id: int, verb: str) -> HttpResponse:
    """Name it anew, move it, remove it, bring it back, begin with it."""
    rows = (
        SavedView.objects.visible_to(request.user) if verb in FOR_READERS else SavedView.objects.kept_by(request.user)
    )
    saved = get_object_or_404(rows, pk=view_id)
    if verb not in VERBS:
        raise Http404
    form = NameForm(request.POST)
    if verb == "rename" and not form.is_valid():
        return _page(request, trouble=next(str(errors[0]) for errors in form.errors.values()), about=view_id)
    try:
        if verb == "rename":
            saved.rename(form.cleaned_data["name"], by=request.user)
        elif verb in ("up", "down"):
            saved.shift(-1 if verb == "up" else 1, by=request.user)
        elif verb == "first":
            saved.open_first(by=request.user)
        elif verb == "not_first":
            saved.open_no_more_first(by=request.user)
        elif verb == "remove":
            saved.remove(by=request.user)
        else:
            saved.restore(by=request.user)
    except TransitionRefused as refusal:
        return _page(request, trouble=str(refusal), about=view_id)
    if request.htmx:
        return _page(request, removed=saved if verb == "remove" else None)
    where = reverse("tickets:views") + (f"?removed={saved.pk}" if verb == "remove" else "")
    return redirect(where)


def _page(
    request: StaffRequest, form: SavedViewForm | None = None, *, trouble: str = "", about: int = 0,
    removed: SavedView | None = None,
) -> HttpResponse:  # fmt: skip
    if form is None:
        form = SavedViewForm(initial=_asked(request), user=request.user)
    views = saved_for(request.user)
    kept = set(SavedView.objects.kept_by(request.user).filter(removed_at=None).values_list("pk", flat=True))
    asked = request.GET.get("removed", "")
    if removed is None and asked.isascii() and asked.isdigit() and len(asked) < 19:
        removed = SavedView.objects.kept_by(request.user).exclude(removed_at=None).filter(pk=int(asked)).first()
    context = {
        "form": form, "views": views, "kept": kept, "trouble": trouble, "about": about, "removed": removed,
        "typed": request.POST.get("name", "")[:200] if trouble else "",
        "keeping": "view" in form.initial or form.is_bound,
    }  # fmt: skip
    part = "_list.html" if request.htmx and not form.is_bound else "index.html"
    return render(request, f"tickets/views/{part}", context, status=422 if trouble or form.errors else 200)


def _asked(request: StaffRequest) -> dict[str, str]:
    return {name: request.GET[name][:40] for name in ("view", *FILTERS) if request.GET.get(name)}
