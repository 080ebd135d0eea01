"""What staff type about themselves."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from staff.models import User

ZONES = sorted(
    zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix"))
)


class SignInForm(forms.Form):
    username = forms.CharField(label=_("Staff name or mail"), max_length=150)
    password = forms.CharField(label=_("Password"), max_length=200, strip=False)


class CodeForm(forms.Form):
    code = forms.RegexField(
        r"^\s*\d{6}\s*$", label=_("Six digits"), error_messages={"invalid": _("Copy all six digits.")}
    )


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["language", "zone", "wants_shortcuts"]

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    zone = forms.ChoiceField(label=_("Time zone"), choices=[(zone, zone.replace("_", " ")) for zone in ZONES])
    wants_shortcuts = forms.BooleanField(label=_("Single-key shortcuts"), required=False)


class PasswordForm(forms.Form):
    """A new password, and the old one as proof."""

    old = forms.CharField(label=_("Present password"), max_length=200, strip=False)
    new = forms.CharField(label=_("New password, 12 characters or more"), max_length=200, strip=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self.user.check_password(old):
            raise forms.ValidationError(_("That is not your present password."))
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        password_validation.validate_password(new, self.user)
        return new
