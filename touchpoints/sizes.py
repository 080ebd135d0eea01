"""The sizes a customer told, read out of the words they were told in."""

import re
from collections.abc import Iterable

from customers.models import Fact

TOP, BOTTOM, SHOE = "top", "bottom", "shoe"
# What is worn where, as people say it; the longer word first.
WORN = (
    (TOP, ("上衣", "上身", "tops", "top")), (BOTTOM, ("裤装", "褲裝", "下装", "下裝", "裤", "褲", "bottoms", "bottom")),
    (SHOE, ("鞋码", "鞋碼", "鞋", "shoes", "shoe")),
)  # fmt: skip
KEYS = {"sizes": "", "top_size": TOP, "bottom_size": BOTTOM, "shoe_size": SHOE}
LETTER = r"(?<![A-Za-z])(X{0,3}[SL]|M)(?![A-Za-z])"
NUMBER = r"(?<![\d.])(\d{2}(?:\.5)?)(?![\d.])"


def told_sizes(facts: Iterable[Fact]) -> dict[str, str]:
    """Worn where → size, such as {"top": "M", "shoe": "37.5"}; the newest word first in `facts` counts."""
    told: dict[str, str] = {}
    for fact in facts:
        if fact.key not in KEYS:
            continue
        for part in re.split(r"[·,，、;；/。]", fact.value):
            worn = KEYS[fact.key] or _worn(part)
            found = re.search(NUMBER if worn == SHOE else LETTER, part)
            if worn and found:
                told.setdefault(worn, found[1])
    return told


def _worn(text: str) -> str:
    low = text.lower()
    return next((worn for worn, names in WORN if any(name in low for name in names)), "")
