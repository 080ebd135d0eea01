"""Handing messages out: each once, by any number of workers, and never without the consent of that very moment."""

import logging
import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from customers.models import Identity, Preference
from customers.models.preference import quiet_until
from customers.preferences import make_way_out
from scrm.kernel import sealed_files
from scrm.kernel.wake import wake
from touchpoints.channels.protocol import File, Held, Kind, Outgoing, Receipt, Refusal, Refused, Result, Sent, Unknown
from touchpoints.models import Channel, Message, Outreach, Restraint
from touchpoints.outreach import replan, try_another_way

log = logging.getLogger("scrm.sending")

TRIES = 8
UNKNOWN_CODES = 3  # tries before a code nobody knows is a matter of the set-up
LOST_AFTER = timedelta(minutes=5)  # a worker that took a message and said nothing since is gone
ASK_FOR = timedelta(hours=72)  # how long a provider is asked what became of one
State = Message.State


@dataclass(frozen=True)
class Taken:
    """A message that is ours to hand out, and whether it may."""

    pk: int
    allowed: bool


def relay(*, at_most: int = 200, only: int | None = None) -> int:
    """Hand out what is due, or one message alone; how many left."""
    left = 0
    for _step in range(at_most):
        taken = _take(only)
        if taken is None:
            break
        if taken.allowed:
            hand_out(Message.objects.select_related("channel", "conversation", "customer").get(pk=taken.pk))
            left += 1
    return left


def send_soon(message: Message) -> None:
    """A reply to somebody who waits: at once where no provider is called, else by the next worker."""
    if message.channel.adapter in ("sandbox", "web"):
        transaction.on_commit(lambda: relay(at_most=1, only=message.pk))
    else:
        wake("touchpoints.tasks.send_messages")


