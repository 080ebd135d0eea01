"""Coupons for many: who would get one, begin, stop, how far it is."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty import bulk_issuing
from loyalty.models import BulkIssue, CouponTemplate
from loyalty.template_forms import BulkForm
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("loyalty.set_up")
@require_POST
def create(request: StaffRequest, code: str) -> HttpResponse:
    """A draft: the page then says how many it means before anything is given."""
    template = get_object_or_404(CouponTemplate.objects.visible_to(request.user), code=code)
    form = BulkForm(request.POST)
    if not form.is_valid():
        return render(request, "loyalty/bulks/new.html", {"template": template, "bulk": form}, status=422)
    if form.numbers_given:
        bulk = bulk_issuing.prepare_list(template, form.numbers_given)
    else:
        bulk = bulk_issuing.prepare(template, form.rule())
    return redirect("loyalty:bulk", bulk.pk)


@door("loyalty.set_up")
def show(request: StaffRequest, pk: int) -> HttpResponse:
    bulk = _one(request, pk)
    part = "loyalty/bulks/_progress.html" if request.htmx else "loyalty/bulks/show.html"
    who = bulk_issuing.who_qualifies(bulk.template, bulk.rule) if bulk.state == BulkIssue.State.DRAFT else None
    return render(request, part, {"bulk": bulk, "who": who})


@door("loyalty.set_up")
@require_POST
def turn(request: StaffRequest, pk: int, verb: str) -> HttpResponse:
    bulk = _one(request, pk)
    try:
        if verb == "start":
            bulk.start(by=request.user)
        elif verb == "stop":
            bulk.stop(by=request.user)
        else:
            raise TransitionRefused(_("This is nothing one can do here."))
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("loyalty:bulk", pk)


def _one(request: StaffRequest, pk: int) -> BulkIssue:
    return get_object_or_404(BulkIssue.objects.visible_to(request.user).select_related("template"), pk=pk)
