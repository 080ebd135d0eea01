"""What people type into a script: names, days, and the words per channel and language."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import LANGUAGES, Words
from staff.models import Membership, User
from staff.permissions import roles_with
from touchpoints.models import Script, ScriptTopic, ScriptVariant, Way
from touchpoints.models.script import EVERYWHERE, script_trouble

WAYS: list[tuple[str, Any]] = [(EVERYWHERE, _("every channel")), *Way.choices]
LANGUAGE_NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ScriptForm(forms.Form):
    """One version of a script; topic and owner are named by their codes."""

    code = forms.SlugField(label=_("Code"), max_length=60)
    name_hans = forms.CharField(label=_("Name, 简体"), max_length=80)
    name_hant = forms.CharField(label=_("Name, 繁體"), max_length=80, required=False)
    name_en = forms.CharField(label=_("Name, English"), max_length=80, required=False)
    topic = forms.ChoiceField(label=_("Topic"))
    owner = forms.ChoiceField(label=_("Who looks after it"))
    valid_from = forms.DateField(label=_("Valid from"), required=False, widget=day())
    valid_until = forms.DateField(label=_("Valid until"), required=False, widget=day())
    review_by = forms.DateField(label=_("To be looked at again by"), widget=day())

    def __init__(self, *args: Any, script: Script | None = None, **kwargs: Any) -> None:
        self.script = script
        if script is not None:
            kwargs.setdefault("initial", _said(script))
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [(one.code, str(one)) for one in ScriptTopic.objects.all()]  # type: ignore[attr-defined]
        self.fields["owner"].choices = [(one.username, str(one)) for one in owners()]  # type: ignore[attr-defined]
        if script is not None:
            self.fields["code"].disabled = True
        for way, words in WAYS:
            for locale in LANGUAGES:
                self.fields[field_of(way, locale)] = forms.CharField(
                    label=f"{words}, {LANGUAGE_NAMES[locale]}", max_length=2000, required=False,
                    widget=forms.Textarea(attrs={"rows": 3}),
                )  # fmt: skip

    def clean_topic(self) -> ScriptTopic:
        return ScriptTopic.objects.get(code=self.cleaned_data["topic"])

    def clean_owner(self) -> User:
        return User.objects.get(username=self.cleaned_data["owner"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for way, _words in WAYS:
            for locale in LANGUAGES:
                name = field_of(way, locale)
                if trouble := script_trouble(given.get(name) or ""):
                    self.add_error(name, trouble)
        start, end = given.get("valid_from"), given.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", _("It ends before it begins."))
        if (
            not any(given.get(field_of(way, locale)) for way, _words in WAYS for locale in LANGUAGES)
            and not self.errors
        ):
            self.add_error(field_of(EVERYWHERE, "zh-hans"), _("Write it in one language at least."))
        return given

    def bodies(self) -> dict[tuple[str, str], str]:
        said = self.cleaned_data
        return {(way, locale): (said[field_of(way, locale)] or "").strip().replace("\r\n", "\n")
                for way, _words in WAYS for locale in LANGUAGES}  # fmt: skip

    def columns(self) -> dict[str, Any]:
        said = self.cleaned_data
        names = {"zh-hans": said["name_hans"], "zh-hant": said["name_hant"], "en": said["name_en"]}
        plain = ("topic", "owner", "valid_from", "valid_until", "review_by")
        return {
            "name": Words({code: text for code, text in names.items() if text}),
            **{one: said[one] for one in plain},
        }

    def own_ways(self) -> list[tuple[Any, str, bool]]:
        """Each channel with the names of its fields, and whether something stands in one."""
        return [
            (words, " ".join(field_of(way, locale) for locale in LANGUAGES),
             any(self[field_of(way, locale)].value() or self[field_of(way, locale)].errors for locale in LANGUAGES))
            for way, words in WAYS[1:]
        ]  # fmt: skip

    @property
    def everywhere(self) -> str:
        return " ".join(field_of(EVERYWHERE, locale) for locale in LANGUAGES)


class ScriptDayForm(forms.Form):
    """Until when a script need not be looked at again."""

    review_by = forms.DateField(widget=day())


def owners() -> list[User]:
    """Who may look after a script: those who may write one."""
    held = Membership.objects.current().filter(role__in=roles_with("script.write"))
    return list(User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("username")[:300])


def field_of(way: str, locale: str) -> str:
    return f"body_{way or 'all'}_{locale.replace('-', '_')}"


def _said(script: Script) -> dict[str, Any]:
    rows: list[ScriptVariant] = list(script.variants.all())
    return {
        "code": script.code, "topic": script.topic.code, "owner": script.owner.username,
        "name_hans": script.name.get("zh-hans", ""), "name_hant": script.name.get("zh-hant", ""),
        "name_en": script.name.get("en", ""), "valid_from": script.valid_from, "valid_until": script.valid_until,
        "review_by": script.review_by, **{field_of(one.way, one.locale): one.body for one in rows},
    }  # fmt: skip
