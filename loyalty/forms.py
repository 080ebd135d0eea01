"""The small forms on a wallet: their shape; the rules are the verbs'."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.models import CouponTemplate, Level, PointsEntry, Programme

BY_HAND = (PointsEntry.Reason.CORRECTION, PointsEntry.Reason.GOODWILL, PointsEntry.Reason.HABIT)


class CorrectionForm(forms.Form):
    points = forms.IntegerField(label=_("Points, with a minus to take away"), min_value=-1_000_000, max_value=1_000_000)
    reason = forms.ChoiceField(label=_("Reason"), choices=[(one.value, one.label) for one in BY_HAND])
    note = forms.CharField(label=_("What happened"), max_length=200)
    key = forms.UUIDField(widget=forms.HiddenInput)


class LevelForm(forms.Form):
    level = forms.ModelChoiceField(label=_("Level"), queryset=Level.objects.none())
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].queryset = Level.objects.filter(programme=Programme.objects.main())  # type: ignore[attr-defined]


class GiveCouponForm(forms.Form):
    template = forms.ModelChoiceField(label=_("Coupon"), queryset=CouponTemplate.objects.none())
    reason = forms.ChoiceField(label=_("Reason"), choices=[("goodwill", _("Goodwill")), ("asked", _("Was asked for"))])
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = CouponTemplate.objects.given_out()  # type: ignore[attr-defined]
