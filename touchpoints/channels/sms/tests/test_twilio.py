"""Twilio, against a server that knows who left: signed calls both ways, statuses in any order."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scrm.kernel import outgoing
from touchpoints.channels.protocol import (
    Account,
    Forged,
    Incoming,
    Kind,
    Malformed,
    MessageIn,
    OptOut,
    Outcome,
    Outgoing,
    Refusal,
    Refused,
    Sent,
    Unknown,
)
from touchpoints.channels.sms.adapter import Adapter
from touchpoints.channels.sms.signing import twilio_signature
from touchpoints.channels.sms.tests.server import SID, TOKEN, Twilio
from touchpoints.channels.sms.twilio import CODES

NOTICE = Outgoing("out-1", Kind.NOTICE, "+15005550006", "Your order is on its way.")
AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def twilio(settings):
    settings.OUTGOING_LOOPBACK = True
    server = Twilio()
    yield server
    server.close()


@pytest.fixture
def account(twilio: Twilio) -> Account:
    return Account("sms", {"provider": "twilio", "twilio_base": twilio.base, "account_sid": SID,
                           "from_number": "+15005550001", "status_url": "https://scrm.example.com/hooks/x"},
                   {"auth_token": TOKEN})  # fmt: skip


@pytest.fixture
def adapter(account: Account) -> Adapter:
    return Adapter(account)


def test_a_message_is_taken_and_its_statuses_will_name_ours(adapter: Adapter, twilio: Twilio) -> None:
    assert adapter.send(NOTICE) == Sent("SM0001")

    form = twilio.sent["SM0001"]["form"]
    assert (form["To"], form["From"], form["Body"]) == ("+15005550006", "+15005550001", NOTICE.text)
    assert form["StatusCallback"] == "https://scrm.example.com/hooks/x?message=out-1"


@pytest.mark.parametrize(("code", "refusal"), sorted(CODES.items()))
def test_each_code_has_its_meaning(adapter: Adapter, twilio: Twilio, code: int, refusal: Refusal) -> None:
    twilio.own_faults = [(400, code)]

    assert adapter.send(NOTICE) == Refused(refusal, str(code))


def test_other_answers(account, adapter: Adapter, twilio: Twilio) -> None:
    twilio.left.add("+15005550009")
    wrong = Adapter(replace(account, secrets={"auth_token": "wrong"}))
    twilio.own_faults = []

    assert adapter.send(replace(NOTICE, to="+15005550009")) == Refused(Refusal.NOT_REACHABLE, "21610")
    assert adapter.send(replace(NOTICE, to="5005550006")) == Refused(Refusal.NOT_REACHABLE, "21211")
    assert wrong.send(NOTICE) == Refused(Refusal.FIX_SETUP, "20003")
    assert adapter.send(replace(NOTICE, text="x" * 1601)) == Refused(Refusal.NEVER, "too_long")
    nobody = Adapter(replace(account, settings={**account.settings, "from_number": ""}))
    assert nobody.send(NOTICE) == Refused(Refusal.FIX_SETUP, "no_sender")
    twilio.own_faults = [(400, 99999)]
    assert adapter.send(NOTICE) == Refused(Refusal.RETRY_LATER, "99999", known=False)
    twilio.faults = ["429"]
    assert adapter.send(NOTICE) == Refused(Refusal.RETRY_LATER, "20429", after=7)
    assert twilio.sent == {}


@pytest.mark.parametrize("fault", ["slow", "drop", "truncated", "html", "500"])
def test_a_message_of_unknown_fate_is_not_sent_again_and_its_report_finds_it(
    adapter, twilio, fault, monkeypatch
) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    twilio.faults = [fault]

    assert isinstance(adapter.send(NOTICE), Unknown)
    assert adapter.ask(NOTICE, "", AT) is None
    assert len(twilio.calls) == 1
    call = twilio.push(status("delivered"), url="https://scrm.example.com/hooks/x?message=out-1")
    (receipt,) = adapter.read(adapter.receive(call).items[0])
    assert (receipt.outcome, receipt.message, receipt.provider_ref, receipt.tail) == (
        Outcome.DELIVERED, "out-1", "SM0001", "0006",
    )  # fmt: skip


def status(word: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM0001", "MessageStatus": word, "To": "+15005550006", "From": "+15005550001",
            "AccountSid": SID} | more  # fmt: skip


@pytest.mark.parametrize(("word", "outcome"), [
    ("queued", None), ("sending", None), ("sent", Outcome.SENT), ("delivered", Outcome.DELIVERED),
    ("undelivered", Outcome.FAILED), ("failed", Outcome.FAILED), ("read", Outcome.READ), ("new", None),
])  # fmt: skip
def test_statuses(adapter: Adapter, twilio: Twilio, word: str, outcome: Outcome | None) -> None:
    received = adapter.receive(twilio.push(status(word)))

    assert received.reply.status == 204
    assert received.items[0].source_ref == f"SM0001:{word}"
    assert [one.outcome for one in adapter.read(received.items[0])] == ([outcome] if outcome else [])


def test_a_failed_status_says_why(adapter: Adapter, twilio: Twilio) -> None:
    (item,) = adapter.receive(twilio.push(status("undelivered", ErrorCode="30005"))).items
    (left,) = adapter.receive(twilio.push(status("failed", ErrorCode="21610"))).items

    (receipt,) = adapter.read(item)
    assert (receipt.code, receipt.unreachable) == ("30005", True)
    receipt, out = adapter.read(left)
    assert (receipt.code, receipt.unreachable) == ("21610", False)
    assert isinstance(out, OptOut)
    assert out.person.value == "+15005550006"


def incoming(text: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM9", "From": "+15005550006", "To": "+15005550001", "Body": text, "NumMedia": "0",
            "SmsStatus": "received"} | more  # fmt: skip


def test_a_message_comes_in(adapter: Adapter, twilio: Twilio) -> None:
    received = adapter.receive(twilio.push(incoming("Where is it? 在哪", NumMedia="2")))

    (news,) = adapter.read(received.items[0])
    assert (received.reply.body, received.reply.content_type) == (b"<Response/>", "text/xml")
    assert isinstance(news, MessageIn)
    assert (news.text, news.note, news.person.value) == ("Where is it? 在哪", "attachments:2", "+15005550006")


@pytest.mark.parametrize(("text", "more", "leaves"), [
    ("STOP", {"OptOutType": "STOP"}, True), ("arret", {"OptOutType": "STOP"}, True), ("stop", {}, True),
    ("START", {"OptOutType": "START"}, False), ("YES", {}, False), ("please stop", {}, False),
])  # fmt: skip
def test_leaving_is_heard_and_coming_back_is_only_a_message(adapter, twilio, text, more, leaves) -> None:
    (item,) = adapter.receive(twilio.push(incoming(text, **more))).items

    assert isinstance(adapter.read(item)[0], OptOut if leaves else MessageIn)


def test_json_is_proved_by_its_hash_in_the_address(adapter: Adapter) -> None:
    body = json.dumps(status("delivered")).encode()
    mark = hashlib.sha256(body).hexdigest()
    url = f"https://scrm.example.com/hooks/x?bodySHA256={mark}"
    call = Incoming("POST", "/hooks/x", {"bodySHA256": mark}, {
        "x-twilio-signature": twilio_signature(url, [], TOKEN), "content-type": "application/json",
    }, body, url)  # fmt: skip

    assert adapter.receive(call).items[0].source_ref == "SM0001:delivered"
    with pytest.raises(Forged):
        adapter.receive(replace(call, body=body + b" "))


def test_two_tokens_live_while_they_change_and_a_port_does_not_matter(account, twilio: Twilio) -> None:
    adapter = Adapter(replace(account, secrets={"auth_token": "new", "auth_token_old": TOKEN}))

    assert adapter.receive(twilio.push(status("sent"))).items
    assert adapter.receive(twilio.push(status("sent"), token="new")).items
    ported = twilio.push(status("sent"), url="https://scrm.example.com:443/hooks/x")
    assert adapter.receive(replace(ported, url="https://scrm.example.com/hooks/x")).items
    with pytest.raises(Forged):
        adapter.receive(twilio.push(status("sent"), token="third"))


def test_a_forged_call_is_refused(account, adapter: Adapter, twilio: Twilio) -> None:
    call = twilio.push(status("delivered"))
    changes: list[dict[str, Any]] = [
        {"headers": {}}, {"headers": {"x-twilio-signature": ""}}, {"headers": {"x-twilio-signature": "林"}},
        {"body": call.body + b"&ErrorCode=1"}, {"body": b"\xff"}, {"body": b""}, {"body": b"a" * 10_000_000},
        {"body": b"&".join([b"a=1"] * 1000)}, {"url": "https://other.example.com/hooks/x"}, {"url": ""},
        {"headers": dict(call.headers) | {"content-type": "application/json"}}, {"url": "https://[bad"},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(Forged):
            adapter.receive(replace(call, **change))
    with pytest.raises(Forged):
        Adapter(replace(account, secrets={})).receive(twilio.push(status("sent"), token=""))


def test_a_replayed_status_has_the_same_name(adapter: Adapter, twilio: Twilio) -> None:
    call = twilio.push(status("delivered"))

    assert adapter.receive(call).items[0].source_ref == adapter.receive(call).items[0].source_ref


def test_a_true_call_that_names_nothing_is_malformed(adapter: Adapter, twilio: Twilio) -> None:
    with pytest.raises(Malformed):
        adapter.receive(twilio.push({"Hello": "x"}))
    (item,) = adapter.receive(twilio.push(incoming("x", From="anonymous"))).items
    with pytest.raises(Malformed):
        adapter.read(item)


def test_what_became_of_one_can_be_asked(adapter: Adapter, twilio: Twilio) -> None:
    adapter.send(NOTICE)

    assert adapter.ask(NOTICE, "SM0001", AT) is None
    twilio.sent["SM0001"] |= {"status": "undelivered", "error_code": 30006}
    told = adapter.ask(NOTICE, "SM0001", AT)
    assert (told.outcome, told.code, told.unreachable, told.at.year) == (Outcome.FAILED, "30006", True, 2025)
    assert adapter.ask(NOTICE, "../Accounts", AT) is None
