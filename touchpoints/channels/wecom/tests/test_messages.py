"""Writing: the greeting within its twenty seconds, the five within two days, colleagues not too often; and fetching."""

from dataclasses import replace

import pytest

from scrm.kernel import outgoing
from touchpoints.channels.protocol import (
    Held,
    Item,
    Kind,
    Malformed,
    MessageIn,
    Outcome,
    Outgoing,
    Receipt,
    Refusal,
    Refused,
    Sent,
    Unavailable,
    Unknown,
)
from touchpoints.channels.wecom.adapter import Adapter
from touchpoints.channels.wecom.tests.server import WeCom


def reply(number: int = 1, **changes: object) -> Outgoing:
    made = Outgoing(f"msg-{number}", Kind.NOTICE, "wm1", "好的，马上为您查。", thread="kf:kf1")
    return replace(made, **changes)  # type: ignore[arg-type]


def greeting(wecom: WeCom, code: str = "WC1") -> Outgoing:
    return reply(to="wm1", thread=f"welcome:{code}:{int(wecom.now)}")


@pytest.mark.parametrize(("after", "result"), [
    (1, Sent()), (17, Sent()), (18, Sent()), (19, Refused(Refusal.NEVER, "welcome_late")),
    (21, Refused(Refusal.NEVER, "welcome_late")),
])  # fmt: skip
def test_a_greeting_goes_within_its_time(adapter: Adapter, wecom: WeCom, after: int, result: object) -> None:
    wecom.welcomes["WC1"] = wecom.now
    message = greeting(wecom)
    wecom.now += after

    assert adapter.send(message) == result
    assert ("WC1" in wecom.greeted) == (result == Sent())


def test_greeting_codes(adapter: Adapter, wecom: WeCom) -> None:
    wecom.welcomes["WC1"] = wecom.now
    wecom.greeted_elsewhere.add("WC3")

    assert adapter.send(greeting(wecom)) == Sent()
    assert adapter.send(greeting(wecom)) == Sent("already")
    assert adapter.send(greeting(wecom, "WC2")) == Refused(Refusal.NEVER, "41050")
    waiting = greeting(wecom, "WC3")
    assert adapter.send(waiting) == Refused(Refusal.RETRY_LATER, "41096", after=2)
    wecom.now += 17
    assert adapter.send(waiting) == Refused(Refusal.NEVER, "41096")
    assert adapter.send(replace(waiting, text="长" * 1400)) == Refused(Refusal.NEVER, "too_long")
    assert adapter.send(reply(thread="welcome:WC1")) == Refused(Refusal.NEVER, "bad_thread")


def test_a_reply_goes_to_who_wrote_five_times_until_they_write_again(adapter: Adapter, wecom: WeCom) -> None:
    wecom.writes("kf1", "wm1", "在吗")

    assert [type(adapter.send(reply(number))) for number in range(5)] == [Sent] * 5
    assert adapter.send(reply(5)) == Refused(Refusal.NOT_REACHABLE, "95001")
    wecom.writes("kf1", "wm1", "谢谢")
    assert adapter.send(reply(5)) == Sent("msg-5")


def test_a_reply_goes_within_two_days(adapter: Adapter, wecom: WeCom) -> None:
    wecom.writes("kf1", "wm1", "在吗")
    wecom.now += 48 * 3600 + 1

    assert adapter.send(reply()) == Refused(Refusal.NOT_REACHABLE, "95002")
    assert adapter.send(reply(to="wm2")) == Refused(Refusal.NOT_REACHABLE, "95002")


def test_a_talk_in_another_state_takes_none(adapter: Adapter, wecom: WeCom) -> None:
    wecom.writes("kf1", "wm1", "在吗")
    wecom.kf_state["wm1"] = 3

    assert adapter.send(reply()) == Refused(Refusal.NEVER, "95018")


