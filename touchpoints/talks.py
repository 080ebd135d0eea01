"""What the pages show of conversations and contacts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.fact_rules import Proposal, live_rules, proposals
from customers.models import Customer
from touchpoints.models import Conversation, Message, Outreach

SHOWN = 20


NOTES = {
    "sender_unverified": _("sender not verified"), "attachments": _("%s attachments"), "too_large": _("too large, cut"),
    "parts_cut": _("parts left out"), "charset_broken": _("some signs could not be read"), "kind": _("sent: %s"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One message, and what it seems to tell that is not known yet."""

    message: Message
    proposals: list[Proposal]

    @property
    def notes(self) -> list[str]:
        """What staff should know of it, from the adapter's codes."""
        found = []
        for code in self.message.note.split():
            name, _colon, value = code.partition(":")
            words = NOTES.get(name)
            if name == "attachments" and self.message.attachments.all():
                continue  # they stand there themselves
            if words is not None:
                found.append(str(words) % value if "%s" in str(words) else str(words))
        return found


def talk_of(customer: Customer, *, chosen: str = "", propose: bool = True) -> dict[str, Any]:
    """The customer's conversations by channel, and the last words of one: the chosen, or the latest."""
    talks = list(Conversation.objects.filter(customer=customer).select_related("channel").order_by("-last_at")[:12])
    talk = next((one for one in talks if str(one.pk) == chosen), talks[0] if talks else None)
    rows: list[Message] = []
    if talk is not None:
        rows = list(talk.messages.select_related("author").prefetch_related("attachments").order_by("-place")[:SHOWN])[
            ::-1
        ]
    known = list(customer.facts.live().values_list("key", "value")) if propose and rows else []
    rules = live_rules() if propose and any(row.direction == "in" for row in rows) else []
    lines = [Line(row, [one for one in proposals(row.body, rules) if not _known(one, known)]
                  if row.direction == "in" else []) for row in rows]  # fmt: skip
    return {"talks": talks, "talk": talk, "lines": lines, "may_reply": talk is not None and talk.may_be_answered}


def _known(one: Proposal, facts: list[tuple[str, str]]) -> bool:
    return any(key == one.kind.code and one.value in value for key, value in facts)


def contacts_of(customer: Customer) -> list[Outreach]:
    """The last contacts planned for a customer, refusals among them."""
    rows = Outreach.objects.filter(customer=customer).select_related("scene", "planned_by", "message", "task")
    return list(rows.order_by("-planned_at", "-pk")[:8])


def reached_today(customer: Customer, *, now: datetime | None = None) -> Outreach | None:
    """Who reached the customer last within a day: so that nobody else does, unknowing."""
    since = (now or timezone.now()) - timedelta(hours=24)
    rows = Outreach.objects.filter(customer=customer, state__in=Outreach.FELT, felt_at__gte=since)
    return rows.select_related("scene", "planned_by").order_by("-felt_at").first()
