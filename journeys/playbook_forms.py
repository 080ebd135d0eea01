"""What operators write about a playbook, and whom a trial is about."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.segment_forms import WhoForm
from journeys.forms import NOT_OFFERED
from journeys.playbooks.words import HEARABLE
from scrm.kernel.words import Words, words

FARTHEST = timedelta(days=400)


class PlaybookForm(forms.Form):
    """A new playbook; its code stays as it is."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    name_hans = forms.CharField(max_length=80, required=False, label=_("Name, 简体"))
    name_hant = forms.CharField(max_length=80, required=False, label=_("Name, 繁體"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name, English"))

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code in ("new", "parked"):
            raise forms.ValidationError(_("There is a playbook with this code."))
        return code

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in ("name_hans", "name_hant", "name_en")):
            self.add_error("name_hans", _("Give it a name."))
        return given

    @property
    def name(self) -> Words:
        given = self.cleaned_data
        return words(given["name_hans"], given["name_hant"], given["name_en"])


class TrialForm(WhoForm):
    """With whom, up to which day, and what is supposed to happen on the way."""

    until = forms.DateField(label=_("As if today were"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    event = forms.ChoiceField(label=_("Suppose that the customer"), required=False, error_messages=NOT_OFFERED)
    after = forms.IntegerField(label=_("so many days after coming in"), min_value=0, max_value=400, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["event"].choices = [("", _("does nothing")), *HEARABLE.items()]  # type: ignore[attr-defined]

    def clean_until(self) -> datetime:
        day = self.cleaned_data["until"]
        today = timezone.localdate()
        if not today <= day <= today + FARTHEST:
            raise forms.ValidationError(_("Choose a day from today on, within a year."))
        return timezone.make_aware(datetime.combine(day, time(23, 59)))

    @property
    def customer(self) -> Customer:
        found: Customer = self.cleaned_data["number"]
        return found

    @property
    def supposed(self) -> list[tuple[str, datetime]]:
        said = self.cleaned_data
        if not said["event"]:
            return []
        return [(said["event"], timezone.now() + timedelta(days=said["after"] or 0, minutes=1))]
