"""Things that arrived: stored before they are worked on, worked on once, one person's in their order."""

import hashlib
import json
import logging
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from customers.models import Identity
from scrm.kernel import logs, problem, sealed
from scrm.kernel.parsing import read
from scrm.kernel.reading import Closed, Mistaken, Unnamed, moment_of
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import intakes
from scrm.kernel.wake import wake
from staff.models import ApiClient, audit
from touchpoints import news
from touchpoints.channels.protocol import Item, Malformed, Refusal, Refused, Unavailable
from touchpoints.models import Channel, Delivery, Inbox

log = logging.getLogger("scrm.intake")

MOST = 500  # events of one call
TRIES = 8
AWAIT = 6 * 3600.0  # seconds between looks at one that waits for somebody to be known; they end the wait themselves
OF_CHANNEL = "channel:"


@dataclass(frozen=True)
class Letter:
    """One event as its reader gets it."""

    source: str
    source_ref: str
    kind: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Arrived:
    """One row to store; one that can never be read is stored as given up, with why."""

    source_ref: str
    kind: str
    at: datetime
    lane: int
    body: str
    error: str = ""


# Storing


def take_batch(client: ApiClient, ref: str, body: bytes) -> tuple[int, int, bool]:
    """Store a signed call: (events of the call, how many were new, whether the call is a repeat).

    Raises problem.Unreadable, problem.DeliveryReused; a single bad event does not sink the others.
    """
    digest = hashlib.sha256(body).digest()
    rows = _rows(read(body), ref)
    with transaction.atomic():
        if _first(client.code, ref, digest, len(rows)):
            return len(rows), store(client.code, rows, delivery=ref), False
    known = Delivery.objects.get(source=client.code, ref=ref)
    if bytes(known.digest) != digest:
        audit("delivery.reused", by=None, client=client.code, ref=ref)
        raise problem.DeliveryReused("Send another body under a new webhook-id.")
    return known.events, 0, True


def _first(source: str, ref: str, digest: bytes, events: int) -> bool:
    """Whether this call is new; of two at once one writes, and the other waits here until that one has stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into touchpoints_delivery (source, ref, digest, events, at) values (%s, %s, %s, %s, %s) "
            "on conflict (source, ref) do nothing returning 1",
            [source, ref, digest, events, timezone.now()],
        )
        return cursor.fetchone() is not None


def _rows(message: Any, ref: str) -> list[Arrived]:
    events = message.get("events") if isinstance(message, dict) and "events" in message else [message]
    if not isinstance(events, list) or not events:
        raise problem.Unreadable("Send one event, or an object with a list of events.")
    if len(events) > MOST:
        raise problem.Unreadable(f"A call may bring {MOST} events. Send them in parts.")
    alone = len(events) == 1
    return [_row(event, ref if alone else f"{ref}/{index}") for index, event in enumerate(events)]


def _row(event: Any, usual: str) -> Arrived:
    """One event as a row. Its key is the sender's own, with the revision it has; without one it is the delivery's."""
    now = timezone.now()
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    try:
        if not isinstance(event, dict):
            raise Mistaken("An event must be an object.")
        kind, data = event.get("type"), event.get("data")
        intake = intakes.get(kind) if isinstance(kind, str) else None
        if intake is None:
            raise Mistaken("There is no event of this type.")
        if not isinstance(data, dict):
            raise Mistaken("data must be an object.")
        at = moment_of(event.get("timestamp"), "timestamp")
        key = event.get("source_ref") or data.get("source_ref") or usual
        if not isinstance(key, str) or len(key) > 80 or not key.isprintable():
            raise Mistaken("source_ref must be text of at most 80 signs.")
        if isinstance(revision := data.get("revision"), int):
            key = f"{key}#{revision}"
        return Arrived(f"{intake.name}:{key}"[:120], intake.name, at, lane_of(intake.whose(data)), body)
    except Mistaken as trouble:
        kind = event.get("type") if isinstance(event, dict) else ""
        named = kind[:40] if isinstance(kind, str) and kind.isprintable() else ""
        return Arrived(f"!{usual}"[:120], named, now, 0, body, str(trouble))


def lane_of(whose: tuple[str, str] | None) -> int:
    """A number that keeps one person's things together and says nothing about the person; 0 for nobody's."""
    if whose is None:
        return 0
    return int.from_bytes(sealed.blind_index(f"lane:{whose[0]}", whose[1])[:8], signed=True) or 1


def store(source: str, rows: Sequence[Arrived], *, delivery: str = "") -> int:
    """Write them down in one statement; how many were new. What is here already stays as it is."""
    now = timezone.now()
    with connection.cursor() as cursor:
        new = execute_values(
            cursor.cursor,
            """insert into touchpoints_inbox
                 (source, source_ref, kind, at, lane, body, delivery, index, received_at, state, tries, due_at, error)
               values %s on conflict (source, source_ref) do nothing returning 1""",
            [
                (source, row.source_ref, row.kind, row.at, row.lane, row.body, delivery, index, now,
                 "dead" if row.error else "waiting", 0, now, row.error[:300])
                for index, row in enumerate(rows)
            ],
            page_size=MOST, fetch=True,
        )  # fmt: skip
    wake("touchpoints.tasks.work_off_inbox")
    return len(new)


def store_items(channel: Channel, items: Iterable[Item]) -> int:
    """What a channel received or fetched."""
    rows = [
        Arrived(item.source_ref[:120], item.kind[:40], item.at.astimezone(UTC), lane_of(("channel", item.lane))
                if item.lane else 0, item.body)
        for item in items
    ]  # fmt: skip
    return store(f"{OF_CHANNEL}{channel.code}", rows) if rows else 0


def fetch(code: str) -> int:
    """Ask a channel's provider what arrived; how many were new. One worker a channel, items and place kept together."""
    new = 0
    try:
        for _page in range(20):
            got, more = _page_of(code)
            new += got
            if not more:
                break
    except Unavailable as trouble:
        said = trouble.result
        if isinstance(said, Refused) and said.refusal == Refusal.FIX_SETUP and said.known:
            Channel.objects.get(code=code).stop(said.code)
        else:
            log.warning("The channel %s could not be asked.", code)
    return new


