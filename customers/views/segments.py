"""Segments: the list, one with its people, publishing a version, taking it out of use."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Segment, SegmentMember
from customers.segment_forms import HandForm, WhoForm
from customers.segments import pages, verbs
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


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
    number, seen = (_whole(request.POST.get(name, "")) for name in ("number", "instead_of"))
    try:
        verbs.publish(segment, number, by=request.user, instead_of=seen)
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
    return get_object_or_404(Segment.objects.visible_to(request.user).select_related("owner"), code=code)


def page(
    request: StaffRequest, segment: Segment, *, trouble: str = "", hand: HandForm | None = None,
    who: WhoForm | None = None, check: object = None,
) -> HttpResponse:  # fmt: skip
    """The page of one segment, with what was asked or refused."""
    via = request.GET.get("via", "")
    history = pages.history(segment)
    draft = history[0] if history and history[0].number != segment.version else None
    rule = next((row.rule for row in history if segment.version in (0, row.number)), None)
    rule = rule or pages.running_rule(segment)
    manages = request.user.may("segment.manage")
    context = {
        "segment": segment, "says": pages.in_words(rule), "history": history, "draft": draft,
        "page": pages.people(segment, request.user, rule=rule, via=via, cursor=request.GET.get("after")), "via": via,
        "counts": request.user.sees_whole_brand, "picture": pages.picture(segment), "uses": pages.uses(segment),
        "hand": hand or HandForm(user=request.user), "who": who or WhoForm(user=request.user), "check": check,
        "may_manage": manages, "vias": SegmentMember.Via.choices[1:], "trouble": trouble,
    }  # fmt: skip
    wrong = trouble or (hand and hand.errors) or (who and who.errors)
    return render(request, "segments/show.html", context, status=422 if wrong else 200)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
