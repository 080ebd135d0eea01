"""A time kept for a customer."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from staff.models import Store, User
from touchpoints.booking import moment_of
from touchpoints.models import AppointmentKind


class AppointmentForm(forms.Form):
    key = forms.UUIDField()
    store = forms.CharField(max_length=40)
    kind = forms.CharField(max_length=40)
    starts_at = forms.CharField(max_length=40, error_messages={"required": _("Choose a time.")})
    prepare = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_store(self) -> Store:
        """One of the reader's; a customer by link may go anywhere that offers the kind."""
        stores = Store.objects.filter(closed_on=None)
        if self.user is not None and not self.user.sees_whole_brand:
            stores = stores.filter(pk__in=self.user.store_ids)
        found = stores.filter(code=self.cleaned_data["store"]).first()
        if found is None:
            raise forms.ValidationError(_("This store is not among those you can book for."))
        return found

    def clean_kind(self) -> AppointmentKind:
        found = AppointmentKind.objects.filter(code=self.cleaned_data["kind"], used=True).first()
        if found is None:
            raise forms.ValidationError(_("This is not offered any more: choose another."))
        return found

    def clean_starts_at(self) -> datetime:
        moment = moment_of(self.cleaned_data["starts_at"])
        if moment is None:
            raise forms.ValidationError(_("Choose a time."))
        return moment
