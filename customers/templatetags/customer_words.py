"""Words of the customer's page."""

from typing import Any

from django import template

from customers.timeline import CHANNELS

register = template.Library()


@register.filter
def channel_name(code: str) -> Any:
    return CHANNELS.get(code, code)
