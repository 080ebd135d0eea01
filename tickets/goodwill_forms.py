"""What staff type when they make something good, decide on it, or look at it later."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from loyalty.models import CouponTemplate
from scrm.kernel.money import to_minor
from tickets.models import Compensation, Kind, Reason

HOW_MUCH = _("Say how much, above zero.")


class GoodwillForm(forms.Form):
    """A preset (`late:points:300`, `late:coupon:DESSERT`), or reason, kind and amount typed by hand.

    `send` says what to do above the limits: nothing yet, ask a lead, or an exception for the customer.
    """

    preset = forms.CharField(max_length=120, required=False)
    reason = forms.SlugField(max_length=40, required=False)
    kind = forms.ChoiceField(choices=[(Kind.POINTS, ""), (Kind.MONEY, "")], required=False)
    amount = forms.DecimalField(
        max_digits=9,
        decimal_places=2,
        required=False,
        error_messages=dict.fromkeys(("invalid", "max_digits"), HOW_MUCH),
    )
    words = forms.CharField(max_length=300, required=False)
    send = forms.ChoiceField(choices=[("ask", ""), ("exception", "")], required=False)
    key = forms.UUIDField(error_messages=dict.fromkeys(("required", "invalid"), _("Open this page again.")))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        code, kind, what = said["reason"], said["kind"], said["amount"]
        if said["preset"]:
            code, kind, what = [*said["preset"].split(":"), "", ""][:3]
        reason = Reason.objects.filter(code=code, used=True).first()
        if reason is None:
            raise forms.ValidationError(_("Choose what it is for."))
        template, amount = None, 0
        if kind == Kind.COUPON:
            template = CouponTemplate.objects.filter(code=what, code__in=reason.coupons).first()
            if template is None:
                raise forms.ValidationError(_("This coupon is not offered any more: look again."))
        else:
            amount = _amount(kind, what)
        self.gift = {"kind": kind, "amount": amount, "reason": reason, "template": template}
        return said


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=[("approve", ""), ("decline", "")])
    words = forms.CharField(max_length=300, required=False)
    amount = forms.DecimalField(
        max_digits=9,
        decimal_places=2,
        required=False,
        error_messages=dict.fromkeys(("invalid", "max_digits"), HOW_MUCH),
    )

    def __init__(self, *args: Any, kind: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind = kind

    def clean_amount(self) -> int | None:
        """Points or minor units; none for what was asked."""
        said = self.cleaned_data["amount"]
        return None if said is None or self.kind == Kind.COUPON else _amount(self.kind, said)


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(choices=Compensation.Verdict.choices)
    words = forms.CharField(max_length=300, required=False)


def _amount(kind: str, what: Any) -> int:
    """Points, or minor units of the base currency. Whole points only."""
    if isinstance(what, str):
        what = Decimal(what) if what.isascii() and what.isdigit() and len(what) < 8 else None
    if what is None or not 0 < what < 10_000_000 or kind not in (Kind.POINTS, Kind.MONEY):
        raise forms.ValidationError(HOW_MUCH)
    if kind == Kind.MONEY:
        return to_minor(what, settings.BASE_CURRENCY)
    if what != what.to_integral_value():
        raise forms.ValidationError(HOW_MUCH)
    return int(what)
