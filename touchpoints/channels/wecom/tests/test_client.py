"""Tokens and codes: one fetches for all, once again when old, and each code has one meaning."""

import io
import logging
import threading
from dataclasses import replace

import pytest
from django.core.cache import cache

from scrm.kernel import outgoing
from touchpoints.channels.protocol import Kind, Outgoing, Refusal, Refused, Sent, Unknown
from touchpoints.channels.wecom.adapter import Adapter
from touchpoints.channels.wecom.client import CODES
from touchpoints.channels.wecom.tests.server import WeCom


@pytest.fixture(autouse=True)
def _friend(wecom: WeCom) -> None:
    wecom.friends["wm1"] = {"name": "晴", "unionid": "u1"}
    wecom.followers.add(("meiling", "wm1"))


def mark(adapter: Adapter) -> object:
    return adapter.contacts.mark_tag("meiling", "wm1", add=["t1"])


def made(wecom: WeCom) -> int:
    return wecom.paths().count("/cgi-bin/gettoken")


def at_once(adapters: list[Adapter]) -> list[object]:
    results: list[object] = []
    start = threading.Barrier(len(adapters))

    def one(adapter: Adapter) -> None:
        start.wait()
        results.append(mark(adapter))

    threads = [threading.Thread(target=one, args=[adapter]) for adapter in adapters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_without_a_token_fetch_one(account, wecom: WeCom) -> None:
    assert at_once([Adapter(account) for _each in range(50)]) == [Sent()] * 50
    assert made(wecom) == 1


def test_fifty_with_an_expired_token_fetch_one(account, adapter: Adapter, wecom: WeCom) -> None:
    mark(adapter)
    wecom.now += 7300

    assert at_once([Adapter(account) for _each in range(50)]) == [Sent()] * 50
    assert made(wecom) == 2


def test_the_same_on_the_cache_of_production(settings, account, wecom: WeCom) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": settings.REDIS_URL}
    }
    cache.clear()
    first = at_once([Adapter(account) for _each in range(50)])
    wecom.now += 7300

    assert [*first, *at_once([Adapter(account) for _each in range(50)])] == [Sent()] * 100
    assert made(wecom) == 2
    staff = [adapter_send(account, number) for number in range(31)]
    assert staff.count(Sent) == 30
    cache.clear()


def adapter_send(account, number: int) -> type:
    adapter = Adapter(account)
    adapter.clock = lambda: 1766300040.0
    return type(adapter.send(Outgoing(f"m{number}", Kind.NOTICE, "meiling", "x", thread="staff")))


def test_a_block_while_fetching_a_token_is_waited_out(adapter: Adapter, wecom: WeCom) -> None:
    wecom.token_faults = [45009]

    for _each in range(5):
        refused = mark(adapter)
        assert isinstance(refused, Refused)
        assert (refused.refusal, refused.code) == (Refusal.RETRY_LATER, "45009")
    assert made(wecom) == 1


def test_a_token_is_kept_and_belongs_to_its_secret(account, adapter: Adapter, wecom: WeCom) -> None:
    wecom.secrets.add("second")
    other = Adapter(replace(account, secrets={**account.secrets, "secret": "second"}))

    assert [mark(adapter), mark(adapter), mark(other), mark(other)] == [Sent()] * 4
    assert made(wecom) == 2


@pytest.mark.parametrize("old", ["killed", "ended"])
def test_an_old_token_is_renewed_once_and_the_call_made_again(adapter: Adapter, wecom: WeCom, old: str) -> None:
    mark(adapter)
    if old == "killed":
        wecom.own_faults = ["stale"]
    else:
        wecom.now += 7300

    assert mark(adapter) == Sent()
    assert made(wecom) == 2


def test_a_token_that_stays_bad_ends_the_asking(adapter: Adapter, wecom: WeCom) -> None:
    wecom.same_token = True
    wecom.own_faults = ["code:40014"] * 10

    assert mark(adapter) == Refused(Refusal.FIX_SETUP, "40014")
    calls = len(wecom.calls)
    assert mark(adapter) == Refused(Refusal.FIX_SETUP, "40014")
    assert len(wecom.calls) == calls, "for a minute nobody asks again"


def test_a_wrong_secret_is_asked_once_a_minute(account, wecom: WeCom) -> None:
    adapter = Adapter(replace(account, secrets={"secret": "wrong"}))

    for _each in range(5):
        assert mark(adapter) == Refused(Refusal.FIX_SETUP, "40001")
    assert made(wecom) == 1


def test_who_died_with_the_lock_holds_nobody_for_ever(adapter: Adapter, wecom: WeCom, monkeypatch) -> None:
    monkeypatch.setattr("touchpoints.channels.wecom.client.LEASE", 1)
    cache.add(adapter.client._lock_key, 1, 30)

    assert mark(adapter) == Refused(Refusal.RETRY_LATER, "token_wait")
    cache.delete(adapter.client._lock_key)
    assert mark(adapter) == Sent()