@transaction.atomic
def _page_of(code: str) -> tuple[int, bool]:
    """One page: how many were new, and whether there is more.

    While the provider is asked nothing but this fetch waits: what goes out writes to the channel's row meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 7))", [code])
        if not cursor.fetchone()[0]:
            return 0, False
    channel = Channel.objects.on().filter(code=code).first()
    if channel is None:
        return 0, False
    found = channel.open().fetch(channel.cursor)
    new = store_items(channel, found.items)
    held = Channel.objects.select_for_update().get(pk=channel.pk)
    # An account that told of itself meanwhile stays in the list of those to ask.
    cursor_now = {**found.cursor}
    if "kf" in held.cursor or "kf" in cursor_now:
        cursor_now["kf"] = {**held.cursor.get("kf", {}), **cursor_now.get("kf", {})}
    Channel.objects.filter(pk=channel.pk).update(cursor=cursor_now, last_contact_at=timezone.now())
    return new, found.more


# Working off

_CLAIM = """
    select id from touchpoints_inbox i
    where state = 'waiting' and due_at <= clock_timestamp()
      and (lane = 0 or not exists (select 1 from touchpoints_inbox e where e.lane = i.lane and e.state = 'waiting'
                                   and e.tries = 0 and e.id < i.id))
    order by due_at, id limit 1 for update skip locked"""


def work_off(*, at_most: int = 500) -> int:
    """Take in what waits, oldest first; how many were taken in hand. Any number of workers may."""
    taken = 0
    while taken < at_most and _one():
        taken += 1
    return taken


@transaction.atomic
def _one() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        found = cursor.fetchone()
    if found is None:
        return False
    row = Inbox.objects.get(pk=found[0])
    try:
        # The effect and the mark that it is done commit together.
        with transaction.atomic(), logs.about(intake=row.kind):
            row.customer_id = act_on(row)
    except Unnamed as error:
        row.awaits = lane_of((error.kind, Identity.tidy(error.kind, error.value)))
        _put_off(row, error, pause=AWAIT)
    except Closed:
        row.state, row.processed_at, row.body = Inbox.State.DONE, timezone.now(), ""
        row.save(update_fields=["state", "processed_at", "body"])
    except (Mistaken, Malformed, problem.Problem) as error:
        _give_up(row, str(error))
    except Exception as error:  # noqa: BLE001 — one poisoned row must not stop the others
        _put_off(row, error)
    else:
        row.state, row.processed_at = Inbox.State.DONE, timezone.now()
        row.save(update_fields=["state", "processed_at", "customer"])
    return True


def act_on(row: Inbox) -> int | None:
    """What one arrival means; whose it was."""
    if row.source.startswith(OF_CHANNEL):
        channel = Channel.objects.get(code=row.source.removeprefix(OF_CHANNEL))
        item = Item(row.source_ref, row.kind, row.at, row.body)
        return news.apply(channel, channel.open().read(item))
    intake = intakes.get(row.kind)
    if intake is None:
        raise Mistaken("There is no event of this type.")
    data = json.loads(row.body)["data"]
    return intake.act(Letter(row.source, row.source_ref.partition(":")[2], row.kind, row.at, data))


def _give_up(row: Inbox, why: str) -> None:
    row.tries, row.state, row.error = row.tries + 1, Inbox.State.DEAD, why[:300]
    row.save(update_fields=["tries", "state", "error", "awaits"])


def named_at_last(identity: Identity) -> None:
    """Somebody holds an identity that things were waiting for: they are due now, also those given up."""
    waiting = Inbox.objects.filter(awaits=lane_of((identity.kind, identity.in_clear()))).exclude(state="done")
    if waiting.update(state=Inbox.State.WAITING, tries=1, due_at=timezone.now(), awaits=None):
        wake("touchpoints.tasks.work_off_inbox")


def _put_off(row: Inbox, error: Exception, *, pause: float | None = None) -> None:
    said = str(error) if isinstance(error, TransitionRefused | Unnamed) else type(error).__name__
    if row.tries + 1 >= TRIES:
        _give_up(row, said)
        log.error("Gave up %s of %s.", row.kind, row.source)
        return
    row.tries, row.error = row.tries + 1, said[:300]
    pause = (pause or min(3600, 5 * 2**row.tries)) * random.uniform(0.8, 1.2)  # noqa: S311 — jitter, not a secret
    row.due_at = timezone.now() + timedelta(seconds=pause)
    row.save(update_fields=["tries", "error", "due_at", "awaits"])
