"""Mail as a channel."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from touchpoints.channels.mail import fetching, reading, sending
from touchpoints.channels.mail.addresses import Keys
from touchpoints.channels.protocol import (
    Account,
    Fetched,
    Forged,
    Incoming,
    Item,
    Limit,
    News,
    Outgoing,
    Receipt,
    Received,
    Result,
)


class Adapter:
    """One sender's address and one box. A mail of unknown fate may go again: servers and readers fold its id."""

    idempotent = True
    carries_files = 18 * 2**20  # written out for the way it is a third more, and many servers stop at 25 MB
    secrets = ("smtp_password", "imap_password", "reply_key", "reply_key_old")
    settings: Mapping[str, Any] = {
        "smtp_host": "", "smtp_port": 465, "smtp_security": "tls", "smtp_user": "",
        "imap_host": "", "imap_port": 993, "imap_security": "tls", "imap_user": "", "mailbox": "INBOX",
        "from_address": "", "from_name": "", "domain": "", "reply_domain": "", "reply_days": 180,
        "bounce_domain": "", "trusted_authserv_id": "",
        "limits": {
            "bytes": 25 * 1024 * 1024, "slice": 50, "slice_bytes": 50 * 1024 * 1024, "parts": 100, "depth": 20,
            "retry_hours": 48, "automatic_address_day": 1, "automatic_box_hour": 10,
        },
    }  # fmt: skip

    def __init__(self, account: Account) -> None:
        self.account = account
        self.own = {**self.settings, **account.settings}
        self.numbers: dict[str, int] = self.settings["limits"] | dict(account.settings.get("limits") or {})
        self.clock: Callable[[], float] = time.time
        self.keys = Keys.of(*(account.secrets.get(name, "") for name in ("reply_key", "reply_key_old")))
        self.domain = str(self.own["domain"]) or str(self.own["from_address"]).rpartition("@")[2] or "localhost"

    @property
    def box(self) -> reading.Box:
        return reading.Box(
            self.keys, self.domain, str(self.own["reply_domain"]), str(self.own["bounce_domain"]),
            str(self.own["trusted_authserv_id"]), self.numbers,
        )  # fmt: skip

    def receive(self, call: Incoming) -> Received:
        raise Forged  # nobody calls us: mail is fetched

    def read(self, item: Item) -> Sequence[News]:
        return reading.news_of(item, box=self.box, now=self.clock())

    def send(self, message: Outgoing) -> Result:
        password = self.account.secrets.get("smtp_password", "")
        return sending.sent(message, self.own, self.keys, password, domain=self.domain)

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        if not self.own["imap_host"]:
            return Fetched((), dict(cursor))
        return fetching.fetched(cursor, self.own, self.account.secrets.get("imap_password", ""), self.box)

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return None  # a mail server remembers nothing that one could ask for

    def limits(self) -> Sequence[Limit]:
        return [Limit(name, most) for name, most in self.numbers.items()]
