"""WeCom as a channel."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from touchpoints.channels.protocol import (
    Account,
    Fetched,
    Incoming,
    Item,
    Limit,
    News,
    Outgoing,
    Receipt,
    Received,
    Result,
)
from touchpoints.channels.wecom import callbacks, messages, service
from touchpoints.channels.wecom.client import Client
from touchpoints.channels.wecom.contacts import ContactBook


class Adapter:
    """One company's own app: relations by callback, customer service talks, greetings, messages to staff."""

    idempotent = True  # kf folds a msgid, a greeting happens once, staff messages are checked for doubles
    secrets = ("secret", "token", "aes_key", "token_old", "aes_key_old")
    settings: Mapping[str, Any] = {
        "base": "https://qyapi.weixin.qq.com", "corp_id": "", "agent_id": "", "kf_accounts": [],
        "fresh_seconds": 300, "block_seconds": 60, "kf_page": 200,
        "limits": {
            "api_minute": 10_000, "api_hour": 150_000, "kf_hours": 48, "kf_messages": 5, "kf_text_bytes": 2048,
            "welcome_seconds": 20, "welcome_text_bytes": 4000, "staff_minute": 30, "staff_hour": 1000,
            "transfers_in_90_days": 2, "live_codes": 500_000,
        },
    }  # fmt: skip

    def __init__(self, account: Account) -> None:
        self.account = account
        self.own = {**self.settings, **account.settings}
        self.numbers: dict[str, int] = self.settings["limits"] | dict(account.settings.get("limits") or {})
        self.clock: Callable[[], float] = time.time

    @cached_property
    def client(self) -> Client:
        return Client(self.account, self.own, lambda: self.clock())

    @cached_property
    def contacts(self) -> ContactBook:
        return ContactBook(self.client)

    def receive(self, call: Incoming) -> Received:
        received = callbacks.received(self.account, call, fresh=int(self.own["fresh_seconds"]), clock=self.clock)
        for item in received.items:
            if pull := callbacks.pull_token(item):
                service.keep_token(str(self.own["corp_id"]), *pull)
        return received

    def read(self, item: Item) -> Sequence[News]:
        # Only what was fetched is JSON; what was pushed is XML, and its kind may begin alike.
        return service.news_of(item) if item.source_ref.startswith("kf:") else callbacks.news_of(item)

    def send(self, message: Outgoing) -> Result:
        return messages.sent(self.client, message, self.numbers, self.clock)

    def why_not(self, message: Outgoing) -> str:
        """Why an answer would be refused here, as a code; "" when it would go."""
        return "too_long" if len(message.text.encode()) > self.numbers["kf_text_bytes"] else ""

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        accounts = [str(one) for one in self.own["kf_accounts"]]
        return service.fetched(self.client, cursor, accounts=accounts, page=int(self.own["kf_page"]))

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return None  # WeCom's page does not show what was sent by machine

    def limits(self) -> Sequence[Limit]:
        return [Limit(name, most) for name, most in self.numbers.items()]
