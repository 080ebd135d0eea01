"""The forms of a flash drop: making one, letting it out, stopping it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.models import CouponTemplate, Drop, Level, Programme
from scrm.kernel.words import words
from staff.models import User

PRIZES = 4
MOST_SLOTS = 200_000
TAKEN = frozenset({"new", "felt"})  # addresses of their own
MOMENT = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format=MOMENT[0])
    return forms.DateTimeField(label=label, input_formats=MOMENT, widget=widget)


def _text(label: Any, longest: int, *, required: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=longest, required=required, widget=widget)


class DropForm(forms.Form):
    """A draft; up to four sorts of coupons. Moments are in the operator's own time zone."""

    hans = _text(gettext_lazy("Name in simplified Chinese"), 60, required=True)
    hant = _text(gettext_lazy("Name in traditional Chinese"), 60)
    en = _text(gettext_lazy("Name in English"), 60)
    code = forms.SlugField(label=gettext_lazy("Code, as it stands in the address"), max_length=40,
                           widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}))  # fmt: skip
    opens_at = _moment(gettext_lazy("Opens"))
    ends_at = _moment(gettext_lazy("Ends"))
    levels = forms.MultipleChoiceField(label=gettext_lazy("Only for these levels; none means everybody"),
                                       required=False, widget=forms.CheckboxSelectMultiple)  # fmt: skip
    cap = forms.IntegerField(label=gettext_lazy("Claims at the same moment; others wait in line"), min_value=1,
                             max_value=64, initial=6,
                             widget=forms.NumberInput(attrs={"class": "form-control"}))  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = Level.objects.filter(programme=Programme.objects.main()).order_by("rank")
        self.fields["levels"].choices = [(level.code, str(level.name)) for level in levels]  # type: ignore[attr-defined]
        coupons = [("", "—")] + [(each.code, str(each)) for each in CouponTemplate.objects.given_out()[:300]]
        for n in range(1, PRIZES + 1):
            self.fields[f"template_{n}"] = forms.ChoiceField(
                label=_("Coupon"), choices=coupons, required=n == 1,
                widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip
            self.fields[f"slots_{n}"] = forms.IntegerField(
                label=_("How many"), min_value=1, max_value=MOST_SLOTS, required=n == 1,
                widget=forms.NumberInput(attrs={"class": "form-control"}),
            )  # fmt: skip

    def prize_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"template_{n}"], self[f"slots_{n}"]) for n in range(1, PRIZES + 1)]

    def prizes(self) -> list[dict[str, Any]]:
        """What is filled in so far, also while the rest is not yet right."""
        said = getattr(self, "cleaned_data", {})
        found: dict[str, int] = {}
        for n in range(1, PRIZES + 1):
            template, slots = said.get(f"template_{n}"), said.get(f"slots_{n}")
            if template and slots:
                found[template] = found.get(template, 0) + slots
        return [{"template": template, "slots": slots} for template, slots in found.items()]

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code in TAKEN:
            raise forms.ValidationError(_("This code is an address of its own: choose another."))
        return code

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("opens_at") and said.get("ends_at") and said["ends_at"] <= said["opens_at"]:
            self.add_error("ends_at", _("The end lies before the beginning."))
        for n in range(1, PRIZES + 1):
            if bool(said.get(f"template_{n}")) != bool(said.get(f"slots_{n}")) and f"slots_{n}" not in self.errors:
                self.add_error(f"slots_{n}", _("Say which coupon, and how many."))
        return said

    def save(self, *, by: User) -> Drop | None:
        """The draft; None, with the error in the form, when its code is taken."""
        said = self.cleaned_data
        drop, made = Drop.objects.get_or_create(code=said["code"], defaults={
            "name": words(said["hans"], said["hant"], said["en"]), "opens_at": said["opens_at"],
            "ends_at": said["ends_at"], "levels": said["levels"], "cap": said["cap"], "prizes": self.prizes(),
            "made_by": by,
        })  # fmt: skip
        if not made:
            self.add_error("code", _("There is a drop with this code already."))
        return drop if made else None


class ArmForm(forms.Form):
    although = _text(gettext_lazy("Why it should go out all the same"), 200)


class StopForm(forms.Form):
    why = _text(gettext_lazy("Why it is stopped; customers read it"), 200, required=True)
