"""Segments: the list, one with its people, publishing a version, taking it out of use."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Segment, SegmentMember, SegmentVersion
from customers.models.segment import Rule
from customers.segment_forms import HandForm, WhoForm
from customers.segment_work import whole
from customers.segments import pages, reaching, verbs
from customers.segments.leaving import leavers
from scrm.kernel.keyset import Page
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

LEFT = "left"  # the view of those who went, beside the ways of being in


@door("segment.read")
def index(request: StaffRequest) -> HttpResponse:
    context = {
        "page": pages.listed(request.user, cursor=request.GET.get("after")),
        "counts": request.user.sees_whole_brand, "may_manage": request.user.may("segment.manage"),
    }  # fmt: skip
    return render(request, "segments/index.html", context)


@door("segment.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return page(request, one(request, code))


@door("segment.manage")
@require_POST
def publish(request: StaffRequest, code: str) -> HttpResponse:
    """Let a version run; the form says which one ran when the publisher looked."""
    segment = one(request, code)
    number, seen = (whole(request.POST.get(name, "")) for name in ("number", "instead_of"))
    try:
        verbs.publish(segment, number, by=request.user, instead_of=seen)
    except verbs.SomebodyFaster as other:
        return page(request, segment, faster=other.version, mine=number)
    except TransitionRefused as refusal:
        return page(request, segment, trouble=str(refusal))
    messages.success(request, _("Published. Its people are being found."))
    return redirect("segments:show", code)


@door("segment.manage")
@require_POST
def retire(request: StaffRequest, code: str) -> HttpResponse:
    segment = one(request, code)
    try:
        verbs.retire(segment, by=request.user)
    except TransitionRefused as refusal:
        return page(request, segment, trouble=str(refusal))
    return redirect("segments:show", code)


def one(request: StaffRequest, code: str) -> Segment:
    return get_object_or_404(
        pages.with_hands(Segment.objects.visible_to(request.user).select_related("owner")), code=code
    )


def page(
    request: StaffRequest, segment: Segment, *, trouble: str = "", hand: HandForm | None = None,
    who: WhoForm | None = None, check: object = None, faster: SegmentVersion | None = None, mine: int = 0,
) -> HttpResponse:  # fmt: skip
    """The page of one segment, with what was asked or refused."""
    via = request.GET.get("via", "")
    history = pages.history(segment)
    draft = history[0] if history and history[0].number != segment.version else None
    rule = next((row.rule for row in history if segment.version in (0, row.number)), None)
    rule = rule or pages.running_rule(segment)
    manages, counts = request.user.may("segment.manage"), request.user.sees_whole_brand
    reach = reaching.of_segment(segment) if counts and segment.refreshed_at and segment.state == "live" else None
    context = {
        "segment": segment, "says": pages.in_words(rule), "history": history, "draft": draft,
        "page": _people(request, segment, rule, via, history), "via": via,
        "counts": counts, "picture": pages.picture(segment), "uses": pages.uses(segment),
        "reach": reach, "reach_says": reaching.said(reach) if reach else "", **_faster(history, faster, mine),
        "hand": hand or HandForm(user=request.user), "who": who or WhoForm(user=request.user), "check": check,
        "may_manage": manages, "vias": SegmentMember.Via.choices[1:], "trouble": trouble,
    }  # fmt: skip
    wrong = trouble or (hand and hand.errors) or (who and who.errors)
    return render(request, "segments/show.html", context, status=409 if faster else 422 if wrong else 200)


def _faster(history: list[SegmentVersion], faster: SegmentVersion | None, mine: int) -> dict[str, Any]:
    if faster is None:
        return {}
    rules = {row.number: row.rule for row in history}
    return {"faster": faster, "theirs": pages.in_words(faster.rule), "mine": mine,
            "mine_says": pages.in_words(rules.get(mine))}  # fmt: skip


def _people(
    request: StaffRequest, segment: Segment, rule: Rule | None, via: str, history: list[SegmentVersion]
) -> Page[Any]:
    cursor = request.GET.get("after")
    if via == LEFT:
        return leavers(segment, request.user, cursor=cursor, rules={row.number: row.rule for row in history})
    return pages.people(segment, request.user, rule=rule, via=via, cursor=cursor)
