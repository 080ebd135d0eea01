"""Aliyun, against a server that checks signatures and counts: one message is sent once, a report moves it, R ends it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scrm.kernel import outgoing
from touchpoints.channels.protocol import (
    Account,
    Incoming,
    Kind,
    Malformed,
    MessageIn,
    OptOut,
    Outcome,
    Outgoing,
    Receipt,
    Refusal,
    Refused,
    Sent,
    Unknown,
)
from touchpoints.channels.sms.adapter import Adapter
from touchpoints.channels.sms.aliyun import CODES
from touchpoints.channels.sms.tests.server import KEY, SECRET, Aliyun

CODE = Outgoing("out-1", Kind.CODE, "+8613800001234", "【示例品牌】验证码 8888，五分钟内有效。", template="SMS_100001",
                values={"code": "8888"})  # fmt: skip


@pytest.fixture
def aliyun(settings):
    settings.OUTGOING_LOOPBACK = True
    server = Aliyun()
    yield server
    server.close()


@pytest.fixture
def account(aliyun: Aliyun) -> Account:
    return Account("sms", {"aliyun_base": aliyun.base, "sign_name": "示例品牌"},
                   {"access_key_id": KEY, "access_key_secret": SECRET})  # fmt: skip


def built(account: Account, aliyun: Aliyun, **changes: Any) -> Adapter:
    adapter = Adapter(replace(account, settings={**account.settings, **changes}))
    adapter.clock = lambda: aliyun.now
    return adapter


@pytest.fixture
def adapter(account: Account, aliyun: Aliyun) -> Adapter:
    return built(account, aliyun)


@pytest.mark.parametrize("way", ["v3", "rpc"])
def test_a_signed_message_is_taken(account, aliyun: Aliyun, way: str) -> None:
    adapter = built(account, aliyun, aliyun_signature=way)

    assert adapter.send(CODE) == Sent("biz1")
    assert aliyun.sent[0]["PhoneNumbers"] == "13800001234"
    assert aliyun.sent[0]["OutId"] == "out-1"
    assert json.loads(aliyun.sent[0]["TemplateParam"]) == {"code": "8888"}


def test_long_chinese_values_fit_in_the_address(adapter: Adapter, aliyun: Aliyun) -> None:
    notice = replace(
        CODE, kind=Kind.NOTICE, template="SMS_100002", text="您的订单已发货", values={"name": "林小姐" * 60}
    )

    assert adapter.send(notice) == Sent("biz1")


@pytest.mark.parametrize("way", ["v3", "rpc"])
def test_a_wrong_secret_is_a_matter_of_the_setup(account, aliyun: Aliyun, way: str) -> None:
    wrong = replace(account, secrets={"access_key_id": KEY, "access_key_secret": "wrong"})

    assert built(wrong, aliyun, aliyun_signature=way).send(CODE) == Refused(Refusal.FIX_SETUP, "SignatureDoesNotMatch")


def test_a_clock_that_is_wrong_is_a_matter_of_the_setup(adapter: Adapter, aliyun: Aliyun) -> None:
    adapter.clock = lambda: aliyun.now - 1000

    assert adapter.send(CODE) == Refused(Refusal.FIX_SETUP, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize(("code", "refusal"), sorted(CODES.items()))
def test_each_code_has_its_meaning(adapter: Adapter, aliyun: Aliyun, code: str, refusal: Refusal) -> None:
    aliyun.own_faults = [code]

    assert adapter.send(CODE) == Refused(refusal, code)


def test_codes_by_their_beginning_and_codes_of_tomorrow(adapter: Adapter, aliyun: Aliyun) -> None:
    aliyun.own_faults = ["Throttling.User", "isv.SOMETHING_NEW"]

    assert adapter.send(CODE) == Refused(Refusal.RETRY_LATER, "Throttling.User", after=1)
    assert adapter.send(CODE) == Refused(Refusal.RETRY_LATER, "isv.SOMETHING_NEW", known=False)


def test_what_the_provider_finds_by_itself(adapter: Adapter, aliyun: Aliyun) -> None:
    def code(**changes: Any) -> str:
        answer = adapter.send(replace(CODE, **changes))
        return answer.code if isinstance(answer, Refused) else "taken"

    assert code(to="+85291234567") == "isv.MOBILE_NUMBER_ILLEGAL"
    assert code(template="SMS_9") == "isv.SMS_TEMPLATE_ILLEGAL"
    assert code(values={"other": "1"}) == "isv.TEMPLATE_MISSING_PARAMETERS"
    assert code(values={"code": 8888}) == "taken"
    assert code() == "isv.BUSINESS_LIMIT_CONTROL"
    aliyun.now += 61
    aliyun.balance = 0
    assert code() == "isv.AMOUNT_NOT_ENOUGH"
    aliyun.signs.clear()
    assert code() == "isv.SMS_SIGNATURE_ILLEGAL"
    assert code(template="") == "no_sign_or_template"
    assert code(id="x" * 33) == "bad_id"


@pytest.mark.parametrize("fault", ["slow", "drop", "truncated"])
def test_a_time_out_after_it_was_taken_is_one_message_whose_report_tells(adapter, aliyun, fault, monkeypatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    aliyun.faults = [fault]

    assert isinstance(adapter.send(CODE), Unknown)
    assert adapter.idempotent is False
    assert len(aliyun.sent) == 1
    (item,) = pushed(adapter, [aliyun.report(aliyun.sent[0])])
    (receipt,) = adapter.read(item)
    assert (receipt.outcome, receipt.message) == (Outcome.DELIVERED, "out-1")


@pytest.mark.parametrize(("fault", "result"), [
    ("500", Unknown("http_500")), ("html", Unknown("http_200")),
    ("429", Refused(Refusal.RETRY_LATER, "http_429", after=7)),
])  # fmt: skip
def test_an_answer_without_a_code_is_unknown(adapter: Adapter, aliyun: Aliyun, fault: str, result: object) -> None:
    aliyun.faults = [fault]

    assert adapter.send(CODE) == result


def test_a_provider_that_is_away_is_tried_later(adapter: Adapter, aliyun: Aliyun) -> None:
    aliyun.close()

    assert adapter.send(CODE).refusal is Refusal.RETRY_LATER


@pytest.mark.parametrize("base", ["https://169.254.169.254", "https://evil.example", "http://dysmsapi.aliyuncs.com",
                                  "https://dysmsapi.aliyuncs.com@10.0.0.1", "https://["])  # fmt: skip
def test_no_setting_points_us_inside(account, aliyun: Aliyun, settings, base: str, monkeypatch) -> None:
    settings.OUTGOING_LOOPBACK = False
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", ("10.0.0.1", 443))])

    assert built(account, aliyun, aliyun_base=base).send(CODE) == Refused(Refusal.FIX_SETUP, "unsafe_target")


# What comes back


def pushed(adapter: Adapter, rows: Any) -> Any:
    received = adapter.receive(Incoming("POST", "/hooks/secret", {}, {}, json.dumps(rows).encode()))
    assert (received.reply.status, json.loads(received.reply.body)["code"]) == (200, 0)
    return received.items


def test_a_report_names_ours_theirs_and_the_tail(adapter: Adapter, aliyun: Aliyun) -> None:
    adapter.send(CODE)

    good, bad = pushed(adapter, [aliyun.report(aliyun.sent[0]), aliyun.report(aliyun.sent[0], "MOBILE_NOT_EXIST") | {
        "report_time": "2025-12-21 15:00:00"}])  # fmt: skip

    assert good.source_ref == "report:biz1:13800001234:2025-12-21 14:53:25"
    assert good.at == datetime(2025, 12, 21, 6, 53, 25, tzinfo=UTC)
    assert list(adapter.read(good)) == [Receipt(Outcome.DELIVERED, good.at, "out-1", "biz1", "1234")]
    assert list(adapter.read(bad)) == [
        Receipt(Outcome.FAILED, bad.at, "out-1", "biz1", "1234", "MOBILE_NOT_EXIST", unreachable=True)
    ]


def test_a_report_told_twice_has_one_name(adapter: Adapter, aliyun: Aliyun) -> None:
    adapter.send(CODE)
    rows = [aliyun.report(aliyun.sent[0])] * 500

    assert len({item.source_ref for item in pushed(adapter, rows)}) == 1


def test_reports_in_any_order_end_the_same() -> None:
    assert Outcome.DELIVERED.beats(Outcome.SENT)
    assert not Outcome.SENT.beats(Outcome.DELIVERED)
    assert not Outcome.FAILED.beats(Outcome.DELIVERED)
    assert not Outcome.DELIVERED.beats(Outcome.DELIVERED)


def reply(text: str, number: Any = "13800001234") -> dict[str, Any]:
    return {"phone_number": number, "content": text, "send_time": "2025-12-21 12:00:00", "dest_code": "1",
            "sequence_id": 123456}  # fmt: skip


@pytest.mark.parametrize("text", [
    "R", "r", " t ", "TD", "N", "0", "退订", "退訂", "拒收", "取消", "STOP", "stopall", "Unsubscribe", "cancel", "END", "quit",
    "Ｒ", "ＴＤ", "０", "\u3000退订\n",
])  # fmt: skip
def test_a_stop_word_alone_ends_all_offers(adapter: Adapter, text: str) -> None:
    (item,) = pushed(adapter, [reply(text)])

    (news,) = adapter.read(item)
    assert isinstance(news, OptOut)
    assert (news.person.kind, news.person.value, news.person.proved) == ("phone", "+8613800001234", True)
    assert item.source_ref == "reply:123456:13800001234"


@pytest.mark.parametrize("text", ["我要退订吗？", "RR", "N/A", "回复R", "stop it", "", "00", "好的", "退 订", "1"])
def test_what_merely_holds_a_stop_word_goes_to_a_person(adapter: Adapter, text: str) -> None:
    (item,) = pushed(adapter, [reply(text)])

    (news,) = adapter.read(item)
    assert isinstance(news, MessageIn)
    assert news.text == text


def test_one_bad_row_sinks_only_itself(adapter: Adapter, aliyun: Aliyun) -> None:
    adapter.send(CODE)
    rows = [7, None, {}, reply("hi", "not a number"), {"biz_id": "x", "phone_number": "13800001234"},
            aliyun.report(aliyun.sent[0]) | {"report_time": "yesterday", "send_time": ""},
            reply("hi", {"deep": []}), reply("a\x00\ud800b"), aliyun.report(aliyun.sent[0])]  # fmt: skip

    items = pushed(adapter, rows)

    assert len({item.source_ref for item in items}) == len(rows)
    for item in items[:7]:
        with pytest.raises(Malformed):
            adapter.read(item)
    assert "\x00" not in adapter.read(items[7])[0].text
    assert adapter.read(items[8])[0].outcome is Outcome.DELIVERED


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"[", b"\xff", b"[" * 100_000, b"[" + b"7," * 600 + b"7]",
                                  b"[" + b" " * 10_000_000 + b"]"])  # fmt: skip
def test_a_body_that_is_no_list_is_refused(adapter: Adapter, body: bytes) -> None:
    with pytest.raises(Malformed):
        adapter.receive(Incoming("POST", "/", {}, {}, body))


# Asking


def test_one_whose_report_never_came_is_asked_for(adapter: Adapter, aliyun: Aliyun) -> None:
    adapter.send(CODE)
    at = datetime(2025, 12, 21, 6, 53, 20, tzinfo=UTC)

    assert adapter.ask(CODE, "", at) == Receipt(Outcome.SENT, at, "out-1", "", "1234")
    aliyun.reported["out-1"] = "DELIVERED"
    told = adapter.ask(CODE, "biz1", at)
    assert (told.outcome, told.message, told.tail, told.code) == (Outcome.DELIVERED, "out-1", "1234", "")
    aliyun.reported["out-1"] = "UNDELIV"
    assert adapter.ask(CODE, "biz1", at).code == "UNDELIV"
    assert adapter.ask(replace(CODE, id="other"), "", at) is None
    assert aliyun.calls[0].query.get("SendDate") is None
    assert aliyun.calls[-1].query["SendDate"] == "20251221"
    aliyun.faults = ["500"]
    assert adapter.ask(CODE, "biz1", at) is None


# Kinds


@pytest.mark.parametrize(("kind", "text", "why"), [
    (Kind.NOTICE, "您的订单已发货", ""),
    (Kind.NOTICE, "您的订单已发货，回复优惠领券", "notice_with_marketing"),
    (Kind.NOTICE, "您的预约已确认，拒收请回复R", "notice_with_marketing"),
    (Kind.NOTICE, "您的预约已确认，拒收请回复 Ｒ", "notice_with_marketing"),
    (Kind.NOTICE, "林小姐，生日快乐！", "notice_with_marketing"),
    (Kind.NOTICE, "全场 8 折", "notice_with_marketing"),
    (Kind.NOTICE, "Take 20% off today", "notice_with_marketing"),
    (Kind.NOTICE, "Our after-sale service will call you", ""),
    (Kind.CODE, "验证码 8888", ""),
    (Kind.CODE, "验证码 8888 https://x.example", "code_with_link"),
    (Kind.CODE, "验证码 8888，拒收请回复R", "code_with_marketing"),
    (Kind.MARKETING, "新品到店，拒收请回复R", ""),
    (Kind.MARKETING, "新品到店，拒收请回复R。", ""),
    (Kind.MARKETING, "新品到店，拒收请回复Ｒ", ""),
    (Kind.MARKETING, "新品到店", "marketing_without_way_out"),
    (Kind.MARKETING, "拒收请回复R，新品到店", "marketing_without_way_out"),
])  # fmt: skip
def test_a_text_is_of_its_kind(adapter: Adapter, aliyun: Aliyun, kind: Kind, text: str, why: str) -> None:
    result = adapter.send(replace(CODE, kind=kind, text=text))

    assert result == (Refused(Refusal.FIX_SETUP, why) if why else Sent("biz1"))
    assert len(aliyun.sent) == (not why)


def test_a_value_cannot_bring_an_offer_into_a_notice(adapter: Adapter, aliyun: Aliyun) -> None:
    notice = replace(CODE, kind=Kind.NOTICE, text="您的订单已发货", values={"code": "优惠券"})

    assert adapter.send(notice) == Refused(Refusal.FIX_SETUP, "notice_with_marketing")


def test_a_template_serves_the_kind_it_was_approved_for(account, aliyun: Aliyun) -> None:
    adapter = built(account, aliyun, templates={"SMS_100001": "marketing"})

    assert adapter.send(CODE) == Refused(Refusal.FIX_SETUP, "template_of_another_kind")


def test_a_provider_nobody_knows_sends_nothing(account, aliyun: Aliyun) -> None:
    assert built(account, aliyun, provider="other").send(CODE) == Refused(Refusal.FIX_SETUP, "no_provider")
