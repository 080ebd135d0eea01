"""WeCom's callbacks: proved, opened, made into items, read into news."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from touchpoints.channels.protocol import (
    Account,
    Forged,
    Incoming,
    Item,
    Malformed,
    News,
    Person,
    Received,
    Relation,
    Reply,
    Waiting,
)
from touchpoints.channels.texts import moment, plain
from touchpoints.channels.wecom.crypto import Envelope

LARGEST = 256 * 1024
APPEARED = {"add_external_contact", "add_half_external_contact"}
GONE = {"del_follow_user", "del_external_contact"}


def received(account: Account, call: Incoming, *, fresh: int, clock: Callable[[], float]) -> Received:
    """The address check or one push. `fresh` seconds is how old a call may be; 0 asks not."""
    query = call.query
    stamp = query.get("timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise Forged
    if fresh and abs(clock() - int(stamp)) > fresh:
        raise Forged
    if call.method == "GET":
        return Received(reply=Reply(body=_opened(account, query, query.get("echostr", ""))))
    if len(call.body) > LARGEST:
        raise Forged
    try:
        sealed = _parsed(call.body).findtext("Encrypt") or ""
    except Malformed:
        raise Forged from None
    return Received([_item(_opened(account, query, sealed))])


def _opened(account: Account, query: Mapping[str, str], sealed: str) -> bytes:
    """With the token and key of now, else with those of before the last change."""
    corp = str(account.settings.get("corp_id", ""))
    for age in ("", "_old"):
        token, key = account.secrets.get(f"token{age}", ""), account.secrets.get(f"aes_key{age}", "")
        if corp and token and key and sealed:
            try:
                return Envelope(token, key, corp).opened(
                    query.get("msg_signature", ""), query["timestamp"], query.get("nonce", ""), sealed
                )
            except Forged:
                continue
    raise Forged


def _item(message: bytes) -> Item:
    told = _told(message)
    kind = ".".join(told[name] for name in ("Event", "ChangeType") if told.get(name)) or told.get("MsgType", "")
    # An event has no id of its own; its repeats hold the same bytes.
    ref = f"msg:{told['MsgId']}" if told.get("MsgId") else f"sha256:{hashlib.sha256(message).hexdigest()}"
    try:
        body = message.decode()
    except UnicodeDecodeError:
        raise Malformed("The message is not UTF-8.") from None
    lane = told.get("ExternalUserID") or told.get("OpenKfId") or told.get("ChatId") or ""
    return Item(ref[:120], kind[:60], moment(told.get("CreateTime")), body, lane[:120])


def news_of(item: Item) -> Sequence[News]:
    told = _told(item.body.encode())
    if told.get("Event") == "kf_msg_or_event":
        return [Waiting(told.get("OpenKfId", ""))]
    change = told.get("ChangeType", "")
    if told.get("Event") != "change_external_contact" or change not in APPEARED | GONE:
        return []
    if not told.get("ExternalUserID") or not told.get("UserID"):
        raise Malformed("Nobody is named.")
    return [Relation(
        Person("wecom", told["ExternalUserID"]), told["UserID"], change in APPEARED, moment(told.get("CreateTime")),
        state=told.get("State", ""), welcome=told.get("WelcomeCode", ""),
    )]  # fmt: skip


def pull_token(item: Item) -> tuple[str, str] | None:
    """The customer service account and the token that a push brought for asking it."""
    told = _told(item.body.encode()) if item.kind == "kf_msg_or_event" else {}
    return (told["OpenKfId"], told["Token"]) if told.get("OpenKfId") and told.get("Token") else None


def _told(message: bytes) -> dict[str, str]:
    return {one.tag: plain(one.text or "", most=4000).strip() for one in _parsed(message) if not len(one)}


def _parsed(text: bytes) -> Element:
    try:
        found: Element = ElementTree.fromstring(text, forbid_dtd=True)
        return found
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Malformed("This is no XML we read.") from None
