"""The block of cases on the customer page and at the counter."""

from typing import Any

from customers.models import Customer
from scrm.kernel.registry import Panel, panels
from tickets.models import LIVE, Ticket

SHOWN = 6


def cases(request: Any, customer: Customer) -> dict[str, Any] | None:
    """Open cases of the customer the reader may see, then what was done last. One query."""
    if not request.user.may("cases.read"):
        return None
    rows = Ticket.objects.visible_to(request.user).filter(customer=customer, merged_into=None)
    rows = rows.select_related("owner", "status", "topic").order_by("-opened_at")
    found = list(rows[: SHOWN * 3])
    live = [ticket for ticket in found if ticket.state in LIVE]
    done = [ticket for ticket in found if ticket.state not in LIVE]
    return {"live": live, "done": done[: max(SHOWN - len(live), 2)], "may_open": request.user.may("cases.handle")}


def register() -> None:
    panels.add("cases", Panel("cases", "middle", 10, "tickets/panels/_cases.html", cases, ("case.",)))
