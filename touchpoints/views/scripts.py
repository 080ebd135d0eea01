"""Scripts: the library, one script with its way to approval, and the choice beside a conversation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.models import Conversation, Script, ScriptVariant
from touchpoints.script_forms import ScriptDayForm, ScriptForm
from touchpoints.scripts import begin, library, wordings_for

REVIEW = timedelta(days=180)


@door("script.write")
def index(request: StaffRequest) -> HttpResponse:
    """All scripts by topic; for who may approve, first what waits and what is stale."""
    may_approve = request.user.may("script.approve")
    context = {"groups": library(stale_first=may_approve), "may_approve": may_approve}
    return render(request, "touchpoints/scripts/index.html", context)


@door("script.write")
def new(request: StaffRequest) -> HttpResponse:
    initial = {"owner": request.user.username, "review_by": timezone.localdate() + REVIEW}
    form = ScriptForm(request.POST) if request.method == "POST" else ScriptForm(initial=initial)
    if form.is_bound and form.is_valid():
        try:
            script = begin(form.bodies(), by=request.user, code=form.cleaned_data["code"], **form.columns())
            return redirect("scripts:show", script.pk)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
    status = 422 if form.is_bound else 200
    return render(request, "touchpoints/scripts/new.html", {"form": form}, status=status)


@door("script.write")
def show(request: StaffRequest, script_id: int) -> HttpResponse:
    """One version: what it says, its days, what can be done with it; a draft is written here."""
    script = get_object_or_404(Script.objects.select_related("topic", "owner", "approved_by"), pk=script_id)
    if request.method != "POST":
        return _page(request, script)
    form = ScriptForm(request.POST, script=script)
    if form.is_valid():
        try:
            script.write(form.bodies(), by=request.user, **form.columns())
            return redirect("scripts:show", script.pk)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    return _page(request, script, form=form)


@door("script.write")
@require_POST
def turn(request: StaffRequest, script_id: int, verb: str) -> HttpResponse:
    """Lay before a second person, approve, send back, take out of use, look at again, begin a new version."""
    script = get_object_or_404(Script.objects.select_related("topic", "owner"), pk=script_id)
    by, may_approve = request.user, request.user.may("script.approve")
    version = request.POST.get("version", "")
    until = ScriptDayForm({"review_by": request.POST.get("review_by", "")})
    deeds: dict[str, tuple[bool, Callable[[], Any]]] = {
        "submit": (True, lambda: script.submit(by=by)),
        "new-version": (True, lambda: script.new_version(by=by)),
        "send-back": (may_approve or script.changed_by_id == by.pk, lambda: script.send_back(by=by)),
        "approve": (may_approve, lambda: script.approve(
            by=by, version=int(version) if version.isdecimal() and len(version) < 9 else -1)),
        "retire": (may_approve, lambda: script.retire(by=by)),
        "still-holds": (may_approve, lambda: script.still_holds(by=by, review_by=until.cleaned_data["review_by"])),
    }  # fmt: skip
    allowed, deed = deeds.get(verb, (False, None))
    if not allowed or deed is None:
        raise Http404
    if verb == "still-holds" and not until.is_valid():
        return _page(request, script, trouble=_("Choose a day that is still to come."))
    try:
        made = deed()
    except TransitionRefused as refusal:
        script.refresh_from_db()
        return _page(request, script, trouble=str(refusal))
    return redirect("scripts:show", made.pk if isinstance(made, Script) else script.pk)


@door("talk.answer")
def pick(request: StaffRequest, number: str, talk_id: int) -> HttpResponse:
    """What may be said in this conversation, in the customer's words of address; choosing fills the answer."""
    customer = visible_customer(request, number)
    talks = Conversation.objects.filter(customer=customer).select_related("channel", "customer")
    talk = get_object_or_404(talks.select_related("customer__home_store", "customer__advisor"), pk=talk_id)
    words = request.GET.get("words", "")[:100].replace("\0", "")
    context = {"customer": customer, "talk": talk, "words": words, "wordings": wordings_for(talk, words)}
    part = "_pick.html" if request.htmx else "pick.html"
    return render(request, f"touchpoints/scripts/{part}", context)


def _page(request: StaffRequest, script: Script, *, form: ScriptForm | None = None, trouble: str = "") -> HttpResponse:
    is_draft = script.state == Script.State.DRAFT
    versions = Script.objects.filter(code=script.code).exclude(pk=script.pk).order_by("-changed_at")
    context = {
        "script": script, "form": form or (ScriptForm(script=script) if is_draft else None), "trouble": trouble,
        "variants": ScriptVariant.objects.filter(script=script), "versions": versions.select_related("changed_by")[:8],
        "may_approve": request.user.may("script.approve"), "wrote_it": script.changed_by_id == request.user.pk,
        "review_by": timezone.localdate() + REVIEW,
    }  # fmt: skip
    status = 422 if trouble or (form and form.errors) else 200
    return render(request, "touchpoints/scripts/show.html", context, status=status)
