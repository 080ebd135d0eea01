"""The block of cases on the customer page and at the counter."""

from typing import Any

from customers.models import Customer
from scrm.kernel.registry import Panel, panels
from tickets.models import LIVE, Ticket

SHOWN = 6


def cases_of(reader: Any, customer: Customer) -> dict[str, Any]:
    """Open cases of the customer the reader may see, then what was done last. One query."""
    rows = Ticket.objects.visible_to(reader).filter(customer=customer, merged_into=None)
    rows = rows.select_related("owner", "status", "topic").order_by("-opened_at")
    found = list(rows[: SHOWN * 3])
    live = [ticket for ticket in found if ticket.state in LIVE]
    done = [ticket for ticket in found if ticket.state not in LIVE]
    return {"live": live, "done": done[: max(SHOWN - len(live), 2)], "may_open": reader.may("cases.handle")}


def _place(request: Any, customer: Customer) -> dict[str, Any] | None:
    return {} if request.user.may("cases.read") else None


def register() -> None:
    # Its rows come with a request of their own.
    panels.add("cases", Panel("cases", "middle", 10, "tickets/panels/_cases.html", _place, ("case.",)))
