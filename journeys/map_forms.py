"""What operators write about a map, its places, and the questions of the bank."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import NeedKind, Scene, TagDimension
from journeys.forms import NOT_OFFERED
from journeys.models import JourneyMap, MapNote
from scrm.kernel.words import Words, words
from tickets.models import Topic
from touchpoints.models import Touchpoint

VERSION = {"required": _("Look at it again."), "invalid": _("Look at it again.")}


class NamedForm(forms.Form):
    """Words in three languages, one of them at least."""

    hans = forms.CharField(max_length=120, required=False, label=_("Words, 简体"))
    hant = forms.CharField(max_length=120, required=False, label=_("Words, 繁體"))
    en = forms.CharField(max_length=120, required=False, label=_("Words, English"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in ("hans", "hant", "en")):
            self.add_error("hans", _("Write it in one language at least."))
        return given

    @property
    def words(self) -> Words:
        given = self.cleaned_data
        return words(given["hans"], given["hant"], given["en"])


class MapForm(NamedForm):
    code = forms.SlugField(max_length=40, label=_("Code"))
    trade = forms.ChoiceField(label=_("Template"), choices=JourneyMap.Trade, error_messages=NOT_OFFERED)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new":
            raise forms.ValidationError(_("There is a map with this code."))
        return code


class FeelingForm(forms.Form):
    """A feeling from −1 to 1, as of the version that was looked at."""

    feeling = forms.DecimalField(label=_("Feeling, −1 to 1"), min_value=-1, max_value=1, decimal_places=1, max_digits=3)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages=VERSION, widget=forms.HiddenInput)

    @property
    def tenths(self) -> int:
        return int(self.cleaned_data["feeling"] * 10)


class NoteForm(forms.Form):
    kind = forms.ChoiceField(label=_("Pain or delight"), choices=MapNote.Kind, error_messages=NOT_OFFERED)
    words = forms.CharField(label=_("In a few words"), max_length=300)
    verbatim = forms.BooleanField(label=_("A customer's own words"), required=False)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages=VERSION, widget=forms.HiddenInput)


class DropForm(forms.Form):
    note = forms.IntegerField(min_value=1, max_value=2**62, error_messages=VERSION)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages=VERSION)


class MeasureForm(forms.Form):
    """Which touchpoints and topics a place is measured by; both belong to the brand."""

    touchpoints = forms.MultipleChoiceField(label=_("Touchpoints"), required=False, error_messages=NOT_OFFERED,
                                            widget=forms.CheckboxSelectMultiple)  # fmt: skip
    topics = forms.MultipleChoiceField(label=_("Topics of cases"), required=False, error_messages=NOT_OFFERED,
                                       widget=forms.CheckboxSelectMultiple)  # fmt: skip
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages=VERSION, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("touchpoints", Touchpoint), ("topics", Topic)):
            self.fields[name].choices = [(one.code, str(one)) for one in model.objects.filter(used=True)]  # type: ignore[attr-defined]


class QuestionForm(NamedForm):
    """A question: in which scene, and what kind of tag its answers become."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    scene = forms.ChoiceField(label=_("Scene"), error_messages=NOT_OFFERED)
    dimension = forms.ChoiceField(label=_("Becomes a tag of"), error_messages=NOT_OFFERED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("scene", Scene), ("dimension", TagDimension)):
            self.fields[name].choices = [(one.code, str(one)) for one in model.objects.filter(used=True)]  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new":
            raise forms.ValidationError(_("There is a question with this code."))
        return code


class AnswerForm(NamedForm):
    """An answer that is offered: the value of the tag, and the need behind it."""

    value = forms.CharField(label=_("Value of the tag"), max_length=60)
    need = forms.ChoiceField(label=_("Need behind it"), required=False, error_messages=NOT_OFFERED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.code, str(one)) for one in NeedKind.objects.filter(used=True)]
        self.fields["need"].choices = [("", _("in the answer's own words")), *kinds]  # type: ignore[attr-defined]
