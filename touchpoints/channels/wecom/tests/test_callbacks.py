"""What WeCom tells us: proved, stored once, read; forged, replayed and poisoned calls come to nothing."""

from dataclasses import replace

import pytest

from touchpoints.channels.protocol import Account, Forged, Incoming, Item, Malformed, Relation, Waiting
from touchpoints.channels.wecom.adapter import Adapter
from touchpoints.channels.wecom.crypto import Envelope
from touchpoints.channels.wecom.tests.server import CORP, TOKEN, WeCom

ADDED = {"UserID": "meiling", "ExternalUserID": "wmTEST0001", "State": "store-001", "WelcomeCode": "WC1"}


def test_the_address_check_is_answered_with_the_bare_message(adapter: Adapter, wecom: WeCom) -> None:
    sealed = "4j/AuRx71kQlxVlzbpsMWN+/9gnjq76PgkaD8Ai+nOed7SF1OAQwgQdDXSrjavOEZXkShfMaGYV3+rsBUfVuDw=="
    query = {"msg_signature": "6a42b245bcd749087b72bec4faedb51d958e862d", "timestamp": "1766300000",
             "nonce": "nonce123", "echostr": sealed}  # fmt: skip

    received = adapter.receive(Incoming("GET", "/", query, {}, b""))

    assert received.reply.body == b"4711081523421234567"
    assert received.items == ()
    with pytest.raises(Forged):
        adapter.receive(Incoming("GET", "/", query | {"echostr": sealed.replace("+", " ")}, {}, b""))


def test_a_new_friend_is_a_relation_with_state_and_welcome(adapter: Adapter, wecom: WeCom) -> None:
    received = adapter.receive(wecom.push(wecom.event("add_external_contact", **ADDED)))

    (item,) = received.items
    (relation,) = adapter.read(item)
    assert (received.reply.status, received.reply.body) == (200, b"")
    assert (item.kind, item.lane) == ("change_external_contact.add_external_contact", "wmTEST0001")
    assert isinstance(relation, Relation)
    assert (relation.person.kind, relation.person.value, relation.person.proved) == ("wecom", "wmTEST0001", False)
    assert (relation.colleague, relation.present, relation.state, relation.welcome) == (
        "meiling", True, "store-001", "WC1",
    )  # fmt: skip
    assert relation.at.timestamp() == wecom.now


@pytest.mark.parametrize(("change", "present"), [
    ("add_half_external_contact", True), ("del_follow_user", False), ("del_external_contact", False),
])  # fmt: skip
def test_other_moves_of_a_relation(adapter: Adapter, wecom: WeCom, change: str, present: bool) -> None:
    (item,) = adapter.receive(wecom.push(wecom.event(change, **ADDED))).items

    assert [one.present for one in adapter.read(item)] == [present]


@pytest.mark.parametrize("change", ["edit_external_contact", "transfer_fail", "something_new"])
def test_what_says_nothing_of_reach_is_kept_and_is_no_news(adapter: Adapter, wecom: WeCom, change: str) -> None:
    (item,) = adapter.receive(wecom.push(wecom.event(change, **ADDED))).items

    assert item.kind.endswith(change)
    assert list(adapter.read(item)) == []


def test_the_same_event_again_has_the_same_name_whatever_the_envelope(adapter: Adapter, wecom: WeCom) -> None:
    event = wecom.event("add_external_contact", **ADDED)
    (first,) = adapter.receive(wecom.push(event)).items
    wecom.now += 5
    (again,) = adapter.receive(wecom.push(event, nonce="another")).items
    (other,) = adapter.receive(wecom.push(wecom.event("add_external_contact", **ADDED))).items

    assert first.source_ref == again.source_ref != other.source_ref


def test_a_push_of_customer_service_says_fetch_now(adapter: Adapter, wecom: WeCom) -> None:
    message = ("<xml><CreateTime>1766300000</CreateTime><MsgType>event</MsgType><Event>kf_msg_or_event</Event>"
               "<Token>PT1</Token><OpenKfId>kf1</OpenKfId></xml>")  # fmt: skip

    (item,) = adapter.receive(wecom.push(message)).items
    adapter.fetch({})

    assert list(adapter.read(item)) == [Waiting("kf1")]
    assert wecom.calls[-1].json()["token"] == "PT1"


def test_a_colleague_writing_to_the_app_is_named_by_the_message(adapter: Adapter, wecom: WeCom) -> None:
    message = ("<xml><FromUserName>meiling</FromUserName><CreateTime>1766300000</CreateTime><MsgType>text</MsgType>"
               "<Content>hi</Content><MsgId>123456</MsgId><AgentID>1000002</AgentID></xml>")  # fmt: skip

    (item,) = adapter.receive(wecom.push(message)).items

    assert (item.source_ref, item.kind) == ("msg:123456", "text")
    assert list(adapter.read(item)) == []


