"""Words of the customer's page, and its hottest part: the lines of the timeline."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.models import Event
from customers.timeline import CHANNELS
from scrm.kernel.templatetags.scrm_ui import channel, icon, moment

register = template.Library()


@register.filter
def channel_name(code: str) -> Any:
    return CHANNELS.get(code, code)


@register.simple_tag
def event_line(event: Event) -> SafeString:
    """One line: when, what, where and who, the amount. Twenty on a page, so not a template of its own."""
    kind = event.registered
    where = channel(event.channel, str(CHANNELS.get(event.channel, ""))) if event.channel else ""
    names = [getattr(event, "store_name", ""), getattr(event, "actor_name", ""), event.get_phase_display()]
    about = [format_html("<span>{}</span>", name) for name in names if name]
    amount = event.amount
    return format_html(
        '<li class="s-ev"><time datetime="{}">{}</time><span class="node {}">{}</span>'
        '<div class="txt">{}<div class="sub">{}{}</div></div>{}</li>',
        event.at.isoformat(), moment(event.at), kind.tone if kind else "", icon(kind.icon if kind else "circle-dot"),
        event.sentence, where, SafeString("".join(about)),
        format_html('<span class="amt">{}</span>', amount) if amount else "",
    )  # fmt: skip
