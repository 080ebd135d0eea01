"""What an operator says when planning a pilot, noting a change, deciding, and going on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Segment
from journeys.forms import NOT_OFFERED
from journeys.models import Metric, PilotGate, ServicePackage
from journeys.resource_forms import NamedForm
from staff.models import Store

METRICS = [(one.value, one.label) for one in (Metric.REPURCHASE, Metric.SPEND, Metric.USE)]


class PilotForm(NamedForm):
    """What we think, with which package, on whom, and what must be seen."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    hypothesis = forms.CharField(max_length=300, label=_("We think that"), widget=forms.Textarea(attrs={"rows": 3}))
    package = forms.ChoiceField(label=_("Package"), error_messages=NOT_OFFERED)
    segment = forms.ChoiceField(label=_("Of the segment"), required=False, error_messages=NOT_OFFERED)
    metric = forms.ChoiceField(label=_("What is measured"), choices=METRICS, error_messages=NOT_OFFERED)
    days = forms.IntegerField(label=_("Days each member is watched"), min_value=1, max_value=365, initial=90)
    size = forms.IntegerField(
        label=_("People of each arm in the first step"), min_value=1, max_value=100_000, initial=100
    )
    control = forms.IntegerField(label=_("Control, per cent"), min_value=10, max_value=90, initial=50)
    baseline = forms.IntegerField(label=_("Buy again without it, per cent"), min_value=1, max_value=98, initial=30)
    effect = forms.IntegerField(label=_("Points more worth finding"), min_value=1, max_value=90, initial=5)
    field_order = ["code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.packages = {one.code: one for one in ServicePackage.objects.filter(state=ServicePackage.State.LIVE)}
        self.segments = {one.code: one for one in Segment.objects.filter(state=Segment.State.LIVE)}
        self.fields["package"].choices = [(code, str(one)) for code, one in self.packages.items()]  # type: ignore[attr-defined]
        offered = [("", _("everybody")), *((code, str(one)) for code, one in self.segments.items())]
        self.fields["segment"].choices = offered  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new":
            raise forms.ValidationError(_("There is a pilot with this code."))
        return code

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if (given.get("baseline") or 0) + (given.get("effect") or 0) > 99:
            self.add_error("effect", _("Together with the share without it that is more than everybody."))
        return given

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        plain = ("metric", "days", "size", "control", "baseline", "effect")
        return {name: given[name] for name in plain} | {
            "name": self.name, "hypothesis": " ".join(given["hypothesis"].split()),
            "package": self.packages[given["package"]], "segment": self.segments.get(given["segment"]),
        }  # fmt: skip


class GateForm(forms.Form):
    """The decision, why, and the step the reader saw."""

    decision = forms.ChoiceField(choices=PilotGate.Decision, error_messages=NOT_OFFERED)
    why = forms.CharField(max_length=200, error_messages={"required": _("Say in a few words why.")})
    step = forms.IntegerField(min_value=1, max_value=999)


class AskForm(forms.Form):
    """Why it should pass before its time, and the step the reader saw."""

    why = forms.CharField(max_length=200, error_messages={"required": _("Say in a few words why.")})
    step = forms.IntegerField(min_value=1, max_value=999)


class AnswerForm(forms.Form):
    """Agree, or not and why, to what the reader saw asked."""

    do = forms.ChoiceField(choices=[("agree", _("Agree")), ("decline", _("Do not agree"))], error_messages=NOT_OFFERED)
    why = forms.CharField(max_length=200, required=False)
    step = forms.IntegerField(min_value=1, max_value=999)


class NextForm(forms.Form):
    """More stores, or everybody."""

    stores = forms.MultipleChoiceField(choices=[], required=False, error_messages=NOT_OFFERED)
    everybody = forms.BooleanField(required=False)

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {one.code: one for one in stores}
        self.fields["stores"].choices = [(code, str(one)) for code, one in self.known.items()]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[Store] | None:
        given = self.cleaned_data
        return None if given["everybody"] else [self.known[code] for code in given["stores"]]