@pytest.mark.parametrize("fault", ["drop", "slow", "truncated"])
def test_a_reply_of_unknown_fate_may_be_sent_again_and_arrives_once(adapter, wecom, fault, monkeypatch) -> None:
    wecom.writes("kf1", "wm1", "在吗")
    adapter.client.token()
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    wecom.faults = [fault]

    assert isinstance(adapter.send(reply()), Unknown)
    assert adapter.idempotent
    assert adapter.send(reply()) == Sent("msg-1")
    assert len(wecom.kf_sent) == 1
    assert wecom.answered["kf1", "wm1"] == 1


@pytest.mark.parametrize(("message", "code", "refusal"), [
    (reply(id="x" * 33), "bad_id", Refusal.NEVER), (reply(id="a b"), "bad_id", Refusal.NEVER),
    (reply(text="长" * 700), "too_long", Refusal.NEVER), (reply(thread=""), "no_conversation", Refusal.NOT_REACHABLE),
    (reply(thread="kf:"), "no_conversation", Refusal.NOT_REACHABLE),
])  # fmt: skip
def test_what_cannot_go_is_refused_before_any_call(adapter, wecom, message, code, refusal) -> None:
    assert adapter.send(message) == Refused(refusal, code)
    assert wecom.calls == []


def test_a_colleague_gets_a_message(adapter: Adapter, wecom: WeCom) -> None:
    assert adapter.send(reply(to="meiling", thread="staff")) == Sent("m1")
    assert wecom.staff_sent[0]["agentid"] == 1000002
    assert adapter.send(reply(to="nobody", thread="staff")) == Refused(Refusal.NOT_REACHABLE, "invaliduser")


def test_a_colleague_is_not_written_to_more_often_than_wecom_lets_through(adapter: Adapter, wecom: WeCom) -> None:
    wecom.now = 1766300040.0 - 1766300040 % 60
    results = [adapter.send(reply(number, to="meiling", thread="staff")) for number in range(31)]

    assert [type(one) for one in results] == [Sent] * 30 + [Held]
    assert results[-1].until.timestamp() == wecom.now + 60
    assert adapter.send(reply(to="junwei", thread="staff")) == Sent("m31")
    wecom.now += 60
    assert isinstance(adapter.send(reply(to="meiling", thread="staff")), Sent)


# Fetching


def all_of(adapter: Adapter, cursor: dict) -> tuple[list[Item], dict]:
    items: list[Item] = []
    for _page in range(50):
        page = adapter.fetch(cursor)
        items += page.items
        cursor = page.cursor
        if not page.more:
            return items, cursor
    raise AssertionError("it never ends")


def test_a_talk_is_fetched_page_by_page_and_once(adapter: Adapter, wecom: WeCom) -> None:
    wecom.kf_page = 2
    for number in range(5):
        wecom.writes("kf1", "wm1", f"第 {number}")

    items, cursor = all_of(adapter, {})
    (later, _same), calls = all_of(adapter, cursor), len(wecom.calls)

    news = [adapter.read(item)[0] for item in items]
    assert [one.text for one in news] == [f"第 {number}" for number in range(5)]
    assert all(isinstance(one, MessageIn) and one.thread == "kf:kf1" for one in news)
    assert [item.source_ref for item in items] == [f"kf:kfmsg{number}" for number in range(1, 6)]
    assert later == []
    assert calls == 1 + 3 + 1
    wecom.writes("kf1", "wm1", "新")
    assert [item.source_ref for item in all_of(adapter, cursor)[0]] == ["kf:kfmsg6"]


def test_all_accounts_are_asked_also_one_only_the_cursor_knows(account, wecom: WeCom) -> None:
    adapter = Adapter(replace(account, settings={**account.settings, "kf_accounts": ["kf1", "kf2"]}))
    for name in ("kf1", "kf2", "kf3"):
        wecom.writes(name, "wm1", name)

    items, cursor = all_of(adapter, {"kf": {"kf3": ""}})

    assert sorted(adapter.read(item)[0].text for item in items) == ["kf1", "kf2", "kf3"]
    assert cursor == {"kf": {"kf1": "1", "kf2": "1", "kf3": "1"}, "turn": 0}


