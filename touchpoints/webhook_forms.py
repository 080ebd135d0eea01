"""What an operator types about a webhook."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Unsafe
from scrm.kernel.registry import event_kinds
from staff.models import ApiClient


class WebhookForm(forms.Form):
    client = forms.ModelChoiceField(ApiClient.objects.filter(is_active=True), label=_("Whose"))
    url = forms.CharField(label=_("Where to"), max_length=500)
    kinds = forms.MultipleChoiceField(label=_("Which events"), required=False)
    full = forms.BooleanField(label=_("Send the event's details too, not only its ids"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(name, name) for name in sorted(event_kinds.names())]  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        try:
            outgoing.target_of(self.cleaned_data["url"])
        except Unsafe:
            raise forms.ValidationError(
                _("Only https to a public host, port 443 or 8443, without name and password.")
            ) from None
        return str(self.cleaned_data["url"])


class RangeForm(forms.Form):
    """Messages written down between two moments of the reader's zone."""

    since = forms.DateTimeField(label=_("From"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    until = forms.DateTimeField(label=_("Until"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])

    def clean_until(self) -> Any:
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and (until < since or since > timezone.now()):
            raise forms.ValidationError(_("The end lies before the beginning."))
        return until
