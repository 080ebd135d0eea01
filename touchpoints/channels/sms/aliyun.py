"""Aliyun's short messages: V3-signed calls out, unsigned reports and replies in."""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Unsafe
from touchpoints.channels.protocol import (
    Account,
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
from touchpoints.channels.sms.signing import query_of, rpc_signature, v3_headers
from touchpoints.channels.sms.wording import is_stop
from touchpoints.channels.targets import address
from touchpoints.channels.texts import plain

HOSTS = {"dysmsapi.aliyuncs.com", "dysmsapi.ap-southeast-1.aliyuncs.com"}
VERSION = "2017-05-25"
LARGEST = 1024 * 1024
MOST = 500
CHINA = timezone(timedelta(hours=8))
MAINLAND = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")

RETRY, SETUP, GONE, NEVER = Refusal.RETRY_LATER, Refusal.FIX_SETUP, Refusal.NOT_REACHABLE, Refusal.NEVER
CODES = {
    "isv.BUSINESS_LIMIT_CONTROL": NEVER, "isv.DAY_LIMIT_CONTROL": SETUP, "isv.MONTH_LIMIT_CONTROL": SETUP,
    "isv.OUT_OF_SERVICE": SETUP, "isv.AMOUNT_NOT_ENOUGH": SETUP,
    "isv.SMS_SIGNATURE_ILLEGAL": SETUP, "isv.SMS_SIGN_ILLEGAL": SETUP, "isv.SIGN_STATE_ILLEGAL": SETUP,
    "isv.SMS_TEMPLATE_ILLEGAL": SETUP, "isv.SMS_SIGNATURE_SCENE_ILLEGAL": SETUP,
    "isv.TEMPLATE_MISSING_PARAMETERS": NEVER, "isv.INVALID_JSON_PARAM": NEVER, "isv.PARAM_LENGTH_LIMIT": NEVER,
    "isv.PARAM_NOT_SUPPORT_URL": NEVER,
    "isv.MOBILE_NUMBER_ILLEGAL": GONE, "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": GONE,
    "isv.BLACK_KEY_CONTROL_LIMIT": NEVER, "isv.SMS_CONTENT_ILLEGAL": NEVER,
    "isv.DENY_IP_RANGE": SETUP, "isp.RAM_PERMISSION_DENY": SETUP, "isv.PRODUCT_UN_SUBSCRIPT": SETUP,
    "isp.SYSTEM_ERROR": RETRY,
    "SignatureDoesNotMatch": SETUP, "InvalidAccessKeyId.NotFound": SETUP, "InvalidTimeStamp.Expired": SETUP,
    "SignatureNonceUsed": RETRY,
}  # fmt: skip


class Aliyun:
    def __init__(self, account: Account, settings: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self.account, self.settings, self.clock = account, settings, clock

    def send(self, message: Outgoing) -> Result:
        if not (sign := str(self.settings["sign_name"])) or not message.template:
            return Refused(SETUP, "no_sign_or_template")
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", message.id):
            return Refused(NEVER, "bad_id")
        told = self._call("SendSms", {
            # Numbers in a JSON text are refused: each value is a text.
            "PhoneNumbers": _national(message.to), "SignName": sign, "TemplateCode": message.template,
            "TemplateParam": json.dumps({name: str(value) for name, value in message.values.items()},
                                        ensure_ascii=False, separators=(",", ":")),
            "OutId": message.id,
        })  # fmt: skip
        return Sent(plain(told.get("BizId"), most=100)) if isinstance(told, dict) else told

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        """One whose report never came. Without the provider's own number for it there is only the day to go by."""
        query = {"PhoneNumber": _national(message.to), "SendDate": at.astimezone(CHINA).strftime("%Y%m%d"),
                 "PageSize": "50", "CurrentPage": "1"}  # fmt: skip
        told = self._call("QuerySendDetails", query | ({"BizId": ref} if ref else {}))
        if not isinstance(told, dict):
            return None
        rows = told.get("SmsSendDetailDTOs")
        rows = rows.get("SmsSendDetailDTO") if isinstance(rows, dict) else rows
        for row in rows if isinstance(rows, list) else []:
            if not isinstance(row, dict) or row.get("OutId") != message.id:
                continue
            outcome = {"2": Outcome.FAILED, "3": Outcome.DELIVERED}.get(str(row.get("SendStatus")))
            if outcome is None:
                return Receipt(Outcome.SENT, at, message.id, ref, tail=_tail(message.to))
            when = plain(row.get("ReceiveDate") or row.get("SendDate"), most=30)
            code = plain(row.get("ErrCode"), most=40)
            return Receipt(outcome, _china_time(when, otherwise=at), message.id, ref, _tail(message.to),
                           "" if outcome is Outcome.DELIVERED else code)  # fmt: skip
        return None

    def receive(self, call: Incoming) -> Received:
        """Reports and replies carry no signature: who calls here knew the secret path, and that is all we know."""
        rows = _array(call.body)
        items = [_item(row) for row in rows]
        return Received(items, Reply(200, b'{"code":0,"msg":"ok"}', "application/json"))

    def read(self, item: Item) -> Sequence[News]:
        row = _row(item.body)
        number = _full(row.get("phone_number"))
        if item.kind == "sms.report":
            delivered = row.get("success") is True or row.get("success") == "true"
            code = plain(row.get("err_code"), most=40)
            ours = plain(row.get("out_id"), most=64)
            if not ours:
                raise Malformed("The report names no message of ours.")
            when = plain(row.get("report_time") or row.get("send_time"), most=30)
            return [Receipt(
                Outcome.DELIVERED if delivered else Outcome.FAILED, _china_time(when), ours,
                plain(row.get("biz_id"), most=100), _tail(number), "" if delivered else code,
                unreachable=not delivered and code in self.settings["dead_number_codes"],
            )]  # fmt: skip
        person = Person("phone", number, proved=True)
        text = plain(row.get("content"), most=2000)
        at = _china_time(plain(row.get("send_time"), most=30))
        if is_stop(text):
            return [OptOut(person, at, item.source_ref)]
        return [MessageIn(person, text, at, item.source_ref)]

    def _call(self, action: str, query: dict[str, str]) -> dict[str, Any] | Refused | Unknown:
        key, secret = self.account.secrets.get("access_key_id", ""), self.account.secrets.get("access_key_secret", "")
        now = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        base, nonce = str(self.settings["aliyun_base"]), secrets.token_hex(16)
        try:
            if self.settings["aliyun_signature"] == "rpc":
                query = query | {
                    "AccessKeyId": key, "Action": action, "Format": "JSON", "RegionId": str(self.settings["region"]),
                    "SignatureMethod": "HMAC-SHA1", "SignatureNonce": nonce, "SignatureVersion": "1.0",
                    "Timestamp": now, "Version": VERSION,
                }  # fmt: skip
                query["Signature"] = rpc_signature("POST", query, secret)
                headers = {}
            else:
                headers = v3_headers(
                    "POST", query, host=urlsplit(base).netloc, action=action, version=VERSION, date=now, nonce=nonce,
                    key=key, secret=secret,
                )  # fmt: skip
            headers.pop("host", None)
            url = address(base, f"/?{query_of(query)}", hosts=HOSTS)
            answer = outgoing.call("POST", url, headers=headers)
        except (Unsafe, ValueError):
            return Refused(SETUP, "unsafe_target")
        if answer.status == 0:
            return Unknown(answer.error) if answer.left else Refused(RETRY, answer.error)
        try:
            told = json.loads(answer.body)
            code = told["Code"]
        except (ValueError, RecursionError, TypeError, KeyError):
            if answer.status == 429:
                return Refused(RETRY, "http_429", after=answer.retry_after)
            return Unknown(f"http_{answer.status}")
        if code == "OK" and answer.status == 200:
            return dict(told)
        return refused(str(code)[:60], answer.retry_after)


def refused(code: str, after: int | None = None) -> Refused:
    if code.startswith("Throttling"):
        return Refused(RETRY, code, after=after or 1)
    found = CODES.get(code)
    return Refused(found or RETRY, code, after=after, known=found is not None)


def _item(row: Any) -> Item:
    """One bad row of a push sinks only itself: it is stored as it came, and cannot be read later."""
    row = row if isinstance(row, dict) else {"bad": row}
    body = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode()
    number = plain(str(row.get("phone_number", "")), most=20)
    kind = "sms.report" if "biz_id" in row or "report_time" in row else "sms.reply"
    if not number or not (row.get("biz_id") or row.get("sequence_id")):
        ref = f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
    elif kind == "sms.report":
        ref = f"report:{row['biz_id']}:{number}:{row.get('report_time')}"
    else:
        ref = f"reply:{row['sequence_id']}:{number}"
    when = plain(row.get("report_time") or row.get("send_time"), most=30)
    return Item(plain(ref, most=120), kind, _china_time(when, otherwise=datetime.now(UTC)), body, number)


def _array(body: bytes) -> list[Any]:
    if len(body) > LARGEST:
        raise Malformed("The body is too large.")
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(rows, list) or len(rows) > MOST:
        raise Malformed(f"A list of at most {MOST} is expected.")
    return rows


def _row(body: str) -> dict[str, Any]:
    try:
        row = json.loads(body)
    except ValueError:
        raise Malformed("This is no row.") from None
    if not isinstance(row, dict):
        raise Malformed("This is no row.")
    return row


def _full(number: Any) -> str:
    digits = re.sub(r"[\s-]", "", str(number))
    if found := MAINLAND.fullmatch(digits):
        return f"+86{found[1]}"
    if re.fullmatch(r"\+?\d{6,15}", digits):
        return "+" + digits.removeprefix("+").removeprefix("00")
    raise Malformed("This is no number.")


def _national(number: str) -> str:
    found = MAINLAND.fullmatch(re.sub(r"[\s-]", "", number))
    return found[1] if found else number.removeprefix("+")


def _tail(number: str) -> str:
    return re.sub(r"\D", "", number)[-4:]


def _china_time(text: str, *, otherwise: datetime | None = None) -> datetime:
    """Their times name no zone and mean China's."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).astimezone(UTC)
    except ValueError:
        if otherwise is None:
            raise Malformed("This is no time.") from None
        return otherwise
