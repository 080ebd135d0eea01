"""What waits for a lead's word, and what the front line gave above its limits for the customer's sake."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets import goodwill
from tickets.goodwill_forms import DecisionForm, ReviewForm
from tickets.goodwill_page import exceptions_for, questions_for
from tickets.models import Approval, Compensation


@door("goodwill.approve")
def index(request: StaffRequest) -> HttpResponse:
    return _page(request)


@door("goodwill.approve")
@require_POST
def decide(request: StaffRequest, approval_id: int) -> HttpResponse:
    approval = get_object_or_404(
        Approval.objects.visible_to(request.user).select_related("compensation"), pk=approval_id
    )
    form = DecisionForm(request.POST, kind=approval.compensation.kind)
    if not form.is_valid():
        return _page(request, trouble=next(str(errors[0]) for errors in form.errors.values()), about=approval_id)
    said = form.cleaned_data
    if said["decision"] == "decline":
        return _done(
            request, lambda: goodwill.decline(approval, by=request.user, words=said["words"]), about=approval_id
        )
    return _done(
        request,
        lambda: goodwill.approve(approval, by=request.user, words=said["words"], amount=said["amount"]),
        about=approval_id,
    )


@door("goodwill.approve")
@require_POST
def review(request: StaffRequest, gift_id: int) -> HttpResponse:
    gift = get_object_or_404(Compensation.objects.visible_to(request.user).filter(is_exception=True), pk=gift_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, trouble=next(str(errors[0]) for errors in form.errors.values()), about=gift_id)
    said = form.cleaned_data
    return _done(
        request, lambda: goodwill.review(gift, said["verdict"], by=request.user, words=said["words"]), about=gift_id
    )


def _done(request: StaffRequest, deed: Any, *, about: int) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _page(request, trouble=str(refusal), about=about)
    return _page(request) if request.htmx else redirect("tickets:approvals")


def _page(request: StaffRequest, *, trouble: str = "", about: int = 0) -> HttpResponse:
    context = {
        "questions": questions_for(request.user), "exceptions": exceptions_for(request.user), "trouble": trouble,
        "about": about, "typed": request.POST.get("words", "") if trouble else "",
    }  # fmt: skip
    part = "_list.html" if request.htmx else "index.html"
    return render(request, f"tickets/approvals/{part}", context, status=422 if trouble else 200)
