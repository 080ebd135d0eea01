"""What an advisor says about a line of the list, about a client, about an interest."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from journeys.models import Need, ValueBorders
from journeys.models.care import Reason
from scrm.kernel.money import to_major, to_minor

NOT_OFFERED = {"required": _("This is not on offer."), "invalid_choice": _("This is not on offer.")}


class CareForm(forms.Form):
    """What became of one line; `task` is a step of one's own that it stood for."""

    reason = forms.ChoiceField(choices=Reason, error_messages=NOT_OFFERED)
    did = forms.ChoiceField(choices=[("done", ""), ("later", ""), ("not", "")], error_messages=NOT_OFFERED)
    said = forms.CharField(max_length=300, required=False)
    until = forms.DateField(required=False)
    task = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("did") == "later" and not self.errors and said.get("until") is None:
            raise forms.ValidationError(_("Choose a day from tomorrow on, within two months."))
        return said


class HealthForm(forms.Form):
    word = forms.CharField(max_length=10)
    why = forms.CharField(max_length=200, required=False)


class RhythmForm(forms.Form):
    days = forms.IntegerField(required=False, min_value=-(2**31), max_value=2**31)


class InterestForm(forms.Form):
    """A new interest, or the next move of one."""

    what = forms.CharField(max_length=120, required=False)
    stage = forms.CharField(max_length=10, required=False)
    worth = forms.DecimalField(
        required=False, min_value=Decimal(0), max_value=Decimal(10**8), decimal_places=2,
        error_messages={"invalid": _("What it may be worth is a sum from nothing on."),
                        "min_value": _("What it may be worth is a sum from nothing on.")},
    )  # fmt: skip
    next_step = forms.CharField(max_length=200, required=False)
    next_on = forms.DateField(required=False)
    verb = forms.ChoiceField(
        choices=[("move", ""), ("won", ""), ("lost", ""), ("reopen", "")], required=False, error_messages=NOT_OFFERED
    )
    why = forms.CharField(max_length=200, required=False)

    def clean_worth(self) -> int | None:
        worth = self.cleaned_data["worth"]
        return None if worth is None else to_minor(worth, settings.BASE_CURRENCY)


class CoverForm(forms.Form):
    """From when until when a colleague looks after the clients of another."""

    starts_on = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Until"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    note = forms.CharField(label=_("What the colleague must know"), max_length=200, required=False)


class NeedForm(forms.Form):
    """A colleague's word on the need; an empty one leaves it to the figures."""

    need = forms.ChoiceField(choices=[("", ""), *Need.choices], required=False, error_messages=NOT_OFFERED)
    why = forms.CharField(max_length=200, error_messages={"required": _("Say in a few words what makes you think so.")})


class BordersForm(forms.Form):
    """Where middle and high value begin and which price is premium, in whole money of the base currency."""

    middle_from = forms.DecimalField(label=_("middle value from"), min_value=1, max_value=10**9, decimal_places=2)
    high_from = forms.DecimalField(label=_("high value from"), min_value=1, max_value=10**9, decimal_places=2)
    premium_from = forms.DecimalField(
        label=_("premium from a price of"), min_value=1, max_value=10**9, decimal_places=2
    )

    @classmethod
    def of(cls, borders: ValueBorders) -> "BordersForm":
        return cls(initial={name: to_major(getattr(borders, name), settings.BASE_CURRENCY) for name in cls.base_fields})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and said["high_from"] <= said["middle_from"]:
            self.add_error("high_from", _("High value begins above middle value."))
        return said

    def borders(self) -> ValueBorders:
        said = {name: to_minor(self.cleaned_data[name], settings.BASE_CURRENCY) for name in self.base_fields}
        return ValueBorders(**said)
