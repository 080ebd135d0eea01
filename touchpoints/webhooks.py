"""News going out: written down with the deed itself, sent by a relay that may die at any moment."""

import base64
import json
import logging
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import Event
from scrm.kernel import outgoing
from scrm.kernel.outgoing import Answer, Unsafe
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.signed_calls import signature
from touchpoints.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

log = logging.getLogger("scrm.webhooks")

# Waits after the first, second … try; after the eighth nobody tries again by itself.
PAUSES = (5, 300, 1800, 7200, 18000, 36000, 50400)
TRIES = len(PAUSES) + 1
LEASE = 120  # seconds; longer than any talk
LONGEST_WAIT = 24 * 3600
AT_ONCE = 8
REMEMBERED = 3.0  # seconds: for so long a process may not know of a new endpoint
CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")

_known: tuple[float, list[tuple[int, frozenset[str]]]] = (0.0, [])


# Writing down, in the transaction of the deed


def write_down(event: Event) -> None:
    """Owe this event to every endpoint that asked for its kind; no query when nobody did."""
    hearing = [pk for pk, kinds in _endpoints() if not kinds or event.kind in kinds]
    if not hearing:
        return
    with connection.cursor() as cursor:
        # Through the endpoints themselves: what this process remembers may have ended meanwhile.
        cursor.execute(
            """insert into touchpoints_webhookdelivery (endpoint_id, event, kind, state, tries, due_at, created_at)
               select id, %s, %s, 'waiting', 0, now(), now() from touchpoints_webhookendpoint
               where id = any(%s) and state in ('active', 'paused') on conflict do nothing""",
            [event.pk, event.kind, hearing],
        )
    wake("touchpoints.tasks.send_webhooks", queue="bulk")


def _endpoints() -> list[tuple[int, frozenset[str]]]:
    global _known
    read_at, endpoints = _known
    if time.monotonic() - read_at > REMEMBERED:
        live = WebhookEndpoint.objects.filter(state__in=["active", "paused"]).values_list("pk", "kinds")
        endpoints = [(pk, frozenset(kinds)) for pk, kinds in live]
        _known = (time.monotonic(), endpoints)
    return endpoints


def forget_endpoints() -> None:
    """Read the endpoints anew at the next event of this process."""
    global _known
    _known = (0.0, [])


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Owe the endpoint a message that says nothing but that it arrives."""
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=-time.time_ns() // 1_000_000, kind="webhook.test"
    )
    wake("touchpoints.tasks.send_webhooks", queue="bulk")
    return delivery


# Sending


@dataclass(frozen=True)
class Letter:
    """One try, ready to go: nothing in it needs the database."""

    delivery: WebhookDelivery
    url: str
    body: bytes
    headers: dict[str, str]


def relay(*, at_most: int = 200) -> int:
    """Send what is due; how many were tried. Any number of workers may relay at once; none holds a lock while it
    talks: a claim is a lease, so that a worker that dies leaves its messages to the next.
    """
    tried = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while tried < at_most and (letters := _claimed()):
            for letter, (answer, took) in zip(letters, pool.map(_sent, letters), strict=True):
                _note(letter.delivery, answer, took)
            tried += len(letters)
    return tried


def _claimed() -> list[Letter]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """update touchpoints_webhookdelivery
               set due_at = clock_timestamp() + make_interval(secs => %s), tries = tries + 1
               where id in (
                 select d.id from touchpoints_webhookdelivery d
                 join touchpoints_webhookendpoint e on e.id = d.endpoint_id and e.state = 'active'
                 where d.state = 'waiting' and d.due_at <= clock_timestamp()
                 order by d.due_at limit %s for update of d skip locked)
               returning id""",
            [LEASE, AT_ONCE],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    deliveries = list(WebhookDelivery.objects.select_related("endpoint").filter(pk__in=ids))
    events = Event.objects.select_related("customer").in_bulk([one.event for one in deliveries if one.event > 0])
    letters = []
    for one in deliveries:
        body = json.dumps(payload(one, events.get(one.event)), ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(time.time()))
        letters.append(Letter(one, one.endpoint.url, body, {
            "Content-Type": "application/json", "User-Agent": "scrm-webhooks/1", "webhook-id": one.message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signatures(one.endpoint.live_secrets(), one.message_id, stamp, body),
        }))  # fmt: skip
    return letters


def payload(delivery: WebhookDelivery, event: Event | None) -> dict[str, Any]:
    """Thin: which kind, whose, which ids. Full adds the event's own details; contact values are in neither."""
    if event is None:
        return {"type": delivery.kind, "timestamp": delivery.created_at.isoformat(), "data": {}}
    data: dict[str, Any] = {
        "event": event.pk, "sequence": event.pk, "customer": event.customer.number, "source": event.source,
        "source_ref": event.source_ref, "changed": sorted(event.details),
    }  # fmt: skip
    if delivery.endpoint.full:
        data["details"] = _without_contacts(event.details)
    return {"type": event.kind, "timestamp": event.at.isoformat(), "data": data}


def signatures(secrets: list[str], message_id: str, stamp: str, body: bytes) -> str:
    """Standard Webhooks v1, one signature for each live secret."""
    marks = [signature(secret, message_id, stamp, body) for secret in secrets]
    return " ".join("v1," + base64.b64encode(mark).decode() for mark in marks)


def _without_contacts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_contacts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_contacts(inner) for inner in value]
    return CONTACT.sub("***", value) if isinstance(value, str) else value


def _sent(letter: Letter) -> tuple[Answer, int]:
    began = time.monotonic()
    try:
        answer = outgoing.post(letter.url, body=letter.body, headers=letter.headers)
    except Unsafe:
        answer = Answer(0, "unsafe target")
    except Exception as error:
        log.exception("A webhook could not be sent.")
        answer = Answer(0, type(error).__name__[:40])
    return answer, int((time.monotonic() - began) * 1000)


@transaction.atomic
def _note(delivery: WebhookDelivery, answer: Answer, took: int) -> None:
    """Write down what came of a try. Another worker may have taken it up after our lease: the tries tell."""
    WebhookAttempt.objects.create(
        delivery=delivery, endpoint_id=delivery.endpoint_id, number=delivery.tries, status=answer.status,
        error=answer.error, took=took,
    )  # fmt: skip
    own = WebhookDelivery.objects.filter(pk=delivery.pk, state="waiting")
    now = timezone.now()
    if 200 <= answer.status < 300:
        own.update(state="sent", done_at=now)
        return
    own = own.filter(tries=delivery.tries)
    if answer.status == 410:
        own.update(state="dead", done_at=now)
        _quietly(delivery.endpoint.disable)
    elif delivery.tries >= TRIES:
        own.update(state="dead", done_at=now)
        log.error("Gave up message %s to webhook %s.", delivery.message_id, delivery.endpoint.code)
        _quietly(lambda: delivery.endpoint.pause(by=None, reason="failed"))
    else:
        wait = max(PAUSES[delivery.tries - 1], min(answer.retry_after or 0, LONGEST_WAIT))
        jitter = random.uniform(1, 1.2) if answer.retry_after else random.uniform(0.8, 1.2)  # noqa: S311 — no secret
        own.update(due_at=now + timedelta(seconds=wait * jitter))


def _quietly(move: Any) -> None:
    try:
        with transaction.atomic():
            move()
    except TransitionRefused:
        pass  # paused, disabled or ended meanwhile
