"""Online guides: the list, one with its funnel and its line for the site, setting one up."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from journeys import guides
from journeys.guide_forms import GuideForm, NewGuideForm
from journeys.models import Guide
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("guide.read")
def index(request: StaffRequest) -> HttpResponse:
    context = {"guides": guides.listed(), "may_change": request.user.may("guide.change")}
    return render(request, "journeys/guides/index.html", context)


@door("guide.change")
def create(request: StaffRequest) -> HttpResponse:
    form = NewGuideForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = guides.make(form.cleaned_data["code"], by=request.user, **form.said)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("journeys:guide", made.code)
    return render(request, "journeys/guides/edit.html", {"form": form}, status=422 if form.errors else 200)


@door("guide.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    guide = get_object_or_404(Guide.objects.select_related("channel", "coupon", "made_by"), code=code)
    context = {"guide": guide, "funnel": guides.funnel_of(guide), "url": settings.SCRM_URL,
               "may_change": request.user.may("guide.change")}  # fmt: skip
    return render(request, "journeys/guides/show.html", context)


@door("guide.change")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """Changed, taken out of use, or back."""
    guide = get_object_or_404(Guide.objects.select_related("channel", "coupon"), code=code)
    form, trouble = GuideForm(request.POST, guide=guide) if request.method == "POST" else GuideForm.of(guide), ""
    if form.is_bound:
        do = request.POST.get("do", "")
        try:
            if do in ("retire", "restore"):
                form = GuideForm.of(guide)
                guides.retire(guide, by=request.user, back=do == "restore")
                return redirect("journeys:guide", code)
            if form.is_valid():
                guides.change(guide, by=request.user, **form.said)
                return redirect("journeys:guide", code)
        except TransitionRefused as refusal:
            trouble = str(refusal)
    context = {"form": form, "guide": guide, "trouble": trouble}
    return render(request, "journeys/guides/edit.html", context, status=422 if form.errors or trouble else 200)