def test_a_page_that_says_more_and_stays_is_not_asked_for_ever(adapter: Adapter, wecom: WeCom) -> None:
    wecom.kf_page = 0
    wecom.writes("kf1", "wm1", "x")

    assert all_of(adapter, {"kf": {"kf1": "0"}})[0] == []


def test_two_fetchers_of_one_account_do_not_both_ask(adapter: Adapter, wecom: WeCom) -> None:
    from django.core.cache import cache

    from touchpoints.channels.wecom.service import _key

    wecom.writes("kf1", "wm1", "x")
    cache.add(_key("lock", adapter.client.corp, "kf1"), 1, 30)

    assert adapter.fetch({"kf": {"kf1": ""}}).items == ()
    cache.delete(_key("lock", adapter.client.corp, "kf1"))
    assert len(adapter.fetch({"kf": {"kf1": ""}}).items) == 1


@pytest.mark.parametrize("fault", ["500", "drop", "html", "truncated"])
def test_a_page_that_did_not_come_moves_nothing(adapter: Adapter, wecom: WeCom, fault: str) -> None:
    wecom.writes("kf1", "wm1", "x")
    adapter.client.token()
    wecom.faults = [fault]

    with pytest.raises(Unavailable) as caught:
        adapter.fetch({})
    assert caught.value.result.refusal is Refusal.RETRY_LATER
    assert len(all_of(adapter, {})[0]) == 1


def test_what_a_talk_holds_beside_texts(adapter: Adapter, wecom: WeCom) -> None:
    wecom.writes("kf1", "wm1", "", msgtype="image", image={"media_id": "m"})
    wecom.writes("kf1", "wm1", "", msgtype="location", location={"address": "西湖"})
    wecom.writes("kf1", "wm1", "from a colleague", origin=5)
    wecom.writes("kf1", "", "", origin=4, msgtype="event", external_userid="",
                 event={"event_type": "msg_send_fail", "fail_msgid": "msg-1", "fail_type": 4})  # fmt: skip
    wecom.writes("kf1", "wm1", "", origin=4, msgtype="event", event={"event_type": "enter_session"})
    wecom.writes("kf1", "wm1", "a\x00b\ud800c")

    items, _cursor = all_of(adapter, {})
    news = [list(adapter.read(item)) for item in items]

    assert (news[0][0].text, news[0][0].note) == ("", "kind:image")
    assert news[1][0].text == "西湖"
    assert news[2] == news[4] == []
    assert news[3] == [Receipt(Outcome.FAILED, news[3][0].at, message="msg-1", code="kf_4")]
    assert news[5][0].text in ("abc", "ab?c")
    assert items[4].kind == "kf.event.enter_session"


def test_a_poisoned_item_stands_alone(adapter: Adapter, wecom: WeCom) -> None:
    wecom.writes("kf1", "wm1", "good")
    wecom.talks["kf1"] += [{"msgtype": "text", "origin": 3, "send_time": "x"}, 7, {"origin": 3, "msgtype": []},
                           {"origin": 3, "msgtype": [], "send_time": 1}, {"origin": 3, "msgtype": "text", "send_time": 1}]  # fmt: skip

    items, _cursor = all_of(adapter, {})

    assert len(items) == 5
    assert adapter.read(items[0])[0].text == "good"
    assert list(adapter.read(items[3])) == []
    for bad in (items[1], items[2], items[4], replace(items[4], body="7"), replace(items[4], body="{")):
        with pytest.raises(Malformed):
            adapter.read(bad)


def test_limits_are_settings(account) -> None:
    adapter = Adapter(replace(account, settings={"limits": {"kf_messages": 3}}))

    limits = {limit.words: limit.most for limit in adapter.limits()}
    assert limits["kf_messages"] == 3
    assert limits["kf_hours"] == 48
