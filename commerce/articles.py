"""An article is what its sizes and colours share: its code stands in their `parent`, its name in their names."""

from collections.abc import Iterable

from django.db.models import Q

from commerce.models import Product
from scrm.kernel.words import LANGUAGES, Words


def article_of(product: Product) -> str:
    return product.parent or product.code


def names_of(articles: Iterable[str]) -> dict[str, Words]:
    """What each article is called: what the names of its sizes and colours begin with. One query."""
    wanted = list(articles)
    rows = Product.objects.filter(Q(parent__in=wanted) | Q(code__in=wanted, parent="")).only("code", "parent", "name")
    found: dict[str, list[Words]] = {}
    for row in rows:
        found.setdefault(article_of(row), []).append(row.name)
    return {article: common_name(names) for article, names in found.items()}


def common_name(names: list[Words]) -> Words:
    """The words all the names begin with, in each language; nothing in common, the first one's name."""
    said = {code: _begin([name[code] for name in names if name.get(code)]) for code in LANGUAGES}
    return Words({code: text for code, text in said.items() if text})


def _begin(names: list[str]) -> str:
    if not names:
        return ""
    first, last = min(names), max(names)
    if first == last:
        return first
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    # Never half a word: “Top black” and “Top blue” are called “Top”.
    whole = first[:shared] if shared == len(first) and last[shared] == " " else first[:shared].rpartition(" ")[0]
    return whole.strip(" ·") or names[0]
