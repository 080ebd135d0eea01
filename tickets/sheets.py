"""Product sheets side by side: ours, the former one, another brand's; rows are what they have in common by name."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from staff.models import User
from tickets.models import ArticleVersion

FACTS, LINES, VALUE = 3000, 30, 200  # signs of all, lines, signs of one line
MOST = 4  # sheets side by side
OFFERED = 40
COLON = re.compile("[:：]")


@dataclass(frozen=True)
class Row:
    name: str
    values: list[str]  # one for each sheet, empty where it does not say

    @property
    def differs(self) -> bool:
        return len({_plain(value) for value in self.values}) > 1


@dataclass(frozen=True)
class Comparison:
    sheets: list[ArticleVersion]
    rows: list[Row]


def facts_of(version: ArticleVersion, locale: str) -> dict[str, str]:
    """Name → value in the language a sheet is read in, in the order they were written."""
    text = version.facts.get(version.locale_for(locale)) or next(iter(version.facts.values()), "")
    pairs = (COLON.split(line, maxsplit=1) for line in text.splitlines() if COLON.search(line))
    return {name.strip(): value.strip() for name, value in pairs}


def offered(user: User, *, beside: str = "") -> list[ArticleVersion]:
    """Sheets one may lay side by side, those of the same product or category first, then by name."""
    rows = ArticleVersion.objects.visible_to(user).live().exclude(sheet="").select_related("article")
    found = list(rows.order_by("-written_at", "-pk")[:OFFERED])
    return sorted(found, key=lambda one: (one.product != beside, str(one.title)))


def compared(user: User, codes: list[str], *, locale: str) -> Comparison:
    """The live sheets of these codes that the reader may see, in the order asked for; rows as the first names them."""
    rows = ArticleVersion.objects.visible_to(user).live().exclude(sheet="").filter(article__code__in=codes[:MOST])
    found = {one.article.code: one for one in rows.select_related("article")}
    sheets = [found[code] for code in dict.fromkeys(codes[:MOST]) if code in found]
    names: dict[str, str] = {}
    facts = [facts_of(sheet, locale) for sheet in sheets]
    for told in facts:
        for name in told:
            names.setdefault(_plain(name), name)
    by_name = [{_plain(name): value for name, value in told.items()} for told in facts]
    return Comparison(sheets, [Row(name, [told.get(plain, "") for told in by_name]) for plain, name in names.items()])


def check_facts(text: str) -> None:
    """Lines “name: value”, each name once."""
    lines = [line for line in text.splitlines() if line.strip()]
    names = [_plain(COLON.split(line, maxsplit=1)[0]) for line in lines]
    if any(not COLON.search(line) or not all(part.strip() for part in COLON.split(line, maxsplit=1)) for line in lines):
        raise ValidationError(_("Write each line as “name: value”."))
    if len(names) != len(set(names)):
        raise ValidationError(_("Each name stands once."))
    if len(lines) > LINES or any(len(line) > VALUE for line in lines):
        raise ValidationError(_("Thirty lines at most, none longer than 200 signs."))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
