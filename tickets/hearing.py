"""What is said in conversations comes into cases: into the live one it belongs to, or into a new one."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from customers.models import Customer
from tickets.models import Entry, State, Ticket, Topic
from tickets.models.ticket import REOPENS, SUBJECT
from tickets.topic_lessons import topic_guessed
from touchpoints.models import Message

TALK = "talk"  # of cases that began with a message a customer has one live at a time
THANKS = frozenset((
    "谢谢", "谢谢啦", "谢谢您", "谢谢你", "多谢", "好的", "好的谢谢", "好", "好滴", "收到", "嗯", "嗯嗯", "感谢",
    "辛苦了", "謝謝", "謝謝您", "好的謝謝", "感謝", "ok", "okay", "thanks", "thx", "thankyou", "thanksalot", "great",
))  # fmt: skip


@transaction.atomic
def heard(message: Message) -> Entry | None:
    """A customer's message: an entry of exactly one case, once. None for one that is here, or has nothing to open."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=message.customer_id)
    if Entry.objects.filter(source="message", source_ref=str(message.pk)).exists():
        return None
    if customer.merged_into_id or customer.erased_at:
        return None
    ticket = case_of(customer, message)
    if ticket is None:
        if message.machine:
            return None  # an auto-reply opens nothing, or two machines would talk for ever
        topic = topic_of(message.body)
        guess, words = (None, []) if topic else topic_guessed(message.body)
        ticket, _new = Ticket.open(
            customer, subject_of(message), topic=topic, channel=message.channel.way, at=message.at, dedup_key=TALK,
            guess=guess, guess_words=words,
        )  # fmt: skip
    return ticket.hear(
        message.body, channel=message.channel.way, at=message.at, source="message", source_ref=str(message.pk),
        message=message.pk, machine=message.machine,
        quiet=ticket.state == State.RESOLVED and is_thanks(message.body),
    )  # fmt: skip


@transaction.atomic
def said(message: Message) -> Entry | None:
    """What a colleague answered from the conversation stands in its case as well."""
    ticket = case_of(message.customer, message)
    if ticket is None or message.automatic:
        return None
    return ticket.answer(message.body, by=message.author, channel=message.channel.way, source="message",
                         source_ref=str(message.pk), message=message.pk, at=message.at)  # fmt: skip


def case_of(customer: Customer, message: Message) -> Ticket | None:
    """The case a message belongs to: live in this conversation, else the one that began by message, else the only
    live one, else one of this conversation that was done within seven days."""
    cases = Ticket.objects.filter(customer=customer)
    here = Exists(Entry.objects.filter(ticket=OuterRef("pk"), message__conversation=message.conversation_id))
    live = list(cases.live().annotate(here=here).order_by("-here", "-last_at", "-pk")[:5])
    for ticket in live:
        if ticket.here or ticket.dedup_key == TALK or len(live) == 1:
            return ticket
    since = min(message.at, timezone.now()) - REOPENS
    done = cases.filter(here, state=State.RESOLVED, resolved_at__gte=since)
    return done.order_by("-resolved_at").first()


def subject_of(message: Message) -> str:
    """The mail's subject, else the first line of what was written."""
    line = message.subject.strip() or next((one.strip() for one in message.body.splitlines() if one.strip()), "")
    file = None if line else message.attachments.order_by("pk").first()
    return (line or (file.name if file else ""))[:SUBJECT] or {"mail": "(mail)"}.get(message.channel.way, "…")


def topic_of(text: str) -> Topic | None:
    """The topic most of whose words stand in a text; what touches safety wins over the rest."""
    lowered = text.lower()
    found: list[tuple[bool, int, Topic]] = []
    for topic in Topic.objects.filter(used=True):
        hits = sum(1 for hint in topic.hints if isinstance(hint, str) and hint and hint.lower() in lowered)
        if hits:
            found.append((bool(topic.risk), hits, topic))
    return max(found, key=lambda one: (one[0], one[1], -one[2].place))[2] if found else None


def is_thanks(text: str) -> bool:
    plain = "".join(sign for sign in text.lower() if sign.isalnum())
    return plain in THANKS


def close_quiet(*, after: timedelta = REOPENS) -> int:
    """Cases that are done and stayed quiet end; how many."""
    quiet = Ticket.objects.filter(state=State.RESOLVED, resolved_at__lt=timezone.now() - after)
    return sum(ticket.close() for ticket in quiet.order_by("resolved_at")[:1000])
