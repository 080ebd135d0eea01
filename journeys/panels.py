"""The blocks of value and need, packages and playbooks on the customer page; the turned screen never holds them."""

from typing import Any

from django.utils import timezone

from customers.models import Customer
from journeys.models import Need, NeedWord, Outlook
from journeys.models.need_word import TAKE_BACK
from journeys.outlook import need_why, why
from scrm.kernel.registry import Panel, panels
from staff.models import User


def outlook_of(reader: User, customer: Customer) -> dict[str, Any]:
    """Each figure with its reasons, the need with what speaks for it, and the reader's own word to take back."""
    row = Outlook.objects.select_related("need_by").filter(customer=customer).first()
    may = reader.may("fact.write")
    mine = None
    if may:
        words = NeedWord.objects.standing().filter(customer=customer).order_by("-at", "-pk")
        last = words.first()
        fresh = last is not None and last.by_id == reader.pk and last.at >= timezone.now() - TAKE_BACK
        mine = last if fresh else None
    return {
        "row": row, "figures": why(row) if row else [], "need_why": need_why(row) if row else [], "mine": mine,
        "may_write": may, "needs": Need.choices,
    }  # fmt: skip


def register() -> None:
    # Its figures come with a request of their own.
    panel = Panel("value", "right", 22, "journeys/panels/_value.html", lambda request, customer: {},
                  ("need_type.", "health."))  # fmt: skip
    panels.add(panel.name, panel)
    packages = Panel("packages", "right", 23, "journeys/panels/_packages.html", lambda request, customer: {},
                     ("package.",))  # fmt: skip
    panels.add(packages.name, packages)
    ways = Panel("playbooks", "right", 24, "journeys/panels/_playbooks.html", lambda request, customer: {},
                 ("playbook.",))  # fmt: skip
    panels.add(ways.name, ways)
    places = Panel("resources", "right", 24, "journeys/panels/_resources.html", lambda request, customer: {},
                   ("resource.", "content."))  # fmt: skip
    panels.add(places.name, places)
    fits = Panel("fits", "right", 21, "journeys/panels/_fits.html", lambda request, customer: {},
                 ("order.", "piece."))  # fmt: skip
    panels.add(fits.name, fits)
    questions = Panel("questions", "right", 24, "journeys/panels/_questions.html", lambda request, customer: {},
                      ("question.",))  # fmt: skip
    panels.add(questions.name, questions)
