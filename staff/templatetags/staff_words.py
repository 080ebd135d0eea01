"""What an audited deed is called."""

from typing import Any

from django import template

from staff.audit_words import words_of

register = template.Library()


@register.filter
def deed(code: str) -> Any:
    return words_of.get(code, code)


@register.filter
def device_words(agent: str) -> str:
    """“Chrome · Android” of a browser's long name; the beginning of it when unknown."""
    browsers = (("MicroMessenger", "WeChat"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
                ("Safari/", "Safari"))  # fmt: skip
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    found = [next((word for sign, word in known if sign in agent), "") for known in (browsers, systems)]
    return " · ".join(word for word in found if word) or agent[:40] or "–"
