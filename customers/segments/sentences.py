"""A rule as a sentence in the reader's language, whole and in pieces for the builder."""

import re
from typing import Any

from django.utils.translation import gettext as _

from customers.models.segment import Rule
from customers.segments.rules import field_of, kind_of
from scrm.kernel.segment_field import Slot

SLOT = re.compile(r"%\((\w+)\)s")


def sentence(part: Rule, *, inner: bool = False) -> str:
    """The rule in words: “at least 3 orders, and (… or …), and none of these: …”."""
    kind = kind_of(part)
    if kind is None:
        return said(part)
    parts = [sentence(one, inner=True) for one in part[kind]]
    if not parts:
        return _("nothing yet")
    if kind == "not":
        return _("not: %(parts)s") % {"parts": _(" or ").join(parts)}
    text = (_(", and ") if kind == "all" else _(" or ")).join(parts)
    return f"({text})" if inner and len(parts) > 1 else text


def said(part: Rule) -> str:
    """One condition in words."""
    return "".join(text for text, _slot in pieces(part))


def pieces(part: Rule) -> list[tuple[str, Slot | str | None]]:
    """One condition as (text, what it is): a slot, “field”, or None for the words between."""
    field = field_of(part)
    slots = {slot.name: slot for slot in field.slots}
    found: list[tuple[str, Any]] = []
    template, begin = str(field.sentence), 0
    for match in SLOT.finditer(template):
        found.append((template[begin : match.start()], None))
        name, begin = match[1], match.end()
        found.append((str(field.words), "field") if name == "field" else (slots[name].say(part[name]), slots[name]))
    found.append((template[begin:], None))
    return [(text, what) for text, what in found if text]
