"""The timeline as the page shows it: one keyset page, by group and phase."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Event
from scrm.kernel.keyset import page_of
from scrm.kernel.registry import event_kinds
from staff.names import staff_name, store_name

GROUPS = {
    "order": _("Purchases"),
    "visit": _("Visits"),
    "browse": _("Looked at"),
    "loyalty": _("Points and coupons"),
    "message": _("Words"),
    "profile": _("Profile"),
}
CHANNELS = {
    "app": _("App"), "mini": _("Mini-programme"), "web": _("Web"), "wecom": _("WeCom"), "sms": _("SMS"),
    "mail": _("Mail"), "phone": _("Phone"), "store": _("Store"), "pos": _("Till"), "social": _("Social"),
}  # fmt: skip


def timeline_of(
    customer: Customer, *, group: str = "", phase: str = "", after: str | None = None, size: int = 20
) -> dict[str, Any]:
    """One page of the customer's events, newest first; an unknown group or phase counts as none."""
    events = Event.objects.filter(customer=customer)
    if group in GROUPS:
        events = events.filter(kind__in=[kind.name for kind in event_kinds.all() if kind.group == group])
    if phase in Event.Phase.values:
        events = events.filter(phase=phase)
    page = page_of(events, order=("-at", "-id"), cursor=after, size=size)
    month = None
    for event in page.rows:
        event.store_name = store_name(event.store_id)  # type: ignore[attr-defined]
        event.actor_name = staff_name(event.actor_id)  # type: ignore[attr-defined]
        event.channel_name = CHANNELS.get(event.channel, "")  # type: ignore[attr-defined]
        event.opens_month = (event.at.year, event.at.month) != month  # type: ignore[attr-defined]
        month = (event.at.year, event.at.month)
    return {
        "page": page, "group": group if group in GROUPS else "", "phase": phase if phase in Event.Phase.values else "",
        "groups": GROUPS.items(), "phases": Event.Phase.choices,
    }  # fmt: skip
