"""The blocks of the customer page that the shop floor owns."""

from typing import Any

from customers.models import Customer
from scrm.kernel.registry import Panel, panels
from staff.names import store_name
from touchpoints.models import Visit


def presence(request: Any, customer: Customer) -> dict[str, Any] | None:
    """That the customer stands in a store right now."""
    visit = Visit.objects.filter(customer=customer, left_at=None).order_by("-arrived_at").first()
    return {"visit": visit, "store_name": store_name(visit.store_id)} if visit else None


def _answering(request: Any, customer: Customer) -> dict[str, Any] | None:
    return {} if request.user.may("talk.answer") else None


def _looks(request: Any, customer: Customer) -> dict[str, Any] | None:
    return {} if request.user.may("look.make") else None


def register() -> None:
    for panel in (
        Panel("presence", "chips", 10, "touchpoints/panels/_presence.html", presence, ("visit.",)),
        # Their rows come with a request of their own.
        Panel("talk", "middle", 20, "touchpoints/panels/_talk.html", _answering, ("message.",)),
        Panel("looks", "right", 25, "touchpoints/panels/_looks.html", _looks, ("look.",)),
        Panel("contacts", "right", 70, "touchpoints/panels/_contacts.html", _answering, ("outreach.",)),
    ):
        panels.add(panel.name, panel)
