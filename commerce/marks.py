"""The marks of a product that rules read, in the form they read them: lists, whole numbers, yes or no.

`contains`: what must be kept from some people; `scenes`: what it is for; `refill_days`; `off_sale` and `past`.
"""

import re
from typing import Any

from commerce.models import Product

LISTS = ("contains", "scenes")
NUMBERS = ("refill_days", "life_months")
SIGNS = ("off_sale", "past")
NO = {"", "0", "false", "no", "n", "off", "否", "不", "无", "無"}


def listed(mark: Any) -> list[str]:
    """A list however it was written: a file has one text for it."""
    parts = re.split(r"[,;|、，；]", mark) if isinstance(mark, str) else mark if isinstance(mark, list) else []
    return [text for part in parts if (text := str(part).strip())]


def typed(attributes: dict[str, Any]) -> dict[str, Any]:
    """The same marks as rules read them; a number that is none is left out, other attributes stay as they are."""
    found = dict(attributes)
    for name in LISTS:
        if name in found:
            found[name] = listed(found[name])
    for name in NUMBERS:
        if name in found:
            text = str(found.pop(name)).strip()
            if re.fullmatch(r"[0-9]{1,4}", text) and int(text):
                found[name] = int(text)
    for name in SIGNS:
        if name in found and str(found[name]).strip().lower() in NO:
            del found[name]
        elif name in found:
            found[name] = True
    return found


def is_sold(product: Product, *, anywhere: bool) -> bool:
    """A piece marked as off sale is not, and one of a past season only while some store has it."""
    marks = product.attributes
    return product.kind == Product.Kind.GOODS and not marks.get("off_sale") and (anywhere or not marks.get("past"))
