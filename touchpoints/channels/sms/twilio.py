"""Twilio's short messages: form posts both ways, theirs signed."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Unsafe
from touchpoints.channels.protocol import (
    Account,
    Forged,
    Incoming,
    Item,
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
    Reply,
    Result,
    Sent,
    Unknown,
)
from touchpoints.channels.sms.signing import twilio_signature, with_and_without_port
from touchpoints.channels.sms.wording import is_stop
from touchpoints.channels.targets import address
from touchpoints.channels.texts import plain

HOSTS = {"api.twilio.com"}
LARGEST = 256 * 1024
LONGEST = 1600
RETRY, SETUP, GONE, NEVER = Refusal.RETRY_LATER, Refusal.FIX_SETUP, Refusal.NOT_REACHABLE, Refusal.NEVER
CODES = {
    21610: GONE, 21211: GONE, 21614: GONE, 30003: GONE, 30005: GONE, 30006: GONE, 30007: NEVER, 20429: RETRY,
    20003: SETUP, 21617: NEVER,
}  # fmt: skip
DEAD = {"21211", "21614", "30005", "30006"}  # the number itself, not today's weather
LEFT = "21610"
OUTCOMES = {"sent": Outcome.SENT, "delivered": Outcome.DELIVERED, "undelivered": Outcome.FAILED,
            "failed": Outcome.FAILED, "canceled": Outcome.FAILED, "read": Outcome.READ}  # fmt: skip


class Twilio:
    def __init__(self, account: Account, settings: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self.account, self.settings, self.clock = account, settings, clock

    def send(self, message: Outgoing) -> Result:
        if len(message.text) > LONGEST:
            return Refused(NEVER, "too_long")
        sender = {"MessagingServiceSid": service} if (service := str(self.settings["messaging_service"])) else {
            "From": str(self.settings["from_number"])}  # fmt: skip
        if not all(sender.values()):
            return Refused(SETUP, "no_sender")
        form = {"To": message.to, "Body": message.text} | sender
        if callback := str(self.settings["status_url"]):
            # Ours comes back with each status: a report may arrive before the answer that brings theirs.
            form["StatusCallback"] = f"{callback}{'&' if '?' in callback else '?'}message={quote(message.id, safe='')}"
        told = self._call("POST", f"{self._account_path}/Messages.json", form)
        return Sent(plain(told.get("sid"), most=64)) if isinstance(told, dict) else told

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        if not re.fullmatch(r"[A-Za-z0-9]{1,64}", ref):
            return None  # the answer that would have named it was lost; only a report can tell
        told = self._call("GET", f"{self._account_path}/Messages/{ref}.json")
        if not isinstance(told, dict) or (outcome := OUTCOMES.get(str(told.get("status")))) is None:
            return None
        return _receipt(outcome, _twilio_time(told.get("date_updated"), at), message.id, ref,
                        plain(told.get("to"), most=40), str(told.get("error_code") or ""))  # fmt: skip

    def receive(self, call: Incoming) -> Received:
        if len(call.body) > LARGEST:
            raise Forged
        parameters = self._proved(call)
        told = {name: plain(value, most=4000) for name, value in parameters}
        sid = told.get("MessageSid") or told.get("SmsSid") or ""
        if not sid:
            raise Malformed("No message is named.")
        body = json.dumps(told | {"_message": call.query.get("message", "")[:64]}, ensure_ascii=False)
        now = datetime.fromtimestamp(self.clock(), UTC)
        if "Body" in told and told.get("MessageStatus") is None:
            return Received([Item(f"in:{sid}"[:120], "sms.reply", now, body, told.get("From", "")[:120])],
                            Reply(200, b"<Response/>", "text/xml"))  # fmt: skip
        status = told.get("MessageStatus") or told.get("SmsStatus") or ""
        return Received([Item(f"{sid}:{status}"[:120], "sms.report", now, body, told.get("To", "")[:120])], Reply(204))

    def read(self, item: Item) -> Sequence[News]:
        try:
            told = json.loads(item.body)
        except ValueError:
            raise Malformed("This is no call of theirs.") from None
        if item.kind == "sms.report":
            outcome = OUTCOMES.get(told.get("MessageStatus") or told.get("SmsStatus") or "")
            if outcome is None:
                return []  # on its way: queued, sending
            code = str(told.get("ErrorCode") or "")
            receipt = _receipt(outcome, item.at, told.get("_message", ""), told.get("MessageSid", ""),
                               told.get("To", ""), code)  # fmt: skip
            left = code == LEFT and told.get("To")
            return [receipt, OptOut(_person(told["To"]), item.at, item.source_ref)] if left else [receipt]
        person = _person(told.get("From", ""))
        text = told.get("Body", "")
        if told.get("OptOutType", "").upper() == "STOP" or is_stop(text):
            return [OptOut(person, item.at, item.source_ref)]
        media = told.get("NumMedia", "0")
        return [MessageIn(person, text, item.at, item.source_ref,
                          note=f"attachments:{media}" if media.isdigit() and int(media) else "")]  # fmt: skip

    @property
    def _account_path(self) -> str:
        return f"/2010-04-01/Accounts/{quote(str(self.settings['account_sid']), safe='')}"

    def _proved(self, call: Incoming) -> list[tuple[str, str]]:
        given = call.headers.get("x-twilio-signature", "")
        parameters: list[tuple[str, str]] = []
        is_form = "json" not in call.headers.get("content-type", "")
        try:
            if is_form:
                parameters = parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=500)
            elif not hmac.compare_digest(hashlib.sha256(call.body).hexdigest(), call.query.get("bodySHA256", "")):
                raise Forged
            tokens = [self.account.secrets.get(name, "") for name in ("auth_token", "auth_token_old")]
            right = [
                hmac.compare_digest(twilio_signature(url, parameters, token).encode(), given.encode())
                for token in tokens if token for url in with_and_without_port(call.url)
            ]  # fmt: skip
        except (ValueError, TypeError):
            raise Forged from None
        if not any(right):
            raise Forged
        return parameters if is_form else _json_parameters(call.body)

    def _call(
        self, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> dict[str, Any] | Refused | Unknown:
        user = self.account.secrets.get("api_key") or str(self.settings["account_sid"])
        word = self.account.secrets.get("api_secret") or self.account.secrets.get("auth_token", "")
        proof = base64.b64encode(f"{user}:{word}".encode()).decode()
        headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            url = address(str(self.settings["twilio_base"]), path, hosts=HOSTS)
            answer = outgoing.call(method, url, body=urlencode(form or {}).encode(), headers=headers)
        except Unsafe:
            return Refused(SETUP, "unsafe_target")
        if answer.status == 0:
            return Unknown(answer.error) if answer.left else Refused(RETRY, answer.error)
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            told = None
        told = told if isinstance(told, dict) else {}
        if 200 <= answer.status < 300:
            return told or Unknown("no_json")
        if answer.status == 429:
            return Refused(RETRY, "20429", after=answer.retry_after)
        code = told.get("code")
        if code in CODES:
            return Refused(CODES[code], str(code), after=answer.retry_after)
        if answer.status >= 500:
            return Unknown(f"http_{answer.status}")
        if answer.status in (401, 403):
            return Refused(SETUP, str(code or f"http_{answer.status}"))
        return Refused(RETRY, str(code or f"http_{answer.status}")[:40], known=False)


def _receipt(outcome: Outcome, at: datetime, message: str, ref: str, to: str, code: str) -> Receipt:
    failed = outcome is Outcome.FAILED
    return Receipt(outcome, at, message, ref, re.sub(r"\D", "", to)[-4:], code[:40] if failed else "",
                   unreachable=failed and code in DEAD)  # fmt: skip


def _person(number: str) -> Person:
    if not re.fullmatch(r"\+\d{6,15}", number):
        raise Malformed("This is no number.")
    return Person("phone", number, proved=True)


def _json_parameters(body: bytes) -> list[tuple[str, str]]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(told, dict):
        raise Malformed("An object is expected.")
    return [(str(name), value) for name, value in told.items() if isinstance(value, str)]


def _twilio_time(text: Any, otherwise: datetime) -> datetime:
    try:
        return parsedate_to_datetime(str(text)).astimezone(UTC)
    except (ValueError, TypeError, IndexError):
        return otherwise
