"""Articles as they are begun, listed and found."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from scrm.kernel.keyset import Page, page_of
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words
from staff.models import User
from tickets.models import Article, ArticleVersion

State = ArticleVersion.State
SHELVES = ("live", "submitted", "draft", "stale", "retired")


def begin(code: str, title: Words, body: Words, *, by: User, review_by: date, **columns: Any) -> ArticleVersion:
    """A new article with its first draft. Raises TransitionRefused when another has its code."""
    taken = TransitionRefused(gettext("Another article has this code."))
    try:
        with transaction.atomic():
            if Article.objects.filter(code=code).exists():
                raise taken
            article = Article.objects.create(code=code, review_by=review_by, made_by=by)
            return article.write(title, body, by=by, read=None, **columns)
    except IntegrityError as faster:
        raise taken from faster


def listed(
    user: User, *, shelf: str = "live", words: str = "", topic: str = "", audience: str = "", product: str = "",
    scene: str = "", after: str | None = None,
) -> Page[ArticleVersion]:  # fmt: skip
    """One page of what a person may see on a shelf, the newest wording first."""
    rows = _on(shelf, ArticleVersion.objects.visible_to(user)).holding(words)
    wanted = {"topic__code": topic, "audience": audience, "product": product, "scene__code": scene}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    rows = rows.select_related("article", "topic", "written_by")
    return page_of(rows, order=["-written_at", "-pk"], cursor=after, size=25)


def _on(shelf: str, rows: Any) -> Any:
    if shelf == "stale":
        return rows.stale()
    if shelf == "retired":
        return rows.out_of_use()
    return rows.filter(state=shelf if shelf in SHELVES else State.LIVE)


def read_by(user: User, code: str, number: str = "") -> ArticleVersion | None:
    """The version somebody asks for; without a number what is live, and for who writes else the newest."""
    rows = ArticleVersion.objects.visible_to(user).filter(article__code=code)
    rows = rows.select_related("article", "topic", "scene", "written_by", "approved_by")
    if number.isdecimal() and len(number) < 7:
        return rows.filter(number=int(number)).first()
    return rows.live().first() or rows.exclude(state=State.REPLACED).order_by("-number").first()