def _take(only: int | None) -> Taken | None:
    """Claim one message. The consent it needs is read in the statement that claims it: none, and it stops here."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """with due as (
                 select m.id from touchpoints_message m join touchpoints_channel c on c.id = m.channel_id
                 where m.state = 'queued' and m.due_at <= clock_timestamp() and c.state = 'on'
                   and (%(only)s::bigint is null or m.id = %(only)s)
                 order by m.due_at, m.id limit 1 for update of m skip locked)
               update touchpoints_message m
               set claimed_at = clock_timestamp(), tries = m.tries + 1,
                   state = case when person.erased_at is not null then 'stopped'
                                when m.kind <> 'marketing' then 'sending'
                                when coalesce((select k.given from customers_consent k
                                               where k.customer_id = m.customer_id and k.purpose = 'marketing'
                                                 and k.channel = c.way order by k.at desc, k.id desc limit 1), false)
                                then 'sending' else 'stopped' end
               from due, touchpoints_channel c, customers_customer person
               where m.id = due.id and c.id = m.channel_id and person.id = m.customer_id
               returning m.id, m.state""",
            {"only": only},
        )
        row = cursor.fetchone()
        if row is None:
            return None
        if row[1] == "stopped":
            outreach = Outreach.objects.filter(message=row[0]).first()
            if outreach is not None:
                outreach.move({"queued"}, Outreach.State.REFUSED, reason=Outreach.Reason.WITHDRAWN)
        return Taken(row[0], row[1] == "sending")


def hand_out(message: Message) -> None:
    """One attempt: the provider is called outside any transaction, and what it said is written down after."""
    outreach = Outreach.objects.filter(message=message).first()
    if _is_past(message, outreach) or _is_quiet(message, outreach):
        return
    result = attempt(message)
    with transaction.atomic():
        write_down(message, result)


def attempt(message: Message) -> Result:
    identity = message.conversation.identity
    try:
        outgoing = outgoing_of(message, identity)
        return message.channel.open().send(outgoing)
    except sealed_files.Missing:
        return Refused(Refusal.NEVER, "file_missing")
    except Exception as error:
        log.exception("The adapter of %s broke.", message.channel.code)
        return Unknown(type(error).__name__)


def outgoing_of(message: Message, identity: Identity | None) -> Outgoing:
    """The message as the adapter needs it: the address in clear, for this one attempt."""
    way_out = ""
    if message.channel.way == "mail" and message.kind == Kind.MARKETING.value:
        path = reverse("customers:leave", args=[make_way_out(message.customer)])
        way_out = f"{settings.SCRM_URL}{path}"
    files = [
        File(one.name, b"".join(one.pieces()), one.content_type)
        for one in (message.attachments.here().select_related("key") if message.channel.carries_files else ())
    ]
    sources = message.conversation.messages.filter(direction="in").order_by("-place")[:10]
    return Outgoing(
        id=message.public_id, kind=Kind(message.kind), to=identity.in_clear() if identity else "", text=message.body,
        subject=message.subject, locale=message.customer.locale, template=message.template, values=message.values,
        thread=message.conversation.route or message.conversation.thread,
        references=[one.source_ref for one in sources], unsubscribe=way_out,
        automatic=message.automatic, files=files,
    )  # fmt: skip


def write_down(message: Message, result: Result) -> None:
    """What one attempt came to."""
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING)
    now = timezone.now()
    match result:
        case Sent(ref=ref):
            mine.update(state=State.SENT, sent_at=now, provider_ref=ref[:120], code="")
            message.channel.touched()
            _went(message, Outreach.State.SENT)
        case Held(until=until, why=why):
            mine.update(state=State.QUEUED, due_at=until, code=why[:60])
        case Refused(refusal=Refusal.RETRY_LATER) as said if message.tries < TRIES:
            mine.update(state=State.QUEUED, due_at=now + _pause(message.tries, said.after), code=said.code[:60])
        case Refused(refusal=Refusal.FIX_SETUP, known=False, code=code) if message.tries < UNKNOWN_CODES:
            mine.update(state=State.QUEUED, due_at=now + _pause(message.tries, None), code=code[:60])
        case Refused(refusal=Refusal.FIX_SETUP, code=code):
            mine.update(state=State.QUEUED, due_at=now, tries=0, code=code[:60])
            message.channel.stop(code)
        case Refused(refusal=Refusal.NOT_REACHABLE, code=code):
            mine.update(state=State.FAILED, code=code[:60])
            _not_reached(message)
        case Refused(code=code):
            mine.update(state=State.FAILED, code=code[:60])
            _went(message, Outreach.State.FAILED, reason=Outreach.Reason.UNREACHED)
        case Unknown(why=why):
            if message.channel.open().idempotent and message.tries < TRIES:
                # The same id again is folded by the other side.
                mine.update(state=State.QUEUED, due_at=now + _pause(message.tries, None), code=why[:60])
            else:
                mine.update(state=State.UNKNOWN, sent_at=now, code=why[:60])


def receipt(channel: Channel, said: Receipt) -> int | None:
    """What the provider reports of a message; whose it was. A stranger's or a late one changes nothing."""
    message = Message.called(said.message) if said.message else None
    if message is None and said.provider_ref:
        message = Message.objects.filter(channel=channel, provider_ref=said.provider_ref, direction="out").first()
    if message is None or message.channel_id != channel.pk:
        return None
    identity = message.conversation.identity
    if said.tail and identity is not None and identity.tail != said.tail[-4:]:
        return None
    state = State(said.outcome.value)
    moved = message.learn(state, at=said.at, code=said.code)
    if said.unreachable and identity is not None:
        Identity.objects.filter(pk=identity.pk, suspended_at=None).update(suspended_at=timezone.now())
    if moved and state == State.FAILED:
        if said.unreachable:
            _not_reached(message)
        else:
            _went(message, Outreach.State.FAILED, reason=Outreach.Reason.UNREACHED)
    elif moved:
        _went(message, Outreach.State.SENT if state == State.SENT else Outreach.State.DELIVERED)
    return message.customer_id


def settle() -> int:
    """Messages whose worker was lost, or whose fate nobody knows: ask, send again where that is safe, or give up."""
    settled = 0
    limit = timezone.now() - LOST_AFTER
    for message in Message.objects.filter(state=State.SENDING, claimed_at__lt=limit).select_related("channel")[:200]:
        with transaction.atomic():
            # Nobody knows whether it left: never the same as not sent.
            write_down(message, Unknown("worker lost"))
        settled += 1
    unknown = Message.objects.filter(state=State.UNKNOWN, claimed_at__lt=limit)
    for message in unknown.select_related("channel", "conversation__identity__key", "customer")[:200]:
        settled += _ask(message)
    return settled