@pytest.mark.parametrize(("code", "refusal"), sorted(
    (code, refusal) for code, refusal in CODES.items() if code not in (40014, 42001, 40001)
))  # fmt: skip
def test_each_code_has_its_meaning(adapter: Adapter, wecom: WeCom, code: int, refusal: Refusal) -> None:
    wecom.own_faults = [f"code:{code}"]

    refused = mark(adapter)

    assert isinstance(refused, Refused)
    assert (refused.refusal, refused.code, refused.known) == (refusal, str(code), True)


def test_a_code_without_a_meaning_says_so(adapter: Adapter, wecom: WeCom) -> None:
    wecom.own_faults = ["code:77777", "code:95999"]

    assert mark(adapter) == Refused(Refusal.RETRY_LATER, "77777", known=False)
    assert mark(adapter) == Refused(Refusal.NOT_REACHABLE, "95999")


def test_too_many_calls_pause_that_call_alone(adapter: Adapter, wecom: WeCom) -> None:
    wecom.own_faults = ["code:45009"]

    assert mark(adapter) == Refused(Refusal.RETRY_LATER, "45009", after=60)
    calls = len(wecom.calls)
    wecom.now += 30
    paused = mark(adapter)
    assert isinstance(paused, Refused)
    assert paused.code == "45009"
    assert paused.after == 31
    assert len(wecom.calls) == calls
    assert adapter.contacts.remark("meiling", "wm1", remark="x") == Sent()
    wecom.now += 31
    assert mark(adapter) == Sent()


def test_too_many_at_once_wait_some_seconds(adapter: Adapter, wecom: WeCom) -> None:
    wecom.own_faults = ["code:45033"]

    refused = mark(adapter)

    assert isinstance(refused, Refused)
    assert 1 <= (refused.after or 0) <= 5


@pytest.mark.parametrize(("fault", "result"), [
    ("500", Unknown("http_500")), ("html", Unknown("no_json")),
    ("429", Refused(Refusal.RETRY_LATER, "http_429", after=7)),
])  # fmt: skip
def test_an_answer_that_says_nothing_is_unknown(adapter: Adapter, wecom: WeCom, fault: str, result: object) -> None:
    mark(adapter)
    wecom.faults = [fault]

    assert mark(adapter) == result


@pytest.mark.parametrize("fault", ["slow", "drop", "truncated"])
def test_an_answer_lost_after_the_deed_is_unknown(adapter: Adapter, wecom: WeCom, fault: str, monkeypatch) -> None:
    mark(adapter)
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    wecom.faults = [fault]

    assert isinstance(adapter.contacts.mark_tag("meiling", "wm1", add=["t2"]), Unknown)
    assert wecom.tags["meiling", "wm1"] == {"t1", "t2"}


def test_reading_that_failed_may_be_done_again(adapter: Adapter, wecom: WeCom) -> None:
    mark(adapter)
    wecom.faults = ["500"]

    assert adapter.contacts.contact("wm1") == Refused(Refusal.RETRY_LATER, "http_500")


def test_a_provider_that_is_away_is_tried_later(account, wecom: WeCom) -> None:
    wecom.close()

    refused = mark(Adapter(account))

    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.RETRY_LATER


@pytest.mark.parametrize("base", [
    "https://169.254.169.254", "https://internal.example", "http://qyapi.weixin.qq.com.example.com",
    "https://qyapi.weixin.qq.com@10.0.0.1", "https://10.0.0.1/qyapi.weixin.qq.com", "https://[::1]", "file:///etc",
    "https://qyapi.weixin.qq.com:22", "http://127.0.0.1:1", "https://qyapi.weixin.qq.com/?x=", "", "https://[",
])  # fmt: skip
def test_no_setting_points_us_inside(account, settings, base: str, monkeypatch) -> None:
    settings.OUTGOING_LOOPBACK = False
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", ("10.0.0.1", 443))])
    adapter = Adapter(replace(account, settings={**account.settings, "base": base}))

    assert mark(adapter) == Refused(Refusal.FIX_SETUP, "unsafe_target")


def test_another_host_needs_the_word_of_the_machines_operator(account, settings, monkeypatch) -> None:
    settings.OUTGOING_LOOPBACK = False
    settings.CHANNEL_HOSTS = {"wecom.example.com"}
    asked: list[str] = []

    def look_up(host: str, *args: object, **kwargs: object) -> list[object]:
        asked.append(host)
        return [(2, 1, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    adapter = Adapter(replace(account, settings={**account.settings, "base": "https://wecom.example.com"}))

    assert mark(adapter) == Refused(Refusal.FIX_SETUP, "unsafe_target"), "named, and still none inside"
    assert asked == ["wecom.example.com"]


def test_no_secret_token_or_person_stands_in_a_log(account, adapter: Adapter, wecom: WeCom) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    wecom.own_faults = ["code:40014", "code:48002"]
    try:
        mark(adapter)
        adapter.contacts.remark("meiling", "wm1", remark="林小姐")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)

    for word in ("app-secret", "token-", "wm1", "meiling", "林"):
        assert word not in out.getvalue()
