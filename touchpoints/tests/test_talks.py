"""Conversations on the customer's page: who sees them, that a second press is the first, and what hostile words do."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.fact_rules import heard, proposals
from customers.models import Consent, Customer, Fact, FactKey, FactRule, Identity
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import ApiClient, AuditEntry, User
from tests.footprint import footprint
from touchpoints import intake, news
from touchpoints.channels.protocol import Item, MessageIn, OptOut, Person
from touchpoints.models import (
    Channel,
    ChannelChoice,
    Conversation,
    Inbox,
    Message,
    Outreach,
    OutreachScene,
    Restraint,
)
from touchpoints.outreach import conversation_with


@pytest.fixture
def wecom(db: None) -> Channel:
    return Channel.objects.create(code="wecom", name=words("企微", "企微", "WeCom"), way="wecom", adapter="sandbox")


@pytest.fixture
def talk(mei: Customer, wecom: Channel) -> Conversation:
    found = conversation_with(mei, wecom, None)
    found.hear("对羊毛过敏", at=timezone.now(), source="wecom", source_ref="1")
    return found


@pytest.fixture
def allergy(db: None) -> FactKey:
    kind, _made = FactKey.objects.get_or_create(code="allergy", defaults={"name": words("过敏"), "concern": "safety"})
    FactRule.objects.create(kind=kind, phrase="对…过敏", value="…过敏")
    return kind


def write(client: Client, talk: Conversation, text: str = "好的", key: str = "t1", **headers: str) -> Any:
    return client.post(
        f"/customers/{talk.customer.number}/talk/new/", {"talk": talk.pk, "text": text, "token": key}, headers=headers
    )


def test_a_second_press_is_the_first_message(client: Client, talk: Conversation, ke: User) -> None:
    client.force_login(ke)

    write(client, talk)
    write(client, talk)

    assert Message.objects.filter(direction="out").count() == 1
    talk.refresh_from_db()
    assert talk.waiting_since is None


def test_an_outsider_reads_nothing_answers_nothing_and_takes_nothing_down(
    client: Client, talk: Conversation, zhao: User, allergy: FactKey
) -> None:
    client.force_login(zhao)
    message = Message.objects.get()
    number = talk.customer.number

    answers = [
        client.get(f"/customers/{number}/talk/"), write(client, talk), client.get(f"/customers/{number}/contacts/"),
        client.post(f"/customers/{number}/talk/{message.pk}/fact/", {"key": "allergy", "value": "x"}),
        client.get(f"/customers/{number}/contacts/new/"),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404] * 5
    assert Message.objects.count() == 1
    assert not Fact.objects.exists()


def test_another_customers_conversation_is_refused(
    client: Client, talk: Conversation, ke: User, west_lake: Any
) -> None:
    other = Customer.objects.create(number="2", display_name="二", home_store=west_lake)
    client.force_login(ke)

    answer = client.post(f"/customers/{other.number}/talk/new/", {"talk": talk.pk, "text": "x", "token": "t"})
    message = client.post(
        f"/customers/{other.number}/talk/{Message.objects.get().pk}/fact/", {"key": "a", "value": "b"}
    )

    assert (answer.status_code, message.status_code) == (422, 404)
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_what_cannot_be_sent_is_said_and_what_was_typed_stays(
    client: Client, talk: Conversation, ke: User, text: str
) -> None:
    client.force_login(ke)

    answer = write(client, talk, text)

    assert answer.status_code == 422
    assert text.strip()[:50] in answer.content.decode()
    assert not Message.objects.filter(direction="out").exists()


def test_a_fact_from_a_message_knows_its_channel_and_its_moment(
    client: Client, talk: Conversation, ke: User, allergy: FactKey
) -> None:
    client.force_login(ke)
    message = Message.objects.get()
    address = f"/customers/{talk.customer.number}/talk/{message.pk}/fact/"

    for _press in range(2):
        client.post(address, {"key": "allergy", "value": "羊毛过敏"})
    unknown = client.post(address, {"key": "nothing", "value": "x"}, headers={"HX-Request": "true"})

    fact = Fact.objects.get()
    assert (fact.value, fact.channel, fact.told_at, fact.note) == ("羊毛过敏", "wecom", message.at, "对羊毛过敏")
    assert unknown.status_code == 422


EVIL = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "{{ request.user }}",
    "{% debug %}", "\"><svg/onload=alert(1)>", "' OR 1=1 --", "😀" * 200, "\u202eabc", "</textarea><script>x</script>",
]  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_hostile_words_are_words(client: Client, talk: Conversation, ke: User, gu: User, text: str) -> None:
    talk.hear(text, at=timezone.now(), source="wecom", source_ref="evil", subject=text)
    client.force_login(ke)
    pages = [client.get(f"/customers/{talk.customer.number}/talk/").content.decode()]
    client.force_login(gu)
    pages.append(client.get(f"/sandbox/{talk.customer.number}/").content.decode())

    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page
        assert "<script>x" not in page
    assert Message.objects.get(source_ref="evil").body == text


# Contacting for an occasion


def test_a_look_at_a_contact_writes_nothing_not_even_who_is_kept_out(client: Client, mei: Customer, ke: User) -> None:
    Restraint.objects.create(quiet_from=None, quiet_to=None)
    scene = OutreachScene.objects.create(code="season", name=words("换季"), holdout=50)
    ChannelChoice.objects.create(scene=scene, ways=["sms"])
    Consent.objects.say(mei, "marketing", "sms", given=True, origin="staff")
    client.force_login(ke)
    client.get("/customers/20418837/contacts/")  # what every first page of a session writes
    before = footprint()

    answer = client.get("/customers/20418837/contacts/new/", {"scene": "season"})

    assert answer.status_code == 200
    assert "会怎样" in answer.content.decode() or "What would happen" in answer.content.decode()
    assert footprint() == before


def test_what_is_service_is_sent_by_its_occasion_not_by_hand(client: Client, mei: Customer, ke: User) -> None:
    """A notice needs no consent: chosen by hand it would be the way around one."""
    OutreachScene.objects.create(code="parcel", name=words("包裹"), kind="notice")
    client.force_login(ke)

    answer = client.post("/customers/20418837/contacts/new/", {"scene": "parcel", "token": "t"})

    assert answer.status_code == 422
    assert not Outreach.objects.exists()


# What channels bring


def take(channel: Channel, *items: Item) -> None:
    intake.store_items(channel, list(items))
    intake.work_off()


def said(text: str, value: str = "wm1", ref: str = "m1", kind: str = "message") -> Item:
    body = f'{{"kind": "wecom", "value": "{value}", "text": "{text}", "name": "晚风"}}'
    return Item(ref, kind, timezone.now(), body, lane=value)


def test_a_strangers_first_word_makes_one_provisional_customer(wecom: Channel) -> None:
    take(wecom, said("在吗", ref="m1"), said("有货吗", ref="m2"), said("在吗", ref="m1"))

    customer = Customer.objects.get()
    assert (customer.provisional, customer.display_name) == (True, "晚风")
    assert [row.body for row in Message.objects.order_by("place")] == ["在吗", "有货吗"]
    assert Inbox.objects.get(source_ref="m1").customer == customer


def test_a_message_that_cannot_be_read_is_given_up_and_the_others_pass(wecom: Channel) -> None:
    take(wecom, Item("bad", "message", timezone.now(), "{", lane="a"), said("好"))

    assert Inbox.objects.get(source_ref="bad").state == "dead"
    assert Message.objects.count() == 1


def test_a_no_from_anybody_is_obeyed_and_makes_no_record(mei: Customer, db: None) -> None:
    sms = Channel.objects.create(code="sms", way="sms", adapter="sandbox")
    Consent.objects.say(mei, "marketing", "sms", given=True, origin="staff")

    news.apply(sms, [OptOut(Person("phone", "19900001234"), timezone.now(), "1")])
    news.apply(sms, [OptOut(Person("phone", "19900009999"), timezone.now(), "2")])

    assert not Consent.objects.allows(mei, "marketing", "sms")
    assert Customer.objects.count() == 1


def test_an_automatic_answer_is_kept_and_wakes_nothing(mei: Customer, talk: Conversation, wecom: Channel) -> None:
    talk.say("好的", by=None)
    person = Person("wecom", "wm9")
    Identity.objects.filter(customer=mei, kind="member_no").update(kind="wecom")

    news.apply(wecom, [MessageIn(person, "Out of office", timezone.now(), "auto-1", machine=True)])

    heard_now = Message.objects.get(source_ref="auto-1")
    assert heard_now.machine
    assert heard_now.conversation.waiting_since is None


def test_nobody_is_written_to_out_of_the_blue(mei: Customer, wecom: Channel, ke: User) -> None:
    quiet = conversation_with(mei, wecom, None)

    with pytest.raises(TransitionRefused):
        quiet.say("好久不见", by=ke)


def test_a_stopped_channel_says_so(talk: Conversation, ke: User) -> None:
    talk.channel.stop("test")

    with pytest.raises(TransitionRefused):
        talk.say("x", by=ke)


# Channels


def test_secrets_are_sealed_and_never_shown(client: Client, gu: User, ke: User, wecom: Channel) -> None:
    Channel.objects.update(adapter="sandbox")
    wecom.refresh_from_db()
    with pytest.raises(TransitionRefused):
        wecom.give_secrets({"nothing": "x"}, by=gu)

    client.force_login(gu)
    Channel.objects.update(adapter="wecom")
    shown = client.post("/channels/wecom/hook/").content.decode()
    again = client.get("/channels/wecom/").content.decode()

    assert "/hooks/" in shown
    assert "/hooks/" not in again
    assert AuditEntry.objects.filter(what="channel.hook_made").count() == 1
    client.force_login(ke)
    assert client.get("/channels/wecom/").status_code == 403


def test_a_call_to_an_unknown_address_or_a_forged_one_leaves_no_row(client: Client, wecom: Channel, gu: User) -> None:
    token = wecom.new_hook(by=gu)

    answers = [client.post(f"/hooks/{'x' * 32}/", b"{}", content_type="application/json").status_code,
               client.post(f"/hooks/{token}/", b"{}", content_type="application/json").status_code,
               client.get(f"/hooks/{token}/").status_code, client.post("/hooks/short/").status_code]  # fmt: skip

    assert answers == [404, 403, 403, 404]
    assert not Inbox.objects.exists()


def test_an_arrival_is_tried_again_by_an_operator_once(client: Client, gu: User, db: None) -> None:
    row = Inbox.objects.create(source="shop", source_ref="x", kind="y", at=timezone.now(), body="{}", state="dead")
    client.force_login(gu)

    for _press in range(2):
        client.post(f"/channels/arrivals/{row.pk}/replay/")

    row.refresh_from_db()
    assert row.state == "waiting"
    assert AuditEntry.objects.filter(what="inbox.replayed").count() == 1


@pytest.mark.parametrize("state", ["", "stopped", "queued", "nonsense"])
def test_the_list_of_contacts_is_cheap(
    client: Client, gu: User, state: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(gu)
    with django_assert_max_num_queries(12):
        assert client.get("/outreach/", {"state": state, "after": "x"}).status_code in (200, 400)


def test_signing_keys_are_shown_once(client: Client, gu: User, db: None) -> None:
    ApiClient.objects.create(code="shop", name="Shop")
    client.force_login(gu)

    shown = client.post("/api-clients/shop/signing/").content.decode()
    again = client.get("/api-clients/shop/").content.decode()

    assert shown.count("whsec_") == 2
    assert again.count("whsec_") == 1


# Rules


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("对…过敏", "我对羊毛过敏，别推荐", "羊毛"), ("对…过敏", "不过敏", None), ("穿…码", "平时穿38.5码的鞋", "38.5"),
        ("allergic to …", "I'm Allergic to peanuts.", "peanuts"), ("别打电话", "请别打电话", ""),
        ("对…过敏", "对这件衣服我有很多话想说，但是并没有过敏", None), ("对…过敏", "对" + "x" * 5000 + "过敏", None),
    ],
)  # fmt: skip
def test_a_rule_hears_what_stands_in_its_gap(phrase: str, text: str, found: str | None) -> None:
    assert heard(phrase, text) == found


def test_a_rule_proposes_and_never_writes(allergy: FactKey) -> None:
    assert [(one.kind.code, one.value) for one in proposals("我对坚果过敏")] == [("allergy", "坚果过敏")]
    assert not Fact.objects.exists()
