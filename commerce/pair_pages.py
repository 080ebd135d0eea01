"""What the page of pairs shows: each pair by its articles' names, whether it holds within kinds of stores, and why."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from commerce.articles import article_of, names_of
from commerce.models import Product, ProductPair
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.words import LANGUAGES, Words

SIZE = 25
FOUND = 40  # articles a name may stand for
KINDS = ("", "holds", "vanishes")


@dataclass(frozen=True)
class Line:
    """One pair; `left` and `right` are what the articles are called."""

    row: ProductPair
    left: str
    right: str


def lines_of(text: str, kind: str, cursor: str | None) -> Page[Line]:
    """Pairs of what was looked for on either side, the most baskets first. Three queries."""
    page = page_of(_kind(_of(text), kind), order=["-together", "-id"], cursor=cursor, size=SIZE)
    names = names_of({code for row in page.rows for code in (row.left, row.right)})

    def name(code: str) -> str:
        return str(names.get(code, Words())) or code

    return Page([Line(row, name(row.left), name(row.right)) for row in page.rows], page.next_cursor)


def _kind(rows: QuerySet[ProductPair], kind: str) -> QuerySet[ProductPair]:
    if kind == "holds":
        return rows.filter(inside_low__gt=1)
    return rows.filter(inside_low__lte=1) if kind == "vanishes" else rows


def _of(text: str) -> QuerySet[ProductPair]:
    """By the beginning of a code, or by a part of a name in any language."""
    rows = ProductPair.objects.all()
    if not text:
        return rows
    named = Q(code__istartswith=text)
    for language in LANGUAGES:
        named |= Q(**{f"name__{language}__icontains": text})
    # An article has many sizes: read as many pieces as may stand for forty articles.
    pieces = Product.objects.filter(named).order_by("code").only("code", "parent")[: FOUND * 25]
    articles = list(dict.fromkeys(article_of(one) for one in pieces))[:FOUND]
    return rows.filter(Q(left__in=articles) | Q(right__in=articles))
