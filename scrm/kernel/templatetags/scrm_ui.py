"""Small parts every page is made of: icons, money, masks, faces, moments."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scrm.kernel import money

register = template.Library()


@lru_cache(maxsize=256)
def _paths(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"not an icon: {name}")
    text = (settings.ICONS / f"{name}.svg").read_text()
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return " ".join(inner.split())


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An inline icon; `size` is "s", "" or "l"."""
    # The path data is a file of the pinned package, not input.
    return mark_safe(  # noqa: S308
        f'<svg class="i{" i-" + size if size in ("s", "l") else ""}" viewBox="0 0 24 24" aria-hidden="true">'
        f"{_paths(name)}</svg>"
    )


@register.filter
def amount(minor: int | None, currency: str = "") -> str:
    return "" if minor is None else money.written(int(minor), currency or settings.BASE_CURRENCY)


@register.filter
def exact_amount(minor: int | None, currency: str = "") -> str:
    return "" if minor is None else money.written(int(minor), currency or settings.BASE_CURRENCY, exact=True)


@register.filter
def typed(minor: int | None) -> str:
    """An amount of the base currency as one would type it into a field."""
    return "" if minor is None else str(money.to_major(minor, settings.BASE_CURRENCY))


@register.filter
def face(name: Any) -> str:
    """The one sign that stands for a name."""
    text = str(name).strip()
    return text[:1].upper() or "·"


@register.filter
def face_tone(number: Any) -> str:
    """One of four quiet tones, always the same for the same person."""
    return ("", "b", "c", "d")[sum(str(number).encode()) % 4]


@register.filter
def share(value: float | None) -> int:
    """A share 0…1 as the step of five that `data-p` understands."""
    return max(0, min(100, round((value or 0) * 20) * 5))


@register.filter
def moment(value: datetime | None) -> str:
    """“14:08” today, “yesterday 14:08”, “11-19” this year, “2025-03” before."""
    if value is None:
        return ""
    here, now = timezone.localtime(value), timezone.localtime()
    days = (now.date() - here.date()).days
    if days == 0:
        return _("today %(time)s") % {"time": f"{here:%H:%M}"}
    if days == 1:
        return _("yesterday %(time)s") % {"time": f"{here:%H:%M}"}
    return day(here.date())


@register.filter
def day(value: date | None) -> str:
    if value is None:
        return ""
    today = timezone.localdate()
    return f"{value:%m-%d}" if value.year == today.year else f"{value:%Y-%m-%d}"


@register.filter
def full_moment(value: datetime | None) -> str:
    return "" if value is None else date_format(timezone.localtime(value), "Y-m-d H:i")


@register.filter
def days_ago(value: date | None) -> str:
    if value is None:
        return ""
    days = (timezone.localdate() - value).days
    if days <= 0:
        return _("today")
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


@register.filter
def how_long(since: datetime | None) -> str:
    """How long ago something began: “12 min”, “2 h 5 min”."""
    if since is None:
        return ""
    hours, minutes = divmod(max(0, int((timezone.now() - since).total_seconds() // 60)), 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)s min") % {"minutes": minutes}


@register.simple_tag
def channel(code: str, name: str) -> SafeString:
    """A channel's glyph with its name beside it."""
    glyphs = {
        "app": "device-mobile", "mini": "apps", "web": "world", "wecom": "message-circle", "sms": "message",
        "mail": "mail", "phone": "phone", "store": "building-store", "pos": "receipt", "social": "at",
    }  # fmt: skip
    glyph = icon(glyphs.get(code, "circle-dot"))
    return format_html('<span class="s-ch ch-{}">{}{}</span>', code, glyph, name)


@register.filter
def unlocalized(value: float) -> str:
    """A number for SVG: a point, never the reader's comma."""
    return f"{value:g}"


@register.filter
def percent(value: float | None) -> int:
    return max(0, min(100, round((value or 0) * 100)))
