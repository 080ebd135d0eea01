"""The builder of a rule: the whole rule travels with the form, each button gives it back changed, saving keeps it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from customers.models import Segment
from customers.models.segment import Rule
from customers.segment_forms import SegmentForm
from customers.segments import building, pages, verbs
from customers.segments.counting import look
from customers.segments.reasons import explain
from customers.segments.rules import RuleRefused, checked
from customers.segments.sentences import sentence
from customers.segments.showing import dressed, offered
from customers.views.segments import one
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import segment_fields
from staff.doors import StaffRequest, door

LONGEST = 30_000  # signs of a rule


@dataclass
class Work:
    """The rule under the hand: which condition is open, what was typed there, what is wrong."""

    rule: Rule
    open: str = ""
    focus: str = ""
    trouble: str = ""
    typed: dict[str, Any] = field(default_factory=dict)


@door("segment.manage")
def new(request: StaffRequest) -> HttpResponse:
    form = SegmentForm(request.POST if request.POST.get("do") == "save" else None, initial=request.POST.dict())
    work = _work(request.POST, {"all": []})
    if request.POST.get("do") == "save" and not work.trouble and form.is_valid():
        segment = Segment(code=form.cleaned_data["code"], name=form.name, purpose=form.cleaned_data["purpose"],
                          owner=request.user)  # fmt: skip
        if _saved(request, segment, work):
            return _away(request, segment)
    return _page(request, None, work, form)


@door("segment.manage")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    segment = one(request, code)
    newest = segment.newest
    work = _work(request.POST, pages.usable(newest.rule if newest else None))
    if request.POST.get("do") == "save" and not work.trouble and _saved(request, segment, work):
        return _away(request, segment)
    return _page(request, segment, work, None)


def _work(given: QueryDict, begin: Rule) -> Work:
    """The rule the form brought, with the open condition filled in and the pressed button's deed done."""
    if "do" not in given:
        return Work(begin)
    try:
        work = Work(checked(_read(given.get("rule", "")), unfinished=True))
    except RuleRefused as refusal:
        return Work(begin, trouble=str(refusal))
    deed, _colon, path = given.get("do", "")[:80].partition(":")
    opened = given.get("open", "")[:40]
    if opened and deed != "cancel" and not (deed == "remove" and path == opened):
        try:
            work = _filled_in(work, opened, given)
        except RuleRefused as refusal:
            return Work(work.rule, opened, opened, str(refusal), _typed(given))
        except TransitionRefused as refusal:
            return Work(work.rule, trouble=str(refusal))
        if work.open:
            return work
    try:
        if deed == "open":
            building.at(work.rule, path)
            work.open = work.focus = path
        elif deed in ("apply", "cancel"):
            work.focus = opened
        elif deed not in ("save", "sample"):
            work.rule, work.focus = building.done(work.rule, deed, path)
            work.open = work.focus if deed in ("add", "group") else ""
            checked(work.rule, unfinished=True)
    except TransitionRefused as refusal:
        work.trouble = str(refusal)
    return work


def _filled_in(work: Work, opened: str, given: QueryDict) -> Work:
    """The open condition as it was typed; another field begins anew and stays open."""
    part = building.at(work.rule, opened)
    name = given.get("field", "")
    if "field" not in part:
        return work
    if name != part["field"]:
        return Work(building.put(work.rule, opened, building.begun(name)), opened, opened)
    return Work(building.put(work.rule, opened, {"field": name} | _typed(given)))


def _typed(given: QueryDict) -> dict[str, Any]:
    """What stands in the slots of the form; several values only where a slot takes several."""
    field_ = segment_fields.get(given.get("field", ""))
    slots = {f"s-{slot.name}": slot for slot in field_.slots} if field_ else {}
    return {
        slot.name: given.getlist(key) if slot.kind == "several" else given.get(key, "") for key, slot in slots.items()
    }


def _read(text: str) -> Any:
    try:
        return json.loads(text[:LONGEST])
    except (ValueError, RecursionError):
        return None


def _saved(request: StaffRequest, segment: Segment, work: Work) -> bool:
    try:
        verbs.save_as(segment, work.rule, by=request.user)
    except TransitionRefused as refusal:
        work.trouble = str(refusal)
        return False
    return True


def _away(request: StaffRequest, segment: Segment) -> HttpResponse:
    if request.htmx:
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = reverse("segments:show", args=[segment.code])
        return answer
    return redirect("segments:show", segment.code)


def _page(request: StaffRequest, segment: Segment | None, work: Work, form: SegmentForm | None) -> HttpResponse:
    counts, sample = look(work.rule, request.user)
    reasons = explain(work.rule, [person.pk for person in sample])
    for person in sample:
        person.reason = str(reasons.get(person.pk, ""))  # type: ignore[attr-defined]
    wrong = bool(work.trouble or (form is not None and form.is_bound and form.errors))
    context = {
        "segment": segment, "form": form, "work": work, "rule": json.dumps(work.rule), "counts": counts,
        "says": sentence(work.rule), "sample": sample, "offered": offered(),
        "tree": dressed(work.rule, counts, opened=work.open, focus=work.focus, trouble=work.trouble, typed=work.typed),
        "difference": counts.people - segment.people if segment and segment.state == "live" else None,
        "uses": pages.uses(segment) if segment else [],
        "address": reverse("segments:edit", args=[segment.code]) if segment else reverse("segments:new"),
    }  # fmt: skip
    return render(
        request, f"segments/{'_builder' if request.htmx else 'edit'}.html", context, status=422 if wrong else 200
    )
