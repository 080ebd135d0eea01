"""How the words of an article become part of a page."""

from django import template
from django.utils.safestring import SafeString

from tickets import markup

register = template.Library()


@register.filter
def article_text(text: str) -> SafeString:
    return markup.rendered(text)


@register.filter
def article_line(text: str) -> str:
    """The beginning of an article as one line."""
    return " ".join(markup.plain(text).split())
