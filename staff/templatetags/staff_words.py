"""What an audited deed is called."""

from typing import Any

from django import template

from staff.audit_words import words_of

register = template.Library()


@register.filter
def deed(code: str) -> Any:
    return words_of.get(code, code)
