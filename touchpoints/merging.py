"""How visits go along in a merge."""

from typing import Any

from django.utils.translation import gettext as _

from customers.merging.folding import Fold
from customers.merging.giving_way import Yield
from customers.merging.moves import RePoint
from customers.merging.moves import register as register_moves
from customers.merging.rows import Row


def _the_newer_ends(older: Row, newer: Row) -> tuple[Any, Row]:
    """One person stands in a store once: the visit begun later ends where it began."""
    return newer["id"], {"left_at": newer["arrived_at"]}


def register() -> None:
    register_moves(
        RePoint("touchpoints.Conversation.customer", words=lambda: _("Conversations")),
        RePoint("touchpoints.Message.customer"),
        RePoint("touchpoints.Attachment.customer"),
        RePoint("touchpoints.PhoneCall.customer"),
        RePoint("touchpoints.ScriptUse.customer"),
        RePoint("touchpoints.Outreach.customer", words=lambda: _("Contacts"), came_as=True),
        Fold("touchpoints.HoldoutDraw.customer", on=("scene_id",)),
        RePoint("touchpoints.Inbox.customer"),
        Yield(
            "touchpoints.Visit.customer", on=("store_id",), stands=lambda row: row["left_at"] is None,
            gives_way=_the_newer_ends, words=lambda: _("Visits"), came_as=True,
        ),
        RePoint("touchpoints.Appointment.customer", words=lambda: _("Appointments"), came_as=True),
        RePoint("touchpoints.LookBoard.customer", words=lambda: _("Look boards")),
        RePoint("touchpoints.Waiting.customer", came_as=True),
        RePoint("touchpoints.QueueTicket.customer", came_as=True),
    )  # fmt: skip
