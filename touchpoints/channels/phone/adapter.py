"""Phone as a channel: what a call centre tells, in our contract or in its own shape."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from touchpoints.channels.phone import contract, signing
from touchpoints.channels.phone.mapping import BadMapping, Mapped, events_of, mapped, rows_of
from touchpoints.channels.phone.masking import masked
from touchpoints.channels.protocol import (
    Account,
    Call,
    Fetched,
    Forged,
    Incoming,
    Item,
    Limit,
    Malformed,
    News,
    Outgoing,
    Receipt,
    Received,
    Refusal,
    Refused,
    Reply,
    Result,
)

OURS = "scrm"  # the vendor that speaks our contract
DEEPEST = 32


class Adapter:
    """A reader. What is weakly signed is a hint: it may show a card, it may not write."""

    idempotent = False
    secrets = ("secret", "secret_old")
    settings: Mapping[str, Any] = {
        "vendor": OURS, "mapping": "", "signing": "standard-webhooks", "region": "CN", "recording_hosts": [],
        "signature_header": "x-signature", "signature_prefix": "sha256=", "signature_digest": "sha256", "app_id": "",
        "limits": {"body_bytes": 1024 * 1024, "events": 500, "transcript_bytes": 500 * 1024, "ring_seconds": 60,
                   "recording_bytes": 200 * 1024 * 1024},
    }  # fmt: skip

    def __init__(self, account: Account) -> None:
        self.account = account
        self.own = {**self.settings, **account.settings}
        self.numbers: dict[str, int] = self.settings["limits"] | dict(account.settings.get("limits") or {})
        self.clock: Callable[[], float] = time.time

    @cached_property
    def mapping(self) -> Mapped | None:
        """Nothing for our own contract. Raises BadMapping."""
        vendor = str(self.own["vendor"])
        return None if vendor == OURS else mapped(vendor, str(self.own["mapping"]))

    def receive(self, call: Incoming) -> Received:
        if len(call.body) > self.numbers["body_bytes"]:
            raise Forged
        try:
            mapping = self.mapping
        except BadMapping:
            raise Forged from None  # the setup's page says it; a caller learns nothing
        kind = str(self.account.settings.get("signing") or (mapping.signing if mapping else self.own["signing"]))
        secrets = [value for name in self.secrets if (value := self.account.secrets.get(name, ""))]
        hint = not signing.proved(kind, call, secrets=secrets, settings=self.own, now=self.clock())
        body = _json(call.body)
        rows = rows_of(mapping, body) if mapping else _events(body)
        if len(rows) > self.numbers["events"]:
            raise Malformed(f"At most {self.numbers['events']} events are taken at once.")
        items = [item for row in rows for item in self._items(row, mapping, hint)]
        return Received(items, Reply(200, (mapping.answer if mapping else "ok").encode()))

    def read(self, item: Item) -> Sequence[News]:
        stored = _json(item.body.encode("utf-8", "replace"))
        if not isinstance(stored, dict):
            raise Malformed("This is no event.")
        if "why" in stored:
            raise Malformed(str(stored["why"]))
        return [self._call(stored.get("type"), stored.get("data"), hint=bool(stored.get("hint", True)))]

    def send(self, message: Outgoing) -> Result:
        return Refused(Refusal.NOT_REACHABLE, "no_sending")

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        return Fetched((), dict(cursor))

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return None

    def limits(self) -> Sequence[Limit]:
        return [Limit(name, most) for name, most in self.numbers.items()]

    def _items(self, row: Any, mapping: Mapped | None, hint: bool) -> list[Item]:
        """One bad row sinks only itself: it is stored with what is wrong, and cannot be read."""
        try:
            events = events_of(mapping, row) if mapping else [_event(row)]
            return [self._item(kind, data, hint) for kind, data in events]
        except Malformed as error:
            body = _text({"row": masked(_text(row))[:20_000], "why": str(error)})
            ref = f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
            return [Item(ref, "call.bad", datetime.fromtimestamp(self.clock(), UTC), body)]

    def _item(self, kind: Any, data: Any, hint: bool) -> Item:
        call = self._call(kind, data, hint=hint)
        name = contract.name_of(call)
        if isinstance(data, dict) and call.moment == "transcribed":
            data = {**data, "segments": call.details.get("segments", [])}  # as masked
        if isinstance(data, dict) and str(call.details.get("recording", {}).get("left_out")).startswith("consent_"):
            data = {**data, "recording": {**data["recording"], "url": None}}  # not stored, not even as it came
        ref = name if len(name) <= 120 else f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
        return Item(ref, f"call.{call.moment}", call.at, _text({"type": kind, "data": data, "hint": hint}), call.call)

    def _call(self, kind: Any, data: Any, *, hint: bool) -> Call:
        region = str(
            self.account.settings.get("region") or (self.mapping.region if self.mapping else self.own["region"])
        )
        return contract.call_of(
            kind, data, hint=hint, region=region, transcript_bytes=self.numbers["transcript_bytes"],
            recording_hosts={str(host).lower() for host in self.own["recording_hosts"]},
        )  # fmt: skip


def _events(body: Any) -> list[Any]:
    events = body.get("events") if isinstance(body, dict) and "events" in body else [body]
    if not isinstance(events, list):
        raise Malformed("events: a list is expected.")
    return events


def _event(row: Any) -> tuple[Any, Any]:
    if not isinstance(row, dict):
        raise Malformed("An event is no object.")
    return row.get("type"), row.get("data")


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if _depth(found) > DEEPEST:
        raise Malformed(f"Objects and lists may lie {DEEPEST} deep.")
    return found


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        level = [inner for one in level if isinstance(one, dict | list)
                 for inner in (one.values() if isinstance(one, dict) else one)]  # fmt: skip
        depth += bool(level)
    return depth


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
