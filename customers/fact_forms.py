"""Writing down what a customer said."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.fact_names import fact_keys
from customers.models import Fact
from customers.timeline import CHANNELS

OTHER = "other"


class FactForm(forms.Form):
    """A kind of this brand, or a word of one's own, and what was said."""

    key = forms.CharField(max_length=60, label=_("What about"))
    word = forms.CharField(max_length=60, required=False, label=_("In a word"))
    value = forms.CharField(max_length=500, label=_("What was said"))
    channel = forms.ChoiceField(choices=[(code, words) for code, words in CHANNELS.items()], required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        kind = fact_keys().get(said.get("key", ""))
        word = " ".join(str(said.get("word", "")).split())
        if kind is None and not word:
            raise forms.ValidationError(_("Say in a word what it is about."))
        if any("\0" in str(text) for text in said.values()):
            raise forms.ValidationError(_("This holds a character that cannot be stored."))
        said["key"] = kind.code if kind else word
        said["concern"] = kind.concern if kind else Fact.Concern.OTHER
        said["pinned"] = bool(kind and kind.pinned)
        return said
