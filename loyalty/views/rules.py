"""Rules for earning: what is in force, the next version, and a basket that tries them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from loyalty import setting_up
from loyalty.models import EarnRule, Programme
from loyalty.rule_forms import RuleForm, TryForm
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("loyalty.set_up")
def index(request: StaffRequest) -> HttpResponse:
    return _page(request)


@door("loyalty.set_up")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if form.is_valid():
        try:
            setting_up.draft_rule(form.columns(), by=request.user)
            return redirect("loyalty:rules")
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    return _page(request, form=form)


@door("loyalty.set_up")
@require_POST
def publish(request: StaffRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(EarnRule, pk=pk)
    try:
        rule.publish(by=request.user)
    except TransitionRefused as refusal:
        return _page(request, trouble=str(refusal))
    return redirect("loyalty:rules")


@door("loyalty.set_up")
@require_POST
def attempt(request: StaffRequest) -> HttpResponse:
    """“This basket earns … because …”"""
    trial = TryForm(request.POST)
    tried = setting_up.try_basket(**trial.cleaned_data) if trial.is_valid() else None
    return _page(request, trial=trial, tried=tried)


def _page(request: StaffRequest, **more: object) -> HttpResponse:
    now = timezone.localtime()
    rules = EarnRule.objects.filter(programme=Programme.objects.main()).order_by("code", "-version")[:100]
    in_force = set(EarnRule.objects.in_force_on(now.date()).values_list("pk", flat=True))
    context = {
        "rules": rules, "in_force": in_force, "programme": Programme.objects.main(),
        "form": RuleForm(initial={"starts_on": now.date(), "per": 1}),
        "trial": TryForm(initial={"on": now.date(), "at": f"{now:%H:%M}"}),
    } | more  # fmt: skip
    bad = bool(more.get("trouble")) or any(getattr(one, "errors", None) for one in more.values())
    return render(request, "loyalty/rules/index.html", context, status=422 if bad else 200)