def test_while_the_key_changes_both_open(account: Account, wecom: WeCom) -> None:
    new_key = "CDECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    old = dict(account.secrets)
    adapter = Adapter(replace(account, secrets={
        "token": "newtoken", "aes_key": new_key, "token_old": old["token"], "aes_key_old": old["aes_key"],
    }))  # fmt: skip
    adapter.clock = lambda: wecom.now
    event = wecom.event("add_external_contact", **ADDED)

    assert adapter.receive(wecom.push(event)).items
    assert adapter.receive(wecom.push(event, envelope=Envelope("newtoken", new_key, CORP))).items
    with pytest.raises(Forged):
        adapter.receive(wecom.push(event, envelope=Envelope(TOKEN, new_key, CORP)))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_an_old_or_early_call_is_refused_unless_the_setting_says_so(account, wecom: WeCom, seconds: int) -> None:
    call = wecom.push(wecom.event("add_external_contact", **ADDED))
    strict, mild = Adapter(account), Adapter(replace(account, settings={**account.settings, "fresh_seconds": 0}))
    strict.clock = mild.clock = lambda: wecom.now + seconds

    assert mild.receive(call).items
    with pytest.raises(Forged):
        strict.receive(call)


def forged(call: Incoming) -> list[Incoming]:
    query = dict(call.query)
    return [
        replace(call, query={}),
        replace(call, query=query | {"msg_signature": ""}),
        replace(call, query=query | {"msg_signature": "0" * 40}),
        replace(call, query=query | {"nonce": "other"}),
        replace(call, query=query | {"timestamp": "1766300001"}),
        replace(call, query=query | {"timestamp": "17663000x0"}),
        replace(call, query=query | {"timestamp": "１７６６３０００００"}),
        replace(call, query=query | {"timestamp": "9" * 40}),
        replace(call, body=b""),
        replace(call, body=b"<xml>"),
        replace(call, body=b"<xml></xml>"),
        replace(call, body=b"\xff\xfe" + call.body),
        replace(call, body=call.body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[A")),
        replace(call, body=b"<xml>" + b"x" * 10_000_000 + b"</xml>"),
        replace(call, method="GET"),
    ]


def test_a_forged_call_is_refused_without_a_word(adapter: Adapter, wecom: WeCom) -> None:
    call = wecom.push(wecom.event("add_external_contact", **ADDED))
    for bad in forged(call):
        with pytest.raises(Forged) as caught:
            adapter.receive(bad)
        assert str(caught.value) == ""


def test_a_call_for_another_company_is_refused(adapter: Adapter, wecom: WeCom) -> None:
    other = Envelope(wecom.envelope.token, wecom.envelope.aes_key, "ww_other_company")

    with pytest.raises(Forged):
        adapter.receive(wecom.push(wecom.event("add_external_contact", **ADDED), envelope=other))


def test_without_token_or_company_nothing_is_believed(account: Account, wecom: WeCom) -> None:
    call = wecom.push(wecom.event("add_external_contact", **ADDED), envelope=Envelope("", wecom.envelope.aes_key, ""))
    for bare in (replace(account, secrets={}), replace(account, settings={})):
        adapter = Adapter(bare)
        adapter.clock = lambda: wecom.now
        with pytest.raises(Forged):
            adapter.receive(call)


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]><xml><CreateTime>1</CreateTime><MsgType>&j;</MsgType></xml>"  # fmt: skip
XXE = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><CreateTime>1</CreateTime><MsgType>&a;</MsgType></xml>'
)
BARE_DTD = "<!DOCTYPE xml><xml><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>"


@pytest.mark.parametrize("poison", [LAUGHS, XXE, BARE_DTD, "<xml>", "no xml", "<xml><MsgType>event</MsgType></xml>",
                                    "<xml><CreateTime>x</CreateTime></xml>"])  # fmt: skip
def test_a_poisoned_message_in_a_true_envelope_cannot_be_read(adapter: Adapter, wecom: WeCom, poison: str) -> None:
    with pytest.raises(Malformed):
        adapter.receive(wecom.push(poison))


@pytest.mark.parametrize("poison", [LAUGHS, XXE, BARE_DTD])
def test_a_poisoned_outside_proves_nothing(adapter: Adapter, wecom: WeCom, poison: str) -> None:
    with pytest.raises(Forged):
        adapter.receive(replace(wecom.push("<xml/>"), body=poison.encode()))


def test_a_relation_without_a_person_is_malformed(adapter: Adapter, wecom: WeCom) -> None:
    item = Item("x", "change_external_contact.add_external_contact", None, wecom.event("add_external_contact"))

    with pytest.raises(Malformed):
        adapter.read(item)
