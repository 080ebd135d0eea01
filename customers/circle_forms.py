"""What people write about households, companies and what others say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Company, Customer, OutsideSignal, Part
from staff.models import User


class WithCustomer(forms.Form):
    """Names a customer by member number; only one the writer may see."""

    number = forms.CharField(max_length=40, label=_("Member number"))
    part = forms.ChoiceField(choices=Part.choices, label=_("What they are"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_number(self) -> Customer:
        rows = Customer.objects.visible_to(self.user).living()
        found = rows.filter(number=self.cleaned_data["number"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("No customer of yours has this number."))
        return found


class NewMember(WithCustomer):
    relation = forms.CharField(max_length=40, required=False, label=_("Relation, for example mother"))


class NewPerson(WithCustomer):
    title = forms.CharField(max_length=60, required=False, label=_("Title there"))


class NewHousehold(forms.Form):
    name = forms.CharField(max_length=120, label=_("Name of the household"))
    part = forms.ChoiceField(choices=Part.choices, label=_("What they are"))


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Company
        fields = ("name", "industry", "since", "note")
        widgets = {"since": forms.DateInput(attrs={"type": "date", "max": "9999-12-31"})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        # Only among those one may see: a name known elsewhere is nobody's business here.
        name: str = " ".join(self.cleaned_data["name"].split())
        if Company.objects.visible_to(self.user).filter(name=name).exists():
            raise forms.ValidationError(_("This company is noted already."))
        return name


class SignalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A finding needs its source, its licence and the day until which it may be used."""

    url = forms.URLField(required=False, max_length=400, assume_scheme="https", label=_("Address"))
    company = forms.ModelChoiceField(Company.objects.none(), required=False, label=_("Company, if it is about one"))

    class Meta:
        model = OutsideSignal
        fields = ("kind", "title", "finding", "source", "licence", "url", "published_on", "expires_on", "company")
        widgets = {
            "published_on": forms.DateInput(attrs={"type": "date", "max": "9999-12-31"}),
            "expires_on": forms.DateInput(attrs={"type": "date", "max": "9999-12-31"}),
            "finding": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.visible_to(user).order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or {}
        first, last = said.get("published_on"), said.get("expires_on")
        if first and last and last < first:
            self.add_error("expires_on", _("It cannot end before it was published."))
        return said
