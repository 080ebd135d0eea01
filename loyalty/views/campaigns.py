"""Campaigns: what runs, what it has given and may still give; start, stop, end."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty import campaigns, liability, setting_up
from loyalty.models import Campaign
from loyalty.rule_forms import CampaignForm
from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

VERBS: dict[str, Callable[..., None]] = {"start": campaigns.start, "stop": campaigns.stop, "end": campaigns.end}


@door("loyalty.set_up")
def index(request: StaffRequest) -> HttpResponse:
    return _page(request, CampaignForm(initial={"starts_on": timezone.localdate()}))


@door("loyalty.set_up")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    form = CampaignForm(request.POST)
    if form.is_valid():
        setting_up.make_campaign(form.columns(), budget=form.budget_minor, by=request.user)
        return redirect("loyalty:campaigns")
    return _page(request, form)


@door("loyalty.set_up")
@require_POST
def turn(request: StaffRequest, code: str, verb: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, code=code)
    try:
        if verb not in VERBS:
            raise TransitionRefused(_("This is nothing one can do here."))
        VERBS[verb](campaign, by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("loyalty:campaigns")


def _page(request: StaffRequest, form: CampaignForm) -> HttpResponse:
    page = page_of(Campaign.objects.all(), order=("-pk",), cursor=request.GET.get("after"), size=40)
    budgets = {campaign.pk: (given, left) for campaign, given, left in liability.budgets()}
    rows = [(campaign, budgets.get(campaign.pk)) for campaign in page.rows]
    context = {"page": page, "rows": rows, "form": form}
    return render(request, "loyalty/campaigns/index.html", context, status=422 if form.errors else 200)
