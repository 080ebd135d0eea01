"""How the words of an article become part of a page."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from scrm.kernel.templatetags.scrm_ui import day
from tickets import markup
from tickets.help_desk import ENOUGH
from tickets.models import ArticleVersion

register = template.Library()


@register.filter
def article_text(text: str) -> SafeString:
    return markup.rendered(text)


@register.filter
def article_line(text: str) -> str:
    """The beginning of an article as one line."""
    return " ".join(line.strip().removeprefix("- ") for line in markup.plain(text).splitlines() if line.strip())


@register.filter
def day_of(at: datetime | None) -> str:
    return day(timezone.localdate(at)) if at else ""


@register.filter
def helped_share(version: ArticleVersion) -> str:
    """The share of those who answered that it helped, “86%”; nothing while too few did."""
    answers = version.helped + version.not_helped
    return f"{round(100 * version.helped / answers)}%" if answers >= ENOUGH else ""
