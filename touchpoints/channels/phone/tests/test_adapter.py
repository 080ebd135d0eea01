"""What a call centre pushes: proved or a hint, in our contract or five shapes of others."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from touchpoints.channels.phone.adapter import Adapter
from touchpoints.channels.phone.mapping import BadMapping, mapped, shipped
from touchpoints.channels.phone.tests.server import SECRET, CallCentre
from touchpoints.channels.protocol import Account, Call, Forged, Incoming, Kind, Malformed, Outgoing, Refusal, Refused


@pytest.fixture
def centre() -> CallCentre:
    return CallCentre()


def built(centre: CallCentre, **changes: Any) -> Adapter:
    secrets = changes.pop("secrets", {"secret": SECRET})
    adapter = Adapter(Account("phone", {"recording_hosts": ["pbx.example.com"]} | changes, secrets))
    adapter.clock = lambda: centre.now
    return adapter


@pytest.fixture
def adapter(centre: CallCentre) -> Adapter:
    return built(centre)


def calls(adapter: Adapter, call: Incoming) -> list[Call]:
    return [news for item in adapter.receive(call).items for news in adapter.read(item)]  # type: ignore[misc]


def test_a_signed_call_is_proved(adapter: Adapter, centre: CallCentre) -> None:
    items = adapter.receive(centre.push({"events": centre.whole_call()})).items

    assert [item.kind for item in items] == [f"call.{moment}" for moment in (
        "ringing", "answered", "transferred", "ended", "recorded", "transcribed")]  # fmt: skip
    assert {item.lane for item in items} == {"c-778"}
    assert not any(adapter.read(item)[0].hint for item in items)
    assert len(calls(adapter, centre.push(centre.event("ringing")))) == 1


def test_fifty_tellings_have_one_name(adapter: Adapter, centre: CallCentre) -> None:
    pushes = [centre.push(centre.event("ringing", agent="8003"), name=f"evt-{number}") for number in range(50)]

    assert len({adapter.receive(push).items[0].source_ref for push in pushes}) == 1
    two = [adapter.receive(centre.push(centre.event("ringing", agent=agent))).items[0] for agent in ("8003", "8004")]
    assert two[0].source_ref != two[1].source_ref


@pytest.mark.parametrize("fault", ["wrong signature", "old timestamp", "other key", "truncated"])
def test_what_proves_nothing_is_refused(adapter: Adapter, centre: CallCentre, fault: str) -> None:
    centre.faults = [fault]

    with pytest.raises(Forged):
        adapter.receive(centre.push(centre.event("ringing")))


def test_other_ways_to_prove_nothing(adapter: Adapter, centre: CallCentre) -> None:
    call = centre.push(centre.event("ringing"))
    for headers in ({}, {**call.headers, "webhook-id": ""}, {**call.headers, "webhook-id": "a.b"},
                    {**call.headers, "webhook-timestamp": "x"}, {**call.headers, "webhook-signature": ""},
                    {**call.headers, "webhook-signature": call.headers["webhook-signature"].replace("v1,", "v2,")},
                    {**call.headers, "webhook-signature": "v1,林"}, {**call.headers, "webhook-id": "\ud800"}):  # fmt: skip
        with pytest.raises(Forged):
            adapter.receive(replace(call, headers=headers))
    with pytest.raises(Forged):
        adapter.receive(replace(call, body=call.body + b" "))
    with pytest.raises(Forged):
        adapter.receive(centre.push(b"[" + b" " * 10_000_000 + b"]"))
    for bare in ({}, {"secret": ""}, {"secret": "whsec_"}, {"secret": "no base64!"}):
        with pytest.raises(Forged):
            built(centre, secrets=bare).receive(call)


def test_two_secrets_live_while_they_change(centre: CallCentre) -> None:
    new = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    adapter = built(centre, secrets={"secret": new, "secret_old": SECRET})

    assert adapter.receive(centre.push(centre.event("ringing"))).items
    assert adapter.receive(centre.push(centre.event("ringing"), secret=new)).items


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"events": 7}', b"{" * 2000,
                                  b'{"a":' * 40 + b"1" + b"}" * 40, b'{"events": [' + b"1," * 600 + b"1]}"])  # fmt: skip
def test_a_proved_body_that_cannot_be_read(adapter: Adapter, centre: CallCentre, body: bytes) -> None:
    with pytest.raises(Malformed):
        adapter.receive(centre.push(body))


def test_one_bad_event_sinks_only_itself_and_says_why(adapter: Adapter, centre: CallCentre) -> None:
    bad = centre.event("ringing", direction="up", note="card 4111 1111 1111 1111")
    items = adapter.receive(centre.push({"events": [bad, 7, centre.event("ringing"), {"type": "x"}]})).items

    assert [item.kind for item in items] == ["call.bad", "call.bad", "call.ringing", "call.bad"]
    with pytest.raises(Malformed, match="direction: one of in, out is expected"):
        adapter.read(items[0])
    assert "4111" not in items[0].body
    assert len(adapter.read(items[2])) == 1
    for text in ("7", "{", "[]"):
        with pytest.raises(Malformed):
            adapter.read(replace(items[2], body=text))


def test_what_must_not_be_kept_is_not_in_the_stored_item(adapter: Adapter, centre: CallCentre) -> None:
    events = [centre.event("transcribed", segments=[
        {"start": 0, "end": 1, "speaker": "customer", "text": "卡号 4111111111111111"}]),
        centre.event("recorded", recording={"url": "https://pbx.example.com/secret", "consent": "refused"})]  # fmt: skip

    heard, recorded = adapter.receive(centre.push({"events": events})).items

    assert "4111" not in heard.body
    assert "pbx.example.com/secret" not in recorded.body
    assert adapter.read(recorded)[0].details["recording"] == {"consent": "refused", "left_out": "consent_refused"}
    assert adapter.read(heard)[0].details["segments"][0]["text"] == "卡号 ****"


# Vendors


def vendor_push(centre: CallCentre, shape: str) -> Incoming:
    return Incoming("POST", "/hooks/secret", {}, {}, json.dumps(centre.vendor(shape)).encode())


@pytest.mark.parametrize(("shape", "moments", "person", "agent", "extra"), [
    ("ring-push", ["ringing"], "+8613800001234", "8003", {}),
    ("call-record", ["ended", "recorded"], "+8613800001234", "8003",
     {"talk_seconds": 30, "ended_by": "customer", "outcome": "answered", "ours": "our-1"}),
    ("end-event", ["ended"], "+8613800001234", "", {"talk_seconds": 30, "ended_by": "customer", "outcome": "answered",
                                                    "ours": "our-1"}),
    ("work-phone", ["ended", "recorded"], "+8613800001234", "P9", {"talk_seconds": 95}),
    ("call-back", ["ended"], None, "", {"outcome": "answered", "number": "withheld"}),
])  # fmt: skip
def test_each_shape_becomes_a_hint_in_our_contract(centre, shape, moments, person, agent, extra) -> None:
    adapter = built(centre, vendor=shape, app_id="app1", secrets={"secret": "token-of-the-app"})

    found = calls(adapter, vendor_push(centre, shape))

    assert [call.moment for call in found] == moments
    assert all(call.hint for call in found)
    first = found[0]
    assert first.at == centre.at()
    assert (first.person.value if first.person else None) == person
    assert first.agent == agent
    assert first.details == extra
    for call in found[1:]:
        assert call.details["recording"]["left_out"] == "consent_unknown"


def test_five_shapes_are_shipped() -> None:
    assert shipped() == ["call-back", "call-record", "end-event", "ring-push", "work-phone"]


def test_an_unanswered_and_an_outgoing_record(centre: CallCentre) -> None:
    adapter = built(centre, vendor="call-record")
    row = centre.vendor("call-record") | {"answertime": "", "billsec": "0", "recordurl": "", "direction": "outbound",
                                          "destnumber": "13900005678", "hangupdirection": "?"}  # fmt: skip

    (call,) = calls(adapter, Incoming("POST", "/", {}, {}, json.dumps(row).encode()))

    assert (call.direction, call.person.value, call.details["outcome"]) == ("out", "+8613900005678", "missed")
    assert call.details["talk_seconds"] == 0
    assert "ended_by" not in call.details


def test_a_constant_signature_must_be_there_and_still_proves_nothing(centre: CallCentre) -> None:
    adapter = built(centre, vendor="call-back", app_id="app1", secrets={"secret": "token-of-the-app"})
    other = built(centre, vendor="call-back", app_id="app1", secrets={"secret": "another"})

    assert calls(adapter, vendor_push(centre, "call-back"))[0].hint
    with pytest.raises(Forged):
        other.receive(vendor_push(centre, "call-back"))


def test_a_relay_of_the_brand_may_sign_a_vendors_shape(centre: CallCentre) -> None:
    adapter = built(centre, vendor="ring-push", signing="standard-webhooks")

    assert not calls(adapter, centre.push(centre.vendor("ring-push")))[0].hint
    with pytest.raises(Forged):
        adapter.receive(vendor_push(centre, "ring-push"))


@pytest.mark.parametrize("form", ["hex", "base64"])
def test_a_signature_in_a_header(centre: CallCentre, form: str) -> None:
    import base64

    adapter = built(centre, signing="hmac-header", signature_header="X-Sign", secrets={"secret": "a-secret-of-enough"})
    body = json.dumps(centre.event("ringing")).encode()
    mark = hmac.new(b"a-secret-of-enough", body, hashlib.sha256).digest()
    text = f"sha256={mark.hex()}" if form == "hex" else base64.b64encode(mark).decode()
    call = Incoming("POST", "/", {}, {"x-sign": text}, body)

    assert not calls(adapter, call)[0].hint
    for bad in (replace(call, headers={}), replace(call, body=body + b" "), replace(call, headers={"x-sign": "林"}),
                replace(call, headers={"x-sign": "sha256="})):  # fmt: skip
        with pytest.raises(Forged):
            adapter.receive(bad)
    with pytest.raises(Forged):
        built(centre, signing="hmac-header", secrets={"secret": ""}).receive(call)
    with pytest.raises(Forged):
        built(centre, signing="whatever").receive(call)


def test_a_strange_row_of_a_vendor_sinks_only_itself(centre: CallCentre) -> None:
    adapter = built(centre, vendor="ring-push")
    (good,) = centre.vendor("ring-push")
    rows = [
        7,
        {},
        good | {"callinEventTime": "yesterday"},
        good | {"callId": {"deep": 1}},
        good | {"called": ["x"]},
        good,
    ]

    items = adapter.receive(Incoming("POST", "/", {}, {}, json.dumps(rows).encode())).items

    assert [item.kind for item in items] == ["call.bad"] * 5 + ["call.ringing"]


OWN = """
rows = "data.list"
zone = "+09:00"
region = "JP"
[[event]]
type = "call.ringing"
when = { kind = "RING" }
[event.fields]
call = "id"
direction = { fixed = "in" }
customer_number = { path = "from.number", default = "anonymous" }
at = { path = "t", time = "s" }
"""


def test_a_stranger_adds_a_vendor_without_code(centre: CallCentre) -> None:
    adapter = built(centre, vendor="own", mapping=OWN)
    body = {"data": {"list": [{"kind": "RING", "id": "a", "from": {"number": "09012345678"}, "t": 1767323045},
                              {"kind": "OTHER"}]}}  # fmt: skip

    (call,) = calls(adapter, Incoming("POST", "/", {}, {}, json.dumps(body).encode()))

    assert call.person is not None
    assert call.person.value == "+819012345678"


@pytest.mark.parametrize(("text", "words"), [
    ("a = ", "This is no TOML"), ("signing = 'x'", "signing"), ("", "no mapping"), ("x = 1", "event: at least one"),
    ("[[event]]\ntype = 'x'", "event 0: its type"), ("[[event]]\ntype = 'call.ended'", "event 0: it has no fields"),
    ("[[event]]\ntype = 'call.ended'\nfields = { call = 7 }", "event 0, call"),
    ("[[event]]\ntype = 'call.ended'\nfields = { call = { code = 'x' } }", "event 0, call"),
    ("zone = 'Mars'\n[[event]]\ntype = 'call.ended'\nfields = { call = 'a' }", "zone"),
])  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_where(centre: CallCentre, text: str, words: str) -> None:
    with pytest.raises(BadMapping, match=words):
        mapped("nothing-like-it", text)
    with pytest.raises(Forged):
        built(centre, vendor="nothing-like-it", mapping=text).receive(Incoming("POST", "/", {}, {}, b"{}"))


def test_no_name_of_a_mapping_leaves_its_folder() -> None:
    for name in ("../adapter", "/etc/passwd", "..", "A", ""):
        with pytest.raises(BadMapping):
            mapped(name)


def test_it_only_listens(adapter: Adapter) -> None:
    assert adapter.send(Outgoing("1", Kind.NOTICE, "+8613800001234", "x")) == Refused(
        Refusal.NOT_REACHABLE, "no_sending"
    )