def resume_held(*, at_most: int = 500) -> int:
    """Contacts that were held back and whose time has come."""
    due = Outreach.objects.filter(state=Outreach.State.HELD, until__lte=timezone.now())
    return sum(replan(pk) for pk in due.order_by("until").values_list("pk", flat=True)[:at_most])


def _ask(message: Message) -> bool:
    sent_at = message.sent_at or message.at
    try:
        said = message.channel.open().ask(
            outgoing_of(message, message.conversation.identity), message.provider_ref, sent_at
        )
    except Exception:
        log.exception("The adapter of %s could not ask.", message.channel.code)
        said = None
    with transaction.atomic():
        if said is not None:
            receipt(message.channel, Receipt(said.outcome, said.at, message=message.public_id, code=said.code))
            return True
        if sent_at < timezone.now() - ASK_FOR:
            if message.learn(State.FAILED, at=timezone.now(), code="unknown"):
                _went(message, Outreach.State.FAILED, reason=Outreach.Reason.UNKNOWN)
            return True
    return False


def _went(message: Message, state: Outreach.State, *, reason: str = "") -> None:
    """The contact follows its message, and the timeline hears of it the first time."""
    outreach = Outreach.objects.select_related("scene", "customer").filter(message=message).first()
    if outreach is None:
        return
    before = {
        Outreach.State.SENT: {"queued"},
        Outreach.State.DELIVERED: {"queued", "sent"},
        Outreach.State.FAILED: {"queued", "sent"},
    }[state]
    first = outreach.state == Outreach.State.QUEUED
    if outreach.move(before, state, reason=reason) and (first or state == Outreach.State.FAILED):
        outreach.customer.record(
            "outreach.failed" if state == Outreach.State.FAILED else "outreach.sent", by=outreach.planned_by,
            channel=message.channel.way, outreach=outreach.pk, scene_name=outreach.scene.name,
        )  # fmt: skip


def _not_reached(message: Message) -> None:
    outreach = Outreach.objects.select_related("scene", "planned_by").filter(message=message).first()
    if outreach is not None and outreach.state in ("queued", "sent"):
        try_another_way(outreach)


def _is_past(message: Message, outreach: Outreach | None) -> bool:
    """A contact whose moment has passed while it waited is not made any more."""
    if outreach is None or timezone.now() <= outreach.valid_until:
        return False
    with transaction.atomic():
        Message.objects.filter(pk=message.pk, state=State.SENDING).update(state=State.STOPPED)
        outreach.move({"queued"}, Outreach.State.REFUSED, reason=Outreach.Reason.TOO_LATE)
    return True


def _is_quiet(message: Message, outreach: Outreach | None) -> bool:
    """A contact that waited into hours of quiet, for a stopped channel or a busy worker, waits until they end."""
    if outreach is None or message.kind == Kind.CODE.value or outreach.scene.urgent:
        return False
    rules, said = Restraint.now(), Preference.objects.filter(customer=message.customer_id).first()
    now = timezone.now()
    ends = [quiet_until(now, rules.quiet_from, rules.quiet_to, rules.zone)]
    if said is not None:
        ends.append(quiet_until(now, said.quiet_from, said.quiet_to, said.zone))
        if message.kind == Kind.MARKETING.value and said.paused_until and said.paused_until > now:
            ends.append(said.paused_until)
    end = max((end for end in ends if end is not None), default=None)
    if end is None:
        return False
    Message.objects.filter(pk=message.pk, state=State.SENDING).update(state=State.QUEUED, due_at=end)
    return True


def _pause(tries: int, asked: int | None) -> timedelta:
    seconds = asked if asked is not None else min(3600, 5 * 2**tries)
    return timedelta(seconds=min(seconds, 6 * 3600) * random.uniform(1.0, 1.3))  # noqa: S311 — jitter, not a secret
