"""What staff type into conversations, contacts and channels."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import FactKey
from touchpoints.models import Conversation, OutreachScene, Template
from touchpoints.models.talk import LONGEST


class ReplyForm(forms.Form):
    """An answer in one conversation of the customer; `token` makes a second press the same message."""

    talk = forms.ModelChoiceField(Conversation.objects.none())
    text = forms.CharField(max_length=LONGEST, error_messages={
        "required": _("Write what you want to say."), "max_length": _("A message holds 4,000 signs: shorten it."),
    })  # fmt: skip
    token = forms.CharField(max_length=40, required=False)

    def __init__(self, *args: Any, talks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["talk"].queryset = talks  # type: ignore[attr-defined]


class ProposedFactForm(forms.Form):
    key = forms.ModelChoiceField(FactKey.objects.all(), to_field_name="code")
    value = forms.CharField(max_length=500)


class ContactForm(forms.Form):
    """One occasion, said with one text."""

    scene = forms.ModelChoiceField(OutreachScene.objects.all(), to_field_name="code")
    template = forms.ModelChoiceField(Template.objects.filter(is_active=True), to_field_name="code", required=False)
    token = forms.CharField(max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        template, scene = given.get("template"), given.get("scene")
        if template is not None and scene is not None and template.scene_id != scene.pk:
            self.add_error("template", _("This text is for another occasion."))
        return given
