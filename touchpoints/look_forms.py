"""What staff type on a look board, and what its customer answers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from customers.models import Scene
from touchpoints.models import LookItem
from touchpoints.models.look import NOTE, TITLE, WORDS
from touchpoints.models.look_item import WORD


class LookForm(forms.Form):
    """A board's words; `once` makes a second press of “new” the same board."""

    title = forms.CharField(max_length=TITLE, error_messages={
        "required": _("Give the board a title."), "max_length": _("A title holds 80 signs: shorten it."),
    })  # fmt: skip
    scene = forms.SlugField(max_length=40, required=False)
    note = forms.CharField(max_length=NOTE, required=False, error_messages={
        "max_length": _("A note holds 400 signs: shorten it."),
    })  # fmt: skip
    once = forms.UUIDField(required=False)

    def clean_scene(self) -> Scene | None:
        code = self.cleaned_data["scene"]
        if not code:
            return None
        found = Scene.objects.filter(code=code, used=True).first()
        if found is None:
            raise forms.ValidationError(_("Choose an occasion from the list."))
        return found

    @property
    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "scene", "note")}


class OnceForm(forms.Form):
    once = forms.UUIDField(required=False)


class PieceForm(forms.Form):
    piece = forms.CharField(max_length=60)

    def clean_piece(self) -> Product:
        found = Product.objects.filter(code=self.cleaned_data["piece"], kind=Product.Kind.GOODS).first()
        if found is None:
            raise forms.ValidationError(_("We do not know this piece: look it up by its code or name."))
        return found


class PieceWordForm(forms.Form):
    word = forms.CharField(max_length=WORD, required=False, error_messages={
        "max_length": _("The word to a piece holds 60 signs: shorten it."),
    })  # fmt: skip


class LookAnswerForm(forms.Form):
    """The customer's marks, one per piece shown, and one line."""

    words = forms.CharField(max_length=WORDS, required=False, error_messages={
        "max_length": _("One line holds 300 signs. Please shorten it."),
    })  # fmt: skip

    def __init__(self, data: Any, *, items: list[int]) -> None:
        super().__init__(data)
        for pk in items:
            self.fields[f"piece-{pk}"] = forms.ChoiceField(choices=LookItem.Said, required=False)

    @property
    def marks(self) -> dict[int, str]:
        return {int(name.removeprefix("piece-")): said for name, said in self.cleaned_data.items()
                if name.startswith("piece-") and said}  # fmt: skip
