"""Playbooks: the list, a new one, one with its flow and counts, publishing, pausing, a trial."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import playbooks
from journeys.models import Playbook
from journeys.playbook_forms import PlaybookForm, TrialForm
from journeys.playbooks import drafting, pages
from journeys.playbooks.ready import READY, ready
from journeys.playbooks.trial import try_out
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

TURNS = {"pause": playbooks.pause, "resume": playbooks.resume, "retire": playbooks.retire}


@door("playbook.read")
def index(request: StaffRequest) -> HttpResponse:
    rows = pages.listed()
    known = {one["row"].code for one in rows}
    context = {
        "rows": rows, "ready": [one for one in READY if one.code not in known],
        "counts": request.user.sees_whole_brand, "may_change": request.user.may("playbook.change"),
    }  # fmt: skip
    return render(request, "journeys/playbooks/index.html", context)


@door("playbook.change")
def create(request: StaffRequest) -> HttpResponse:
    """A new one: an empty draft, or a ready flow to begin from."""
    begun = ready(request.POST.get("ready", "") or request.GET.get("ready", ""))
    initial = {"code": begun.code, "name_hans": begun.name.get("zh-hans"), "name_hant": begun.name.get("zh-hant"),
               "name_en": begun.name.get("en")} if begun else None  # fmt: skip
    form = PlaybookForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            playbook = playbooks.make(
                form.cleaned_data["code"], form.name, by=request.user, about=begun.about if begun else None,
                content=begun.content if begun else None,
            )  # fmt: skip
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:edit_playbook", playbook.code)
    context = {"form": form, "ready": begun}
    return render(request, "journeys/playbooks/new.html", context, status=422 if form.errors else 200)


@door("playbook.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, get_object_or_404(Playbook, code=code))


@door("playbook.read")
def trial(request: StaffRequest, code: str) -> HttpResponse:
    """What would happen with one customer up to a day; nothing is sent or kept."""
    playbook = get_object_or_404(Playbook, code=code)
    form = TrialForm(request.GET, user=request.user)
    if not form.is_valid():
        return _page(request, playbook, form=form)
    draft = request.GET.get("version") == "draft" and request.user.may("playbook.change")
    version = playbook.draft if draft else playbook.running
    version = version or playbook.draft
    if version is None:
        return _page(request, playbook, form=form)
    found = try_out(version, form.customer, begin=timezone.now(), until=form.cleaned_data["until"],
                    supposed=form.supposed)  # fmt: skip
    return _page(request, playbook, form=form, more={"trial": found, "tried": form.customer, "tried_version": version})


@door("playbook.change")
@require_POST
def publish(request: StaffRequest, code: str) -> HttpResponse:
    """Let the draft run; the form says which version ran when the publisher looked."""
    playbook = get_object_or_404(Playbook, code=code)
    number, seen = (whole(request.POST.get(name, "")) for name in ("number", "instead_of"))
    try:
        playbooks.publish(playbook, number, by=request.user, instead_of=seen,
                          note=request.POST.get("note", "").replace("\0", ""))  # fmt: skip
    except TransitionRefused as refusal:
        return _page(request, playbook, trouble=str(refusal))
    messages.success(request, _("It runs. Who is on the way stays on the version they came in by."))
    return redirect("journeys:playbook", code)


@door("playbook.change")
@require_POST
def turn(request: StaffRequest, code: str) -> HttpResponse:
    """Pause, go on, take out of use."""
    playbook = get_object_or_404(Playbook, code=code)
    deed = TURNS.get(request.POST.get("do", ""))
    if deed is None:
        return _page(request, playbook, trouble=_("This is not on offer."))
    try:
        deed(playbook, by=request.user)
    except TransitionRefused as refusal:
        return _page(request, playbook, trouble=str(refusal))
    return redirect("journeys:playbook", code)


def _page(
    request: StaffRequest, playbook: Playbook, *, trouble: str = "", form: TrialForm | None = None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    playbook.refresh_from_db()
    versions = list(playbook.versions.select_related("published_by")[:20])
    runs = next((one for one in versions if one.number == playbook.version), None)
    draft = next((one for one in versions if one.state == "draft"), None)
    may = request.user.may("playbook.change")
    wrong = dict(drafting.troubles(draft.content)) if draft and may else {}
    refused = bool(trouble) or (form is not None and bool(form.errors))
    context = {
        "playbook": playbook, "versions": versions, "runs": runs, "draft": draft, "may_change": may,
        "flow": pages.shown(runs or draft, playbook), "trouble": trouble, "wrong": list(wrong.values()),
        "counts": request.user.sees_whole_brand, "may_care": request.user.may("playbook.care"),
        "difference": pages.difference(draft, runs) if draft and may else [],
        "not_taken": pages.not_taken(playbook) if request.user.sees_whole_brand else [],
        "form": form or TrialForm(user=request.user, initial={"until": timezone.localdate()}), **(more or {}),
    }  # fmt: skip
    return render(request, "journeys/playbooks/show.html", context, status=422 if refused else 200)


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
