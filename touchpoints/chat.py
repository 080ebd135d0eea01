"""Chat with visitors of the brand's own site: what they write, what they may read, who they turn out to be."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.intake import customer_of
from customers.merging import merge
from customers.models import Customer
from scrm.kernel.nudges import nudge
from scrm.kernel.reading import Fields, Mistaken
from scrm.kernel.registry import Intake, intakes
from touchpoints.channels.protocol import File, Person
from touchpoints.models import Attachment, Channel, Conversation, Message, Visitor
from touchpoints.models.talk import LONGEST
from touchpoints.news import whom
from touchpoints.outreach import conversation_with

PAGE = 100
UNREAD = (Message.State.QUEUED, Message.State.SENDING, Message.State.STOPPED)  # a visitor does not see these yet


@transaction.atomic
def hear(
    visitor: Visitor, body: str, *, client_id: str, name: str = "", files: Sequence[File] = ()
) -> Message | None:  # fmt: skip
    """What a visitor wrote or sent, once per `client_id`; the first makes a provisional customer. None for nothing."""
    body = body.strip()[:LONGEST]
    if not (body or files) or not client_id:
        return None
    talk = visitor.conversation or _begin(visitor, name)
    source_ref = f"{visitor.key}:{client_id}"[:120]
    heard = talk.hear(body, at=timezone.now(), source=visitor.channel.code, source_ref=source_ref)
    if heard is None:
        return Message.objects.get(source=visitor.channel.code, source_ref=source_ref)
    Attachment.take_in(heard, list(files))
    nudge(f"chat.{talk.pk}", "talk")
    return heard


def _begin(visitor: Visitor, name: str) -> Conversation:
    held = Visitor.objects.select_for_update().select_related("channel").get(pk=visitor.pk)
    if held.conversation_id is None:
        customer, identity = whom(visitor.channel, Person("web", visitor.key, name))
        assert customer is not None
        held.conversation = conversation_with(customer, visitor.channel, identity, thread=visitor.key)
        held.save(update_fields=["conversation"])
    visitor.conversation = held.conversation
    assert held.conversation is not None
    return held.conversation


def lines(conversation: Conversation | None, *, after: int) -> list[dict[str, Any]]:
    """What the visitor's page may show: no names of staff, no notes, nothing still waiting to leave."""
    if conversation is None:
        return []
    rows = Message.objects.filter(conversation=conversation, place__gt=after).exclude(state__in=UNREAD)
    return [
        {"seq": row.place, "type": "text", "at": row.at.isoformat(timespec="seconds"), "body": row.body,
         "from": "you" if row.direction == "in" else "system" if row.automatic else "staff"} | _files_of(row)
        for row in rows.order_by("place").prefetch_related("attachments")[:PAGE]
    ]  # fmt: skip


def _files_of(row: Message) -> dict[str, Any]:
    """Its files by name and number; one that was left out says so."""
    files = [
        {"id": one.pk, "name": one.name, "size": one.size} if not one.left_out
        else {"name": one.name, "why": str(one.get_left_out_display())}
        for one in row.attachments.all()
    ]  # fmt: skip
    return {"files": files} if files else {}


def file_of(visitor: Visitor, pk: int) -> Attachment | None:
    """A file of the visitor's own chat, of what they may read there."""
    if visitor.conversation_id is None:
        return None
    rows = Attachment.objects.here().filter(pk=pk, message__conversation=visitor.conversation_id)
    return rows.exclude(message__state__in=UNREAD).select_related("key").first()


def identified(letter: Any) -> int:
    """The shop vouches who a chatting visitor is: the provisional record joins the customer's, words and all."""
    key = Fields(letter.data).text("conversation", longest=40, needed=True)
    visitor = Visitor.objects.select_related("channel", "conversation__customer").filter(key=key).first()
    if visitor is None or visitor.channel.settings.get("source") != letter.source:
        raise Mistaken("data/conversation is not one of this client's.")
    customer = customer_of(letter.data)
    if visitor.conversation is None:
        talk = conversation_with(customer, visitor.channel, None, thread=visitor.key)
        Visitor.objects.filter(pk=visitor.pk).update(conversation=talk)
        return customer.pk
    record = visitor.conversation.customer
    if record.pk != customer.pk:
        if not record.provisional:
            raise Mistaken("data/conversation belongs to somebody known by another name.")
        merge(Customer.objects.get(pk=customer.pk), record, by=None, reason="chat.identified")
    return customer.pk


def site(key: str, origin: str, *, own: str = "") -> Channel | None:
    """The channel of a site's public key, for a page of a listed origin, or of our `own` to try it."""
    channel = Channel.objects.on().filter(code=key, adapter="web").first() if len(key) <= 40 else None
    return channel if channel is not None and origin in [*channel.settings.get("origins", []), own] else None


def register() -> None:
    intakes.add("chat.identified", Intake("chat.identified", _of_chat, identified))


def _of_chat(data: dict[str, Any]) -> tuple[str, str] | None:
    key = data.get("conversation")
    return ("chat", key) if isinstance(key, str) and key else None
