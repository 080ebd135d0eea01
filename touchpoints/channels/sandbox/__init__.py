"""A channel without a provider: what we send stands in our own table, and a page plays the customer's side."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from touchpoints.channels.protocol import (
    Account,
    Fetched,
    File,
    Forged,
    Incoming,
    Item,
    Limit,
    Malformed,
    MessageIn,
    News,
    OptOut,
    Outcome,
    Outgoing,
    Person,
    Receipt,
    Received,
    Refusal,
    Refused,
    Result,
    Sent,
    Unknown,
)


class Adapter:
    """`settings["answers"]` makes it behave like a bad day of a provider: refused, unreachable, unknown."""

    idempotent = True
    carries_files = 50 * 2**20
    secrets: Sequence[str] = ()
    settings: Mapping[str, Any] = {"answers": "sent"}

    def __init__(self, account: Account) -> None:
        self.account = account

    def receive(self, call: Incoming) -> Received:
        raise Forged("A sandbox has no provider that could call.")

    def read(self, item: Item) -> Sequence[News]:
        try:
            said = json.loads(item.body)
            person = Person(said["kind"], said["value"], said.get("name", ""), proved=True)
            if item.kind == "message":
                files = [File(one["name"], base64.b64decode(one["content"])) for one in said.get("files", ())]
                return [MessageIn(person, said["text"], item.at, item.source_ref, thread=said.get("thread", ""),
                                  files=files)]  # fmt: skip
            if item.kind == "opt_out":
                return [OptOut(person, item.at, item.source_ref)]
            if item.kind == "receipt":
                return [Receipt(Outcome(said["outcome"]), item.at, message=said["message"])]
        except (ValueError, KeyError, TypeError) as trouble:
            raise Malformed(str(trouble)) from None
        raise Malformed(f"A sandbox sends no “{item.kind}”.")

    def send(self, message: Outgoing) -> Result:
        answer = self.account.settings.get("answers", "sent")
        if answer == "unknown":
            return Unknown("sandbox")
        if answer in Refusal._value2member_map_:
            return Refused(Refusal(answer), "sandbox")
        return Sent(f"sandbox-{message.id}")

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        return Fetched((), dict(cursor))

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return Receipt(Outcome.SENT, timezone.now(), message=message.id)

    def limits(self) -> Sequence[Limit]:
        return ()
