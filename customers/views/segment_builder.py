"""The builder of a rule: the whole rule travels with the form, each button gives it back changed, saving keeps it."""

import json

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from customers.models import Segment
from customers.segment_forms import SegmentForm
from customers.segment_work import Work, at_hand
from customers.segments import pages, reaching, verbs
from customers.segments.counting import Slice, look, on_with
from customers.segments.reasons import explain
from customers.segments.sentences import sentence
from customers.segments.showing import dressed, offered
from customers.views.segments import one
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("segment.manage")
def new(request: StaffRequest) -> HttpResponse:
    form = SegmentForm(request.POST if request.POST.get("do") == "save" else None, initial=request.POST.dict())
    work = at_hand(request.POST, {"all": []})
    if work.saves and form.is_valid():
        segment = Segment(code=form.cleaned_data["code"], name=form.name, purpose=form.cleaned_data["purpose"],
                          owner=request.user)  # fmt: skip
        if _saved(request, segment, work):
            return _away(request, segment)
    return _page(request, None, work, form)


@door("segment.manage")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    segment = one(request, code)
    newest = segment.newest
    stands = pages.usable(newest.rule if newest else None)
    work = at_hand(request.POST, stands, base=newest.number if newest else 0)
    if work.deed == "theirs" and newest is not None:
        work.take(newest, stands)
    if work.saves and _saved(request, segment, work):
        return _away(request, segment)
    return _page(request, segment, work, None)


def _saved(request: StaffRequest, segment: Segment, work: Work) -> bool:
    try:
        verbs.save_as(segment, work.rule, by=request.user, after=work.base)
    except verbs.SomebodyFaster as other:
        work.faster = other.version
        return False
    except TransitionRefused as refusal:
        work.refused(refusal)
        return False
    return True


def _away(request: StaffRequest, segment: Segment) -> HttpResponse:
    if request.htmx:
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = reverse("segments:show", args=[segment.code])
        return answer
    return redirect("segments:show", segment.code)


def _page(request: StaffRequest, segment: Segment | None, work: Work, form: SegmentForm | None) -> HttpResponse:
    address = reverse("segments:edit", args=[segment.code]) if segment else reverse("segments:new")
    if work.deed == "exact" and request.htmx:
        so_far = Slice.read(request.POST.get("counted", ""))
        counted = Slice(failed=True) if work.trouble else on_with(work.rule, so_far)
        return render(request, "segments/_exact.html", {"slice": counted, "address": address})
    counts, sample = look(work.rule, request.user)
    reasons = explain(work.rule, [person.pk for person in sample])
    for person in sample:
        person.reason = str(reasons.get(person.pk, ""))  # type: ignore[attr-defined]
    wrongs = _wrongs(work, form)
    context = {
        "segment": segment, "form": form, "work": work, "rule": json.dumps(work.rule), "counts": counts,
        "says": sentence(work.rule), "sample": sample, "offered": offered(), "wrongs": wrongs, "address": address,
        "tree": dressed(work.rule, counts, opened=work.open, focus=work.focus, trouble=work.trouble, typed=work.typed,
                        slot=work.slot),
        "difference": counts.people - segment.people if segment and segment.state == "live" else None,
        "uses": pages.uses(segment) if segment else [],
        "reach_says": reaching.said(counts.reach) if counts.reach else "", "slice": Slice(),
        "theirs": pages.in_words(work.faster.rule) if work.faster else "",
    }  # fmt: skip
    part = "_builder" if request.htmx else "edit"
    status = 409 if work.faster else 422 if wrongs else 200
    return render(request, f"segments/{part}.html", context, status=status)


def _wrongs(work: Work, form: SegmentForm | None) -> list[tuple[str, str]]:
    """Every sentence of what is wrong, with where it stands on the page."""
    found = [(work.trouble, work.anchor)] if work.trouble else []
    if form is not None and form.is_bound:
        found += [(f"{form[name].label} · {errors[0]}", f"#{form[name].id_for_label}")
                  for name, errors in form.errors.items()]  # fmt: skip
    return found
