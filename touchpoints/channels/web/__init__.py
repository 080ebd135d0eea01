"""Chat on the brand's own site: no provider in between, a message is there when its row is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from touchpoints.channels.protocol import (
    Account,
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
    Result,
    Sent,
)


class Adapter:
    """`origins` lists the sites whose pages may open a chat, `source` the client whose visitors they are."""

    idempotent = True
    carries_files = 50 * 2**20  # the visitor's page fetches them
    secrets: Sequence[str] = ()
    settings: Mapping[str, Any] = {"origins": [], "source": "", "a_minute": 20}

    def __init__(self, account: Account) -> None:
        self.account = account

    def receive(self, call: Incoming) -> Received:
        raise Forged("A visitor's page has doors of its own.")

    def read(self, item: Item) -> Sequence[News]:
        raise Malformed("A visitor's page has doors of its own.")

    def send(self, message: Outgoing) -> Result:
        return Sent(f"web-{message.id}")

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        return Fetched((), dict(cursor))

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return None

    def limits(self) -> Sequence[Limit]:
        return ()
