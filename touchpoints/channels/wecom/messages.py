"""What WeCom lets us write: in a customer service talk, as one greeting, to a colleague."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from django.core.cache import cache

from touchpoints.channels.protocol import Held, Outgoing, Refusal, Refused, Result, Sent
from touchpoints.channels.wecom.client import Client

OURS = re.compile(r"[0-9A-Za-z_-]{1,32}")
ALREADY_GREETED, OTHER_APP_GREETS = "41051", "41096"


def sent(client: Client, message: Outgoing, limits: Mapping[str, int], clock: Callable[[], float]) -> Result:
    """By the thread: `kf:<open_kfid>`, `welcome:<code>:<unix time of the event>` or `staff`."""
    if not OURS.fullmatch(message.id):
        return Refused(Refusal.NEVER, "bad_id")
    way, _colon, rest = message.thread.partition(":")
    if way == "kf" and rest:
        return _in_service(client, message, rest, limits)
    if way == "welcome" and rest:
        return _greeting(client, message, rest, limits, clock)
    if way == "staff":
        return _to_colleague(client, message, limits, clock)
    return Refused(Refusal.NOT_REACHABLE, "no_conversation")


def _in_service(client: Client, message: Outgoing, account: str, limits: Mapping[str, int]) -> Result:
    if len(message.text.encode()) > limits["kf_text_bytes"]:
        return Refused(Refusal.NEVER, "too_long")
    told = client.tell("/cgi-bin/kf/send_msg", {
        "touser": message.to, "open_kfid": account, "msgid": message.id, "msgtype": "text",
        "text": {"content": message.text},
    })  # fmt: skip
    return Sent(str(told.get("msgid", ""))[:120]) if isinstance(told, dict) else told


def _greeting(
    client: Client, message: Outgoing, rest: str, limits: Mapping[str, int], clock: Callable[[], float]
) -> Result:
    code, _colon, stamp = rest.rpartition(":")
    if not code or not re.fullmatch(r"[0-9]{1,12}", stamp):
        return Refused(Refusal.NEVER, "bad_thread")
    if len(message.text.encode()) > limits["welcome_text_bytes"]:
        return Refused(Refusal.NEVER, "too_long")
    # What starts in the last two seconds would arrive too late, and the code would be spent for nothing.
    latest = int(stamp) + limits["welcome_seconds"] - 2
    if clock() > latest:
        return Refused(Refusal.NEVER, "welcome_late")
    told = client.tell(
        "/cgi-bin/externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": message.text}}
    )
    if isinstance(told, dict):
        return Sent()
    if isinstance(told, Refused) and told.code == ALREADY_GREETED:
        return Sent("already")
    if isinstance(told, Refused) and told.code == OTHER_APP_GREETS:
        left = latest - clock()
        return Refused(Refusal.RETRY_LATER, told.code, after=2) if left > 2 else Refused(Refusal.NEVER, told.code)
    return told


def _to_colleague(
    client: Client, message: Outgoing, limits: Mapping[str, int], clock: Callable[[], float]
) -> Result:  # fmt: skip
    if (held := _too_many(client.corp, message.to, limits, clock())) is not None:
        return held
    agent = str(client.settings["agent_id"])
    told = client.tell("/cgi-bin/message/send", {
        "touser": message.to, "msgtype": "text", "agentid": int(agent) if agent.isdigit() else agent,
        "text": {"content": message.text}, "enable_duplicate_check": 1, "duplicate_check_interval": 1800,
    })  # fmt: skip
    if not isinstance(told, dict):
        return told
    refused = f"{told.get('invaliduser') or ''}|{told.get('unlicenseduser') or ''}".lower().split("|")
    if message.to.lower() in refused:
        return Refused(Refusal.NOT_REACHABLE, "invaliduser")
    return Sent(str(told.get("msgid", ""))[:120])


def _too_many(corp: str, to: str, limits: Mapping[str, int], now: float) -> Held | None:
    """What goes over the provider's number for one member is dropped without a word: hold it ourselves."""
    for name, seconds in (("staff_minute", 60), ("staff_hour", 3600)):
        slot = int(now) // seconds
        key = f"wecom:{name}:{corp}:{_mark(to)}:{slot}"
        cache.add(key, 0, seconds * 2)
        try:
            used = cache.incr(key)
        except ValueError:  # it ended between the two
            continue
        if used > limits[name]:
            return Held(datetime.fromtimestamp((slot + 1) * seconds, UTC), name)
    return None


def _mark(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:24]
