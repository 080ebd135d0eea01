"""What strangers may read of our articles, and how they reach a person when it did not help."""

from itertools import groupby
from typing import Any

from django.db.models import F
from django.urls import reverse

from tickets.models import ArticleVersion
from tickets.suggestions import suggest
from touchpoints.models import Channel

SHOWN, FOUND = 300, 30
ENOUGH = 10  # answers, before a share of them is shown


def public(code: str) -> ArticleVersion | None:
    """The live wording of a public article."""
    rows = ArticleVersion.objects.public().select_related("article", "topic")
    return rows.filter(article__code=code).first()


def by_topic() -> list[tuple[Any, list[ArticleVersion]]]:
    """Topics with their articles, what helped most first; what has no topic comes last, under None."""
    rows = ArticleVersion.objects.public().select_related("article", "topic")
    rows = rows.order_by(F("topic__place").asc(nulls_last=True), "topic__code", F("not_helped") - F("helped"), "pk")
    return [(topic, list(rows)) for topic, rows in groupby(rows[:SHOWN], key=lambda one: one.topic)]


def for_words(words: str, language: str) -> list[ArticleVersion]:
    """Those that hold every word, else those that share some."""
    rows = ArticleVersion.objects.public().holding(words).select_related("article", "topic")
    held = list(rows.order_by(F("not_helped") - F("helped"), "pk")[:FOUND])
    return held or [one.version for one in suggest(words, locale=language, staff=False, most=8)]


def way_to_write() -> str:
    """The address of the form of the brand's site, when one is on."""
    channel = Channel.objects.on().filter(adapter="web").order_by("pk").first()
    return reverse("talks:form", args=[channel.code]) if channel else ""
