"""Coupon templates: the list, the builder with its preview, and what becomes of a template."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty.bulk_issuing import who_qualifies
from loyalty.models import BulkIssue, CouponTemplate
from loyalty.template_forms import BulkForm, ChangeForm, TemplateForm
from loyalty.templating import save_draft
from loyalty.terms import terms_in_all
from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("loyalty.set_up")
def index(request: StaffRequest) -> HttpResponse:
    rows = CouponTemplate.objects.visible_to(request.user).select_related("campaign")
    if (state := request.GET.get("state", "")) in CouponTemplate.State.values:
        rows = rows.filter(state=state)
    page = page_of(rows, order=("-pk",), cursor=request.GET.get("after"), size=40)
    context = {"page": page, "state": state, "states": CouponTemplate.State.choices}
    return render(request, "loyalty/templates/index.html", context)


@door("loyalty.set_up")
def new(request: StaffRequest) -> HttpResponse:
    return _build(request, None)


@door("loyalty.set_up")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """Only a draft is edited; what is given out keeps its rule."""
    template = _one(request, code)
    if template.state != CouponTemplate.State.DRAFT:
        messages.warning(request, _("What is given out keeps its rule; stock and end may change here."))
        return redirect("loyalty:template", code)
    return _build(request, template)


@door("loyalty.set_up")
@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """The right side of the builder: who qualifies, what it may cost, what the customer reads."""
    form = TemplateForm(request.POST, instance=CouponTemplate())
    form.is_valid()
    return render(request, "loyalty/templates/_preview.html", _seen(form.as_template(), form))


@door("loyalty.approve")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _one(request, code))


@door("loyalty.approve")
@require_POST
def turn(request: StaffRequest, code: str, verb: str) -> HttpResponse:
    """Lay before a second person, publish, send back, pause, resume, end."""
    template = _one(request, code)
    verbs: dict[str, tuple[str, Callable[..., None]]] = {
        "submit": ("loyalty.set_up", template.submit), "publish": ("loyalty.approve", template.publish),
        "send-back": ("loyalty.approve", template.send_back), "pause": ("loyalty.set_up", template.pause),
        "resume": ("loyalty.set_up", template.resume), "end": ("loyalty.set_up", template.end),
    }  # fmt: skip
    permission, deed = verbs.get(verb, ("", template.pause))
    if not permission or not request.user.may(permission):
        messages.warning(request, _("This is for somebody else to do."))
        return redirect("loyalty:template", code)
    try:
        deed(by=request.user)
    except TransitionRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("loyalty:template", code)


@door("loyalty.set_up")
@require_POST
def change(request: StaffRequest, code: str) -> HttpResponse:
    template, form = _one(request, code), ChangeForm(request.POST)
    if form.is_valid():
        try:
            template.change(by=request.user, stock=form.cleaned_data["stock"], ends_at=form.cleaned_data["ends_at"])
            return redirect("loyalty:template", code)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    return _page(request, template, change=form)


def _build(request: StaffRequest, template: CouponTemplate | None) -> HttpResponse:
    if request.method == "POST":
        form = TemplateForm(request.POST, instance=template)
        if form.is_valid():
            try:
                saved = save_draft(form.as_template(), by=request.user)
                return redirect("loyalty:template", saved.code)
            except TransitionRefused as refusal:
                form.add_error(None, str(refusal))
        seen = _seen(form.as_template(), form)
    else:
        begins = {"starts_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")}
        form = TemplateForm(instance=template) if template else TemplateForm(initial=begins)
        seen = _seen(template or CouponTemplate(kind="amount", group="amount"), None)
    context = {"form": form, "template": template, **seen}
    return render(request, "loyalty/templates/build.html", context, status=422 if form.errors else 200)


def _seen(template: CouponTemplate, form: TemplateForm | None) -> dict[str, Any]:
    """What the page says about a template, saved or not."""
    unsaved = CouponTemplate(pk=template.pk or 0, levels=template.levels, per_customer=template.per_customer or 1)
    who = who_qualifies(unsaved, {})
    return {"seen": template, "who": who, "trouble": template.trouble() if form is None or form.is_bound else "",
            "terms": terms_in_all(template), "costs": template.costs_at_most,
            "too_few": template.stock is not None and template.stock < who.qualify}  # fmt: skip


def _page(request: StaffRequest, template: CouponTemplate, **forms: Any) -> HttpResponse:
    context = {
        "template": template, "change": ChangeForm(initial={"stock": template.stock, "ends_at": template.ends_at}),
        "bulk": BulkForm(), "bulks": BulkIssue.objects.filter(template=template).order_by("-pk")[:10],
        "terms": terms_in_all(template), "may_set_up": request.user.may("loyalty.set_up"),
    } | forms  # fmt: skip
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "loyalty/templates/show.html", context, status=status)


def _one(request: StaffRequest, code: str) -> CouponTemplate:
    rows = CouponTemplate.objects.visible_to(request.user).select_related("made_by", "approved_by", "campaign")
    return get_object_or_404(rows, code=code)
