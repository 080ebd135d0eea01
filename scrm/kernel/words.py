"""What operators write for customers and staff, in three languages with a fallback."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("zh-hans", "zh-hant", "en")


class Words(dict[str, str]):
    """One text in up to three languages; `str()` picks the reader's."""

    def __str__(self) -> str:
        return self.in_language(get_language() or "")

    def in_language(self, language: str) -> str:
        for code in (language, *LANGUAGES):
            if text := self.get(code):
                return text
        return ""

    def is_fallback(self) -> bool:
        """Whether the reader sees another language than the chosen one."""
        return bool(self) and not self.get(get_language() or "")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def words(hans: str, hant: str = "", en: str = "") -> Words:
    given = {"zh-hans": hans, "zh-hant": hant or hans, "en": en}
    return Words({code: text for code, text in given.items() if text})


class WordsField(models.JSONField):
    """A column of Words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Words)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Words:
        return Words(super().from_db_value(value, expression, connection) or {})

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        if not isinstance(value, dict) or set(value) - set(LANGUAGES):
            raise ValidationError(_("Give the text per language: zh-hans, zh-hant, en."))
