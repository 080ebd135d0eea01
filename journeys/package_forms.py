"""What operators write about a package, and what a colleague says when giving one."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journeys.forms import NOT_OFFERED
from journeys.grid import name_of
from journeys.models import Benefit, Scene
from journeys.models.package import TERMS
from journeys.packages.drafting import CELLS
from scrm.kernel.words import Words, words


class PackageForm(forms.Form):
    """A new package; its code stays as it is."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    name_hans = forms.CharField(max_length=80, required=False, label=_("Name, 简体"))
    name_hant = forms.CharField(max_length=80, required=False, label=_("Name, 繁體"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name, English"))

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new":
            raise forms.ValidationError(_("There is a package with this code."))
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


class LineForm(forms.Form):
    """One benefit: in which scene, what, how often a year, how long it takes a colleague."""

    scene = forms.ChoiceField(label=_("Scene"), choices=Scene, error_messages=NOT_OFFERED)
    kind = forms.ChoiceField(label=_("Kind"), choices=Benefit, error_messages=NOT_OFFERED)
    hans = forms.CharField(label=_("Benefit, 简体"), max_length=120, required=False)
    hant = forms.CharField(label=_("Benefit, 繁體"), max_length=120, required=False)
    en = forms.CharField(label=_("Benefit, English"), max_length=120, required=False)
    quota = forms.IntegerField(
        label=_("Times a year, empty for without limit"), min_value=1, max_value=999, required=False
    )
    minutes = forms.IntegerField(
        label=_("Minutes of a colleague each time"), min_value=0, max_value=999, required=False
    )

    @classmethod
    def said(cls, given: QueryDict | None, key: str = "") -> "LineForm":
        """As posted for the line of this key, or for a new one."""
        return cls(given, auto_id=f"{key or 'new'}_%s")

    @classmethod
    def of(cls, line: dict[str, Any]) -> "LineForm":
        said = line["words"]
        return cls(
            initial=line | {"hans": said.get("zh-hans"), "hant": said.get("zh-hant"), "en": said.get("en")},
            auto_id=f"{line['key']}_%s",
        )  # fmt: skip

    @property
    def line(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"scene": said["scene"], "kind": said["kind"], "quota": said["quota"], "minutes": said["minutes"] or 0,
                "words": words(said["hans"], said["hant"], said["en"])}  # fmt: skip


class TermsForm(forms.Form):
    """What is promised in minutes, how far ahead in the queue, and which cells it is for."""

    first = forms.IntegerField(label=_("Minutes to the first answer"), min_value=1, max_value=86400, required=False)
    onsite = forms.IntegerField(label=_("Minutes until somebody is there"), min_value=1, max_value=86400,
                                required=False)  # fmt: skip
    end = forms.IntegerField(label=_("Minutes until it is done"), min_value=1, max_value=86400, required=False)
    boost = forms.IntegerField(label=_("Points ahead in the queue"), min_value=1, max_value=100, required=False)
    cells = forms.MultipleChoiceField(label=_("For the cells"), choices=[], required=False,
                                      widget=forms.CheckboxSelectMultiple, error_messages=NOT_OFFERED)  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cells"].choices = [(cell, name_of(cell)) for cell in CELLS]  # type: ignore[attr-defined]

    @property
    def terms(self) -> dict[str, int | None]:
        return {name: self.cleaned_data[name] for name in TERMS}


class GiveForm(forms.Form):
    """Which package, why, and until which day."""

    code = forms.SlugField(max_length=40, error_messages={"required": _("Choose a package.")})
    why = forms.CharField(max_length=200, error_messages={"required": _("Say in a few words why.")})
    until = forms.DateField(required=False)

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day and day.year < 9999 else None
