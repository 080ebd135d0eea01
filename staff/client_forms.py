"""What an operator types about a machine."""

from django import forms
from django.utils.translation import gettext_lazy as _

from staff.models.client import SCOPES


class ScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(label=_("What it may do"), choices=list(SCOPES.items()), required=False)


class ClientForm(ScopesForm):
    code = forms.RegexField(
        r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$", label=_("Code"), max_length=60,
        error_messages={"invalid": _("Small letters, digits and hyphens only, such as till-west-lake.")},
    )  # fmt: skip
    name = forms.CharField(label=_("What it is called"), max_length=100)

    field_order = ["name", "code", "scopes"]
