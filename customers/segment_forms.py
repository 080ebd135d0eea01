"""What operators write about segments: how one is called, and whom they keep in or out by hand."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Segment, SegmentMember
from scrm.kernel.words import Words, words
from staff.models import User


class SegmentForm(forms.Form):
    """A new segment; its code stays as it is."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    name_hans = forms.CharField(max_length=80, required=False, label=_("Name, 简体"))
    name_hant = forms.CharField(max_length=80, required=False, label=_("Name, 繁體"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name, English"))
    purpose = forms.CharField(max_length=200, required=False, label=_("What for"))

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new" or Segment.objects.filter(code=code).exists():
            raise forms.ValidationError(_("There is a segment with this code."))
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


class WhoForm(forms.Form):
    """One customer the reader may see, by member number."""

    number = forms.CharField(max_length=40, label=_("Member number"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_number(self) -> Customer:
        rows = Customer.objects.visible_to(self.user).living()
        found = rows.filter(number=self.cleaned_data["number"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("No customer of yours has this number."))
        return found


class HandForm(WhoForm):
    """Kept in or out by hand, with a reason, for ever or up to a day."""

    via = forms.ChoiceField(choices=SegmentMember.Via.choices[1:], label=_("In or out"))
    why = forms.CharField(max_length=200, label=_("Why"))
    until = forms.DateField(required=False, label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None
