"""What a channel heard becomes what we know: a message, a receipt, a no, a relation."""

import uuid
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from customers.actions import Brought, add_identity, bring_customer, holder_named
from customers.models import Consent, Customer, Identity, Purpose
from customers.models.consent import MARKETING_CHANNELS
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from touchpoints.channels.protocol import Call, MessageIn, News, OptOut, Person, Receipt, Relation, Waiting
from touchpoints.models import Attachment, Channel, Conversation, Message, Outreach
from touchpoints.outreach import conversation_with
from touchpoints.sending import receipt


def apply(channel: Channel, news: Sequence[News]) -> int | None:
    """Take it in, in the caller's transaction; whose it was."""
    whose = None
    for one in news:
        match one:
            case MessageIn():
                whose = message_in(channel, one)
            case Receipt():
                whose = receipt(channel, one)
            case OptOut():
                whose = opt_out(channel, one)
            case Relation():
                whose = relation(channel, one)
            case Waiting():
                fetch_now(channel, one)
            case Call():
                from touchpoints import calls  # it asks here who is meant

                whose = calls.take_in(channel, one)
    return whose


def message_in(channel: Channel, said: MessageIn) -> int | None:
    customer, identity = whom(channel, said.person)
    if customer is None:
        return None
    talk = conversation_with(customer, channel, identity, route=said.thread)
    if talk.customer_id != customer.pk:
        customer = talk.customer
    heard = talk.hear(
        said.text, at=said.at, source=channel.code, source_ref=said.ref, subject=said.subject, machine=said.machine,
        note=said.note,
    )  # fmt: skip
    if heard is not None:
        Attachment.take_in(heard, list(said.files))
    if heard is not None and not said.machine:
        _answered(talk, heard)
    return customer.pk


def fetch_now(channel: Channel, said: Waiting) -> None:
    """Something lies ready at the provider; an account nobody set up is asked from now on."""
    if said.lane:
        held = Channel.objects.select_for_update().get(pk=channel.pk)
        places = held.cursor.get("kf", {})
        if said.lane not in places:
            Channel.objects.filter(pk=channel.pk).update(cursor=held.cursor | {"kf": {**places, said.lane: ""}})
    wake("touchpoints.tasks.fetch_channels")


def opt_out(channel: Channel, said: OptOut) -> int | None:
    """A no is obeyed whoever brings it; it never makes a record."""
    named = holder_named(said.person.kind, said.person.value)
    if named is None:
        return None
    customer = Customer.objects.get(pk=named[0])
    if customer.erased_at is None and channel.way in MARKETING_CHANNELS:
        Consent.objects.say(
            customer, Purpose.MARKETING, channel.way, given=False, origin=Consent.Origin.UNSUBSCRIBE, at=said.at
        )
    return customer.pk


def relation(channel: Channel, said: Relation) -> int | None:
    """A person became reachable through a colleague, or left; the identity stays, the relation is an event."""
    customer, _identity = whom(channel, said.person)
    if customer is None:
        return None
    if said.union:
        try:
            add_identity(customer, kind="unionid", value=said.union, source=channel.code)
        except TransitionRefused:
            pass  # somebody else's: the pairs page will show the two
    customer.record(
        "relation.begun" if said.present else "relation.ended", at=said.at, channel=channel.way,
        colleague=said.colleague[:60],
    )  # fmt: skip
    return customer.pk


def whom(channel: Channel, person: Person) -> tuple[Customer | None, Identity | None]:
    """Who is meant; somebody new becomes a provisional customer. Nobody for an empty or erased identity."""
    tidy = Identity.tidy(person.kind, person.value)
    if not tidy:
        return None, None
    with connection.cursor() as cursor:
        # Two first words at once are one person's.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 6))", [f"{person.kind} {tidy}"])
    named = holder_named(person.kind, tidy)
    if named is None:
        brought = Brought(source_ref=f"first-word-{uuid.uuid4().hex}", identities=[(person.kind, tidy)])
        customer, _state = bring_customer(brought, source=channel.code)
        if person.name and customer.provisional:
            Customer.objects.filter(pk=customer.pk).update(display_name=person.name[:200])
    else:
        customer = Customer.objects.get(pk=named[0])
    if customer.erased_at:
        return None, None
    identity = Identity.objects.holding(person.kind, tidy).first()
    if identity is not None and person.proved and identity.verified_at is None:
        Identity.objects.filter(pk=identity.pk, verified_at=None).update(verified_at=timezone.now())
    return customer, identity


def _answered(talk: Conversation, heard: Message) -> None:
    """An answer to the contact that was made last on this channel."""
    last = talk.messages.filter(direction="out", place__lt=heard.place).order_by("-place").first()
    outreach = Outreach.objects.filter(message=last).first() if last else None
    if outreach is not None:
        outreach.move({"sent", "delivered"}, Outreach.State.ANSWERED)
