"""How an answer will look on its channel, why it would not leave; and what came meanwhile, before it leaves."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.words import words
from staff.models import User
from tickets.models import Ticket, Unseen
from touchpoints.channels.sms import wording
from touchpoints.models import Channel, Conversation, Message
from touchpoints.previews import as_sent, preview_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mei: Customer, lin: User, he: User) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", channel="app")
    made.hear("It pills", channel="app", at=timezone.now(), source="t", source_ref="1")
    made.assign(lin, by=he)
    return made


def thread(customer: Customer, way: str, adapter: str = "sandbox", subject: str = "", **settings: Any) -> Conversation:
    channel = Channel.objects.create(code=way, name=words(way), way=way, adapter=adapter, settings=settings)
    identity = customer.identities.filter(kind={"sms": "phone"}.get(way, way)).first()
    talk = Conversation.objects.create(customer=customer, channel=channel, thread=f"{way}-1", identity=identity)
    talk.hear("Hello", at=timezone.now(), source=way, source_ref="1", subject=subject)
    return talk


def asked(client: Client, ticket: Ticket, how: str, text: str, *, htmx: bool = True) -> Any:
    path = reverse("tickets:preview", args=[ticket.number])
    return client.post(path, {"how": how, "text": text}, headers=HTMX if htmx else {})


@pytest.mark.parametrize(
    ("text", "coding", "units", "parts"),
    [
        ("", "GSM-7", 0, 1), ("a" * 160, "GSM-7", 160, 1), ("a" * 161, "GSM-7", 161, 2), ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3), ("€" * 80, "GSM-7", 160, 1), ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2), ("尺" * 70, "UCS-2", 70, 1), ("尺" * 71, "UCS-2", 71, 2),
        ("尺" * 134, "UCS-2", 134, 2), ("尺" * 135, "UCS-2", 135, 3), ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2), ("尺" * 66 + "😀" + "尺" * 66, "UCS-2", 134, 3), ("naïve", "UCS-2", 5, 1),
    ],
)  # fmt: skip
def test_short_messages_are_counted_as_the_network_does(text: str, coding: str, units: int, parts: int) -> None:
    assert (wording.coding_of(text), wording.units_of(text), wording.parts_in(text)) == (coding, units, parts)


def test_a_short_message_shows_its_signature_and_parts(
    client: Client, ticket: Ticket, mei: Customer, lin: User
) -> None:
    talk = thread(mei, "sms", sign_name="松叙")
    client.force_login(lin)

    page = asked(client, ticket, talk.said_by, "尺" * 70).content.decode()

    assert "【松叙】" in page
    assert "74 signs, 2 messages (UCS-2)" in page
    assert "needs no consent" in page


def test_a_mail_shows_sender_and_subject_and_leaves_with_them(client: Client, ticket: Ticket, mei, lin: User) -> None:
    talk = thread(mei, "mail", subject="Fault", from_address="help@example.com", from_name="Songxu")
    client.force_login(lin)

    page = asked(client, ticket, talk.said_by, "See below").content.decode()

    assert "Songxu &lt;help@example.com&gt;" in page
    assert "Re: Fault" in page
    assert talk.say("See below", by=lin).subject == "Re: Fault"
    talk.hear("Again", at=timezone.now(), source="mail", source_ref="2", subject="Re: Fault")
    assert talk.reply_subject() == "Re: Fault"


def test_blanks_are_filled_as_they_leave_and_an_empty_one_is_told(client: Client, ticket, mei, lin: User) -> None:
    talk = thread(mei, "app")
    Customer.objects.filter(pk=mei.pk).update(advisor=None)
    talk.refresh_from_db()
    text = "{store}: {brand}, {unknown}, {advisor} {{x}}"
    client.force_login(lin)

    page = asked(client, ticket, talk.said_by, text).content.decode()

    assert "A blank stayed empty" in page
    assert "{unknown}" in page
    assert "{brand}" not in page
    client.post(reverse("tickets:say", args=[ticket.number]), {"how": talk.said_by, "text": text, "token": "t"})
    sent = Message.objects.get(direction="out").body
    assert sent == as_sent(Conversation.objects.get(pk=talk.pk), text)
    assert "{unknown}" in sent


@pytest.mark.parametrize("why", ["stopped", "old", "closed", "long", "template", "offer", "address", "dead"])
def test_what_would_not_leave_says_why(mei: Customer, why: str) -> None:
    text = "Your pair is here"
    if why in ("stopped", "old", "closed"):
        talk = thread(mei, "app")
        if why == "stopped":
            Channel.objects.update(state="stopped")
        elif why == "old":
            Message.objects.update(at=timezone.now() - timezone.timedelta(days=8))
        else:
            Customer.objects.filter(pk=mei.pk).update(erased_at=timezone.now())
    elif why == "long":
        from customers.actions import add_identity

        add_identity(mei, kind="wecom", value="wm-mei")
        talk, text = thread(mei, "wecom", "wecom"), "尺" * 700
    else:
        talk = thread(mei, "sms", "sms", provider="twilio" if why != "template" else "aliyun", sign_name="松叙")
        if why == "offer":
            text = "今天全场优惠"
        elif why == "address":
            Conversation.objects.update(identity=None)
        elif why == "dead":
            mei.identities.filter(kind="phone").update(suspended_at=timezone.now())
    talk = Conversation.objects.select_related("channel", "customer", "identity").get(pk=talk.pk)

    said = preview_of(talk, text).why_not

    words_of = {
        "stopped": "stopped", "old": "seven days", "closed": "closed", "long": "longer", "template": "approved texts",
        "offer": "offer", "address": "no address", "dead": "came back",
    }  # fmt: skip
    from django.utils import translation

    with translation.override("en"):
        assert words_of[why] in preview_of(talk, text).why_not
    assert said


def test_a_preview_sends_nothing_keeps_the_words_and_works_without_script(client, ticket, mei, lin: User) -> None:
    talk = thread(mei, "app")
    client.force_login(lin)

    page = asked(client, ticket, talk.said_by, "Half a <b>sentence", htmx=False).content.decode()

    assert "<!doctype html>" in page.lower()
    assert page.count("Half a &lt;b&gt;sentence") == 2  # in the field and as the customer sees it
    assert not Message.objects.filter(direction="out").exists()
    assert "stays with us" in asked(client, ticket, "note", "x").content.decode()
    assert asked(client, ticket, "talk-999999", "x").status_code == 200
    assert "Choose by which channel" in asked(client, ticket, "talk-999999", "x").content.decode()


def test_a_preview_is_cheap_and_closed_to_others(client: Client, ticket: Ticket, mei, lin: User, zhao: User) -> None:
    talk = thread(mei, "mail", subject="Fault")
    client.force_login(lin)
    asked(client, ticket, talk.said_by, "x")
    with CaptureQueriesContext(connection) as queries:
        asked(client, ticket, talk.said_by, "x {name} {store} {advisor}")
    assert len(queries) <= 12
    client.force_login(zhao)
    assert asked(client, ticket, talk.said_by, "x").status_code == 404


# What came meanwhile


def newest(ticket: Ticket) -> int:
    entry = ticket.entries.order_by("-pk").first()
    return entry.pk if entry else 0


def send(client: Client, ticket: Ticket, talk: Conversation, seen: int | str, **more: str) -> Any:
    data = {"how": talk.said_by, "text": "Typed with care", "token": "k1", "seen": str(seen)} | more
    return client.post(reverse("tickets:say", args=[ticket.number]), data)


def test_news_are_shown_before_an_answer_leaves_and_nothing_typed_is_lost(client: Client, ticket, mei, lin) -> None:
    talk, seen = thread(mei, "app"), newest(ticket)
    ticket.hear("Never mind, <i>refund</i> it", channel="app", at=timezone.now(), source="t", source_ref="2")
    client.force_login(lin)

    answer = send(client, ticket, talk, seen)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Typed with care" in page
    assert "Never mind, &lt;i&gt;refund&lt;/i&gt; it" in page
    assert f'value="{talk.said_by}" checked' in page
    assert 'value="k1"' in page
    assert not Message.objects.filter(direction="out").exists()
    assert send(client, ticket, talk, seen, anyway="on").status_code == 302
    assert Message.objects.filter(direction="out").count() == 1


def test_own_words_and_what_one_may_not_read_are_no_news(client: Client, ticket, mei, lin, he, ke, west_lake) -> None:
    from tickets.models import Handover

    talk, seen = thread(mei, "app"), newest(ticket)
    client.force_login(lin)
    ticket.note("Own note", by=lin)
    for _press in range(2):
        assert send(client, ticket, talk, seen).status_code == 302
    assert Message.objects.filter(direction="out").count() == 1
    Handover.to_store(ticket, west_lake, by=lin, note="")
    seen = newest(ticket)
    ticket.note("Between colleagues of the desk", by=he)
    client.force_login(ke)
    assert send(client, ticket, talk, seen, token="k2").status_code == 302
    client.force_login(lin)
    assert send(client, ticket, talk, seen, token="k3").status_code == 409


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30])
def test_a_page_that_says_nothing_good_of_what_it_saw_does_not_break(client: Client, ticket, mei, lin, seen) -> None:
    talk = thread(mei, "app")
    client.force_login(lin)
    assert send(client, ticket, talk, seen).status_code == (302 if seen == "" else 422)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_is_told_of_the_other(mei: Customer, lin: User, he: User) -> None:
    ticket, _new = Ticket.open(mei, "Leggings pill", channel="app")
    start, told = threading.Barrier(2), []

    def answer(user: User) -> None:
        from django.db import transaction

        start.wait()
        try:
            with transaction.atomic():
                ticket_there = Ticket.objects.get(pk=ticket.pk)
                ticket_there.look_first(0, by=user)
                ticket_there.answer("Hello", by=user, channel="app")
                told.append("sent")
        except Unseen as unseen:
            told.append(str(unseen.entries[0].author))
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[user]) for user in (lin, he)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(told) == sorted(["sent", str(ticket.entries.get().author)])
