"""What staff type into conversations, contacts and channels."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import FactKey
from touchpoints.channels.protocol import Kind
from touchpoints.models import Conversation, OutreachScene, Template
from touchpoints.models.talk import LONGEST


class ReplyForm(forms.Form):
    """An answer in one conversation of the customer; `token` makes a second press the same message."""

    talk = forms.ModelChoiceField(Conversation.objects.none())
    text = forms.CharField(max_length=LONGEST, error_messages={
        "required": _("Write what you want to say."), "max_length": _("A message holds 4,000 signs: shorten it."),
    })  # fmt: skip
    token = forms.CharField(max_length=40, required=False)
    script = forms.SlugField(max_length=60, required=False)

    def __init__(self, *args: Any, talks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["talk"].queryset = talks  # type: ignore[attr-defined]


class ProposedFactForm(forms.Form):
    """A kind of fact, by its code, and the words to write down."""

    key = forms.SlugField(max_length=60)
    value = forms.CharField(max_length=500)

    def clean_key(self) -> FactKey:
        return _named(FactKey.objects.all(), self.cleaned_data["key"])


class ContactForm(forms.Form):
    """One occasion, said with one text, both by their codes."""

    scene = forms.SlugField(max_length=40)
    template = forms.SlugField(max_length=60, required=False)
    token = forms.CharField(max_length=40, required=False)

    def clean_scene(self) -> OutreachScene:
        # A notice needs no consent and goes out by its own occasion: by hand it would be the way around one.
        return _named(OutreachScene.objects.filter(kind=Kind.MARKETING.value), self.cleaned_data["scene"])

    def clean_template(self) -> Template | None:
        code = self.cleaned_data["template"]
        return _named(Template.objects.filter(is_active=True), code) if code else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        template, scene = given.get("template"), given.get("scene")
        if template is not None and scene is not None and template.scene_id != scene.pk:
            self.add_error("template", _("This text is for another occasion."))
        return given


def _named(rows: QuerySet[Any], code: str) -> Any:
    found = rows.filter(code=code).first()
    if found is None:
        raise forms.ValidationError(_("This is not here any more: look again."))
    return found
