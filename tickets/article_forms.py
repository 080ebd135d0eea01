"""What people type into an article: where it belongs, who reads it, and the words in three languages."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Scene
from scrm.kernel.words import LANGUAGES, Words
from tickets.models import ArticleVersion, Audience, Topic
from tickets.models.article import BODY, TITLE, Sheet, check_video
from tickets.sheets import FACTS, check_facts

LANGUAGE_NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}
NONE = ("", "—")
RESERVED = {"new", "suggest", "case", "compare"}  # addresses beside those of articles


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def field_of(name: str, locale: str) -> str:
    return f"{name}_{locale.replace('-', '_')}"


class ArticleForm(forms.Form):
    """One wording of an article; topic and scene are named by their codes."""

    code = forms.SlugField(label=_("Code"), max_length=60)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    product = forms.CharField(label=_("Product or category"), max_length=60, required=False)
    scene = forms.ChoiceField(label=_("Scene"), required=False)
    audience = forms.ChoiceField(label=_("Who reads it"), choices=Audience.choices, initial=Audience.STAFF)
    video = forms.CharField(label=_("Video"), max_length=300, required=False, validators=[check_video])
    sheet = forms.ChoiceField(label=_("Product sheet"), choices=Sheet.choices, required=False)
    facts_from = forms.CharField(label=_("Where the figures are from"), max_length=200, required=False)
    review_by = forms.DateField(label=_("To be looked at again by"), widget=day())

    def __init__(
        self, *args: Any, version: ArticleVersion | None = None, for_colleagues: bool = False, **kwargs: Any
    ) -> None:
        if version is not None:
            kwargs.setdefault("initial", _said(version))
        super().__init__(*args, **kwargs)
        topics = Topic.objects.filter(used=True)
        self.fields["topic"].choices = [NONE, *((one.code, str(one)) for one in topics)]  # type: ignore[attr-defined]
        scenes = Scene.objects.filter(used=True)
        self.fields["scene"].choices = [NONE, *((one.code, str(one)) for one in scenes)]  # type: ignore[attr-defined]
        if version is not None:
            # Until when it holds is said of what is live, not of a draft.
            self.fields["code"].disabled = True
            del self.fields["review_by"]
        if for_colleagues:
            del self.fields["audience"]
        for locale in LANGUAGES:
            words = LANGUAGE_NAMES[locale]
            self.fields[field_of("title", locale)] = forms.CharField(
                label=_("Title, %(language)s") % {"language": words}, max_length=TITLE, required=False
            )
            self.fields[field_of("body", locale)] = forms.CharField(
                label=_("Text, %(language)s") % {"language": words}, max_length=BODY, required=False,
                widget=forms.Textarea(attrs={"rows": 10}),
            )  # fmt: skip
            self.fields[field_of("facts", locale)] = forms.CharField(
                label=_("To compare, %(language)s") % {"language": words}, max_length=FACTS, required=False,
                widget=forms.Textarea(attrs={"rows": 5}), validators=[check_facts],
            )  # fmt: skip

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].lower()
        if code in RESERVED:
            raise forms.ValidationError(_("Choose another code: this one is a page's own name."))
        return code

    def clean_topic(self) -> Topic | None:
        return Topic.objects.filter(code=self.cleaned_data["topic"]).first()

    def clean_scene(self) -> Scene | None:
        return Scene.objects.filter(code=self.cleaned_data["scene"]).first()

    def clean_review_by(self) -> date:
        chosen: date = self.cleaned_data["review_by"]
        if chosen <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day that is still to come."))
        return chosen

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for locale in LANGUAGES:
            title, body = given.get(field_of("title", locale)), given.get(field_of("body", locale))
            if bool(title) != bool(body) and not self.errors:
                self.add_error(field_of("body" if title else "title", locale), _("Title and text belong together."))
        self._check_sheet(given)
        if not self.errors and not self.words("title"):
            self.add_error(field_of("title", "zh-hans"), _("Write it in one language at least."))
        return given

    def _check_sheet(self, given: dict[str, Any]) -> None:
        """What is compared belongs to a product, in the languages the sheet is written in."""
        told = [locale for locale in LANGUAGES if given.get(field_of("facts", locale))]
        if told and not given.get("sheet"):
            self.add_error("sheet", _("Say whose product it is."))
        for locale in told:
            if not given.get(field_of("title", locale)) and not self.errors:
                self.add_error(field_of("title", locale), _("Title and text belong together."))
        if given.get("sheet") and not told and not self.errors:
            self.add_error(field_of("facts", "zh-hans"), _("Write what is compared, a line each."))
        if given.get("sheet") == Sheet.RIVAL and not given.get("facts_from"):
            self.add_error("facts_from", _("Say where the figures of another brand are from."))

    def words(self, name: str) -> Words:
        said = {locale: (self.cleaned_data.get(field_of(name, locale)) or "").strip() for locale in LANGUAGES}
        return Words({locale: text.replace("\r\n", "\n") for locale, text in said.items() if text})

    def columns(self) -> dict[str, Any]:
        names = ("topic", "product", "scene", "audience", "video", "sheet", "facts_from")
        found = {name: self.cleaned_data[name] for name in names if name in self.fields}
        return found | {"facts": self.words("facts")}

    @property
    def place(self) -> str:
        """The names of what stands before the words."""
        return " ".join(
            name for name in ("code", "topic", "product", "scene", "audience", "video", "sheet",
                         "facts_from", "review_by")
            if name in self.fields
        )  # fmt: skip

    def own_words(self) -> list[tuple[str, str, str, str]]:
        """Each language with the names of its three fields."""
        return [
            (LANGUAGE_NAMES[code], field_of("title", code), field_of("body", code), field_of("facts", code))
            for code in LANGUAGES
        ]


class ArticleDayForm(forms.Form):
    """Until when an article need not be looked at again."""

    review_by = forms.DateField(widget=day())


def _said(version: ArticleVersion) -> dict[str, Any]:
    return {
        "code": version.article.code, "topic": version.topic.code if version.topic else "",
        "product": version.product, "scene": version.scene.code if version.scene else "",
        "audience": version.audience, "video": version.video, "sheet": version.sheet, "facts_from": version.facts_from,
        **{field_of("facts", locale): version.facts.get(locale, "") for locale in LANGUAGES},
        **{field_of("title", locale): version.title.get(locale, "") for locale in LANGUAGES},
        **{field_of("body", locale): version.body.get(locale, "") for locale in LANGUAGES},
    }  # fmt: skip
