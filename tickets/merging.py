"""How cases go along when two records turn out to be one person."""

from typing import Any

from django.utils.translation import gettext as _

from customers.merging.giving_way import Yield
from customers.merging.moves import RePoint
from customers.merging.moves import register as register_moves
from customers.merging.rows import Row
from tickets.models import LIVE


def _the_newer_lets_go(older: Row, newer: Row) -> tuple[Any, Row]:
    """Both cases stay; the one opened later no longer answers to the key, and the page offers to join them."""
    return newer["id"], {"dedup_key": ""}


def register() -> None:
    register_moves(
        Yield(
            "tickets.Ticket.customer", on=("dedup_key",), gives_way=_the_newer_lets_go, words=lambda: _("Cases"),
            stands=lambda row: row["state"] in LIVE and row["dedup_key"] != "",
        ),
        RePoint("tickets.Entry.customer"),
        RePoint("tickets.ServiceTerms.customer"),
        RePoint("tickets.Compensation.customer"),
    )  # fmt: skip
