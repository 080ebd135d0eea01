"""Short messages as a channel; the setting `provider` says whose."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
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
    Refusal,
    Refused,
    Result,
)
from touchpoints.channels.sms import wording
from touchpoints.channels.sms.aliyun import Aliyun
from touchpoints.channels.sms.twilio import LONGEST, Twilio

PROVIDERS: dict[str, type[Aliyun] | type[Twilio]] = {"aliyun": Aliyun, "twilio": Twilio}


class Adapter:
    """Never idempotent: a second call is a second message, so one of unknown fate waits for its report."""

    idempotent = False
    secrets = ("access_key_id", "access_key_secret", "auth_token", "auth_token_old", "api_key", "api_secret")
    settings: Mapping[str, Any] = {
        "provider": "aliyun",
        "aliyun_base": "https://dysmsapi.aliyuncs.com", "aliyun_signature": "v3", "region": "cn-hangzhou",
        "sign_name": "", "templates": {}, "dead_number_codes": ["MOBILE_NOT_EXIST", "MK:0001"],
        "twilio_base": "https://api.twilio.com", "account_sid": "", "from_number": "", "messaging_service": "",
        "status_url": "", "marketing_must_end": None,
        "limits": {
            "code_minute": 1, "code_hour": 5, "code_day": 10, "all_senders_day": 40, "template_day": 50,
            "calls_second": 5000, "report_hours": 72,
        },
    }  # fmt: skip

    def __init__(self, account: Account) -> None:
        self.account = account
        self.own = {**self.settings, **account.settings}
        self.numbers: dict[str, int] = self.settings["limits"] | dict(account.settings.get("limits") or {})
        self.clock: Callable[[], float] = time.time
        # An unknown name falls to a provider without secrets: it refuses rather than fails.
        self.provider = PROVIDERS.get(str(self.own["provider"]), Aliyun)(account, self.own, lambda: self.clock())

    def receive(self, call: Incoming) -> Received:
        return self.provider.receive(call)

    def read(self, item: Item) -> Sequence[News]:
        return self.provider.read(item)

    def send(self, message: Outgoing) -> Result:
        if str(self.own["provider"]) not in PROVIDERS:
            return Refused(Refusal.FIX_SETUP, "no_provider")
        # `templates` names the kind each was approved as: a notice's template carries no offer and the reverse.
        approved = dict(self.own["templates"] or {}).get(message.template)
        if approved and approved != message.kind.value:
            return Refused(Refusal.FIX_SETUP, "template_of_another_kind")
        must_end = self.own["marketing_must_end"]
        why = wording.why_not(
            message.kind, " ".join([message.text, *map(str, message.values.values())]) if message.kind != "marketing"
            else message.text, must_end=self.own["provider"] == "aliyun" if must_end is None else bool(must_end),
        )  # fmt: skip
        return Refused(Refusal.FIX_SETUP, why) if why else self.provider.send(message)

    def why_not(self, message: Outgoing) -> str:
        """Why a free answer would be refused here, as a code; "" when it would go."""
        if (why := wording.why_not(message.kind, message.text, must_end=False)) or self.own["provider"] == "twilio":
            return why or ("too_long" if len(message.text) > LONGEST else "")
        return "" if message.template else "no_template"

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        return Fetched((), dict(cursor))

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        return self.provider.ask(message, ref, at)

    def limits(self) -> Sequence[Limit]:
        return [Limit(name, most) for name, most in self.numbers.items()]
