"""Every channel speaks the one protocol, whatever its provider does."""

import inspect
import re
from dataclasses import is_dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.cache import cache

from touchpoints.channels import protocol
from touchpoints.channels.adapters import ADAPTERS, adapter_of
from touchpoints.channels.protocol import (
    Account,
    Adapter,
    Fetched,
    Forged,
    Held,
    Incoming,
    Item,
    Kind,
    Limit,
    Malformed,
    Outgoing,
    Receipt,
    Refused,
    Sent,
    Unavailable,
    Unknown,
)

HERE = Path(__file__).parent.parent
AT = datetime(2026, 1, 2, tzinfo=UTC)
MESSAGE = Outgoing("msg1", Kind.NOTICE, "somebody", "hello")
WORDS = re.compile(r"[a-z][a-z0-9_]*")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """No network: whoever looks a name up finds an inner address."""
    cache.clear()
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", ("10.0.0.1", 443))])


NAMES = sorted(name for name in ADAPTERS if (HERE / name).is_dir())
OUTSIDE = sorted(path.parent.name for path in HERE.glob("*/adapter.py"))  # those with a provider to reach


@pytest.fixture(params=NAMES)
def adapter(request) -> Adapter:
    return adapter_of(request.param, Account(request.param))


@pytest.fixture(params=OUTSIDE)
def outside(request) -> Adapter:
    return adapter_of(request.param, Account(request.param))


def test_every_folder_is_registered() -> None:
    folders = {path.parent.name for path in HERE.glob("*/__init__.py")} - {"tests"}

    assert folders <= set(ADAPTERS)
    assert {"wecom", "sms", "mail", "phone"} <= set(OUTSIDE)
    with pytest.raises(LookupError):
        adapter_of("pigeon", Account("pigeon"))


@pytest.mark.parametrize("name", ["receive", "read", "send", "fetch", "ask", "limits"])
def test_each_verb_takes_what_the_protocol_says(adapter: Adapter, name: str) -> None:
    ours = inspect.signature(getattr(type(adapter), name))
    theirs = inspect.signature(getattr(Adapter, name))

    assert list(ours.parameters) == list(theirs.parameters)
    assert str(ours.return_annotation).rpartition(".")[2] == str(theirs.return_annotation).rpartition(".")[2]


def test_what_an_account_holds_is_named(adapter: Adapter) -> None:
    assert isinstance(adapter.idempotent, bool)
    assert all(WORDS.fullmatch(name) for name in (*adapter.secrets, *adapter.settings))
    assert len(set(adapter.secrets)) == len(adapter.secrets)
    assert not set(adapter.secrets) & set(adapter.settings)
    assert all(name.removesuffix("_old") in adapter.secrets for name in adapter.secrets)


def test_limits_are_codes_with_numbers_from_the_account(outside: Adapter, request) -> None:
    name = request.node.callspec.params["outside"]
    limits = outside.limits()
    changed = adapter_of(name, Account(name, {"limits": {limits[0].words: 1}})).limits()

    assert limits
    assert all(isinstance(limit, Limit) and WORDS.fullmatch(limit.words) and limit.most > 0 for limit in limits)
    assert changed[0].most == 1
    assert changed[1:] == limits[1:]


CALLS = [
    Incoming("POST", "/", {}, {}, b""), Incoming("GET", "/", {}, {}, b""), Incoming("POST", "/", {}, {}, b"{}"),
    Incoming("POST", "/", {}, {}, b"[]"), Incoming("POST", "/", {}, {}, b"\xff\x00"), Incoming("PUT", "/", {}, {}, b"<xml/>"),
    Incoming("POST", "/", {"msg_signature": "x", "timestamp": "1", "nonce": "n"}, {"x-twilio-signature": "x"}, b"a=b"),
    Incoming("POST", "/", {}, {"content-type": "\x00"}, b"x" * 10_000_000),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_a_call_of_a_stranger_leaves_nothing_to_store(adapter: Adapter, call: Incoming) -> None:
    """Aliyun's pushes carry no signature: an empty list is all that passes."""
    try:
        received = adapter.receive(call)
    except (Forged, Malformed):
        return
    assert received.items == []


@pytest.mark.parametrize(
    "body", ["", "{", "7", "[]", "null", "<xml>", "<xml></xml>", "\ud800", "%%%", '{"type": []}', "{}"]
)
@pytest.mark.parametrize("kind", ["", "kf.text", "sms.report", "sms.reply", "mail", "call.ringing"])
@pytest.mark.parametrize("ref", ["x", "kf:x"])
def test_a_stored_item_is_news_or_malformed(adapter: Adapter, body: str, kind: str, ref: str) -> None:
    try:
        news = adapter.read(Item(ref, kind, AT, body.encode("utf-8", "replace").decode()))
    except Malformed:
        return
    assert all(isinstance(one, protocol.News) for one in news)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("thread", ["", "kf:kf1", "staff", "welcome:x:1", "case:C1"])
def test_without_set_up_a_message_is_refused_and_never_breaks(outside: Adapter, kind: Kind, thread: str) -> None:
    for to in ("somebody", "mei@example.com", "+8613800001234", "", "\r\n", "梅"):
        result = outside.send(Outgoing("msg1", kind, to, "hello 拒收请回复R", template="T", thread=thread))
        assert isinstance(result, Sent | Held | Refused | Unknown)
        assert isinstance(result, Refused)
        assert re.fullmatch(r"[\w. ]{1,60}", result.code), result.code


def test_without_set_up_nothing_is_fetched_or_known(adapter: Adapter) -> None:
    for cursor in ({}, {"kf": {"a": "b"}}, {"uidvalidity": 1, "last_uid": 2}):
        try:
            fetched = adapter.fetch(cursor)
        except Unavailable:
            continue
        assert isinstance(fetched, Fetched)
        assert (list(fetched.items), fetched.more) == ([], False)
    assert isinstance(adapter.ask(MESSAGE, "", AT), Receipt | None)


def test_news_are_values() -> None:
    for kind in protocol.News.__args__:
        assert is_dataclass(kind)
        assert kind.__dataclass_params__.frozen


def _sources() -> list[Path]:
    return [path for path in HERE.rglob("*.py") if "tests" not in path.parts and path.parent.name in ADAPTERS]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_adapter_knows_no_table_and_writes_no_log(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"django\.db|\.models\b|\.objects\b|import logging|print\(", text)
    assert not re.search(r"\b(requests|httpx|urllib\.request|http\.client)\b", text)


def test_numbers_of_limits_are_whole(outside: Adapter) -> None:
    assert all(isinstance(number, int) for number in outside.settings["limits"].values())
