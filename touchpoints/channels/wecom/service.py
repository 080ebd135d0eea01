"""WeCom customer service (微信客服): asked page by page, since a push only says that something is there."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache import cache

from touchpoints.channels.protocol import (
    Fetched,
    Item,
    Malformed,
    MessageIn,
    News,
    Outcome,
    Person,
    Receipt,
    Unavailable,
)
from touchpoints.channels.texts import moment, plain
from touchpoints.channels.wecom.client import Client

CUSTOMER, SYSTEM = 3, 4
TOKEN_LASTS = 570  # seconds; theirs says ten minutes
LEASE = 60
KEPT_KINDS = {"text", "image", "voice", "video", "file", "location", "link", "business_card", "miniprogram", "msgmenu"}


def keep_token(corp: str, account: str, token: str) -> None:
    """With the token of a push an account may be asked freely for ten minutes."""
    cache.set(_key("token", corp, account), token, TOKEN_LASTS)


def fetched(client: Client, cursor: Mapping[str, Any], *, accounts: Sequence[str], page: int) -> Fetched:
    """One page of one account; `more` until each account said that it has no more. Raises Unavailable.

    The lock lasts as long as the call: who stores items and cursor must hold a lock of the channel's own meanwhile.
    """
    places = {str(name): str(place) for name, place in dict(cursor.get("kf") or {}).items()}
    asked = list(dict.fromkeys([*accounts, *places]))
    turn = int(cursor.get("turn") or 0)
    if turn >= len(asked):
        turn = 0
    if not asked:
        return Fetched((), dict(cursor))
    account = asked[turn]
    lock = _key("lock", client.corp, account)
    mine = secrets.token_hex(8)
    if not cache.add(lock, mine, LEASE):
        return _gone_on((), places, asked, turn + 1)
    try:
        body: dict[str, Any] = {"open_kfid": account, "limit": page, "cursor": places.get(account, "")}
        if token := cache.get(_key("token", client.corp, account)):
            body["token"] = token
        told = client.ask("/cgi-bin/kf/sync_msg", body)
    finally:
        if cache.get(lock) == mine:
            cache.delete(lock)
    if not isinstance(told, dict):
        raise Unavailable(told)
    before = places.get(account, "")
    places[account] = plain(told.get("next_cursor"), most=500) or before
    rows = told.get("msg_list")
    items = [_item(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    # A page that says “more” without moving on would be asked for ever.
    stays = bool(told.get("has_more")) and places[account] != before
    return _gone_on(items, places, asked, turn if stays else turn + 1)


def _gone_on(items: Sequence[Item], places: dict[str, str], asked: Sequence[str], turn: int) -> Fetched:
    more = turn < len(asked)
    return Fetched(items, {"kf": places, "turn": turn if more else 0}, more)


def _item(row: dict[str, Any]) -> Item:
    body = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode()
    named = plain(row.get("msgid"), most=100)
    event = _dict(row.get("event"))
    kind = ".".join(filter(None, ["kf", plain(row.get("msgtype"), most=20), plain(event.get("event_type"), most=30)]))
    try:
        at = moment(row.get("send_time"))
    except Malformed:
        at = moment(0)
    lane = plain(row.get("external_userid") or event.get("external_userid"), most=120)
    return Item(f"kf:{named or hashlib.sha256(body.encode()).hexdigest()}", kind, at, body, lane)


def news_of(item: Item) -> Sequence[News]:
    try:
        row = json.loads(item.body)
    except ValueError:
        raise Malformed("This is no item of a talk.") from None
    if not isinstance(row, dict):
        raise Malformed("This is no item of a talk.")
    kind, at = plain(row.get("msgtype"), most=20), moment(row.get("send_time"))
    if kind == "event":
        return _event(row.get("event"), at)
    if row.get("origin") != CUSTOMER or kind not in KEPT_KINDS:
        return []
    who = plain(row.get("external_userid"), most=100)
    if not who:
        raise Malformed("Nobody is named.")
    content = _dict(row.get(kind))
    text = plain(content.get("content") or content.get("title") or content.get("address"))
    return [MessageIn(
        Person("wecom", who), text, at, item.source_ref, thread=f"kf:{plain(row.get('open_kfid'), most=100)}",
        note="" if kind == "text" else f"kind:{kind}",
    )]  # fmt: skip


def _event(event: Any, at: Any) -> Sequence[News]:
    if not isinstance(event, dict) or event.get("event_type") != "msg_send_fail":
        return []
    failed = plain(event.get("fail_msgid"), most=64)
    return [Receipt(Outcome.FAILED, at, message=failed, code=f"kf_{event.get('fail_type')}"[:40])] if failed else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _key(what: str, corp: str, account: str) -> str:
    return f"wecom:kf-{what}:{hashlib.sha256(f'{corp} {account}'.encode()).hexdigest()[:40]}"
