"""The rule bot: it answers what it knows, says why, never more than three times, and a person is one word away."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client
from django.utils import timezone

from customers import wakeups
from customers.models import Customer
from customers.privacy import erase
from loyalty.models import PointsAccount
from scrm.kernel.words import words
from staff.models import User
from tickets import bot, hearing
from tickets.models import BotRule, BotTurn, Entry, Ticket
from tickets.tests.test_articles import live
from touchpoints.models import Channel, Conversation, Message


@pytest.fixture
def talk(mei: Customer) -> Conversation:
    site = Channel.objects.create(code="site", adapter="web", way="web", state=Channel.State.ON)
    return Conversation.objects.create(customer=mei, channel=site, thread="mei")


@pytest.fixture
def rules(db: None) -> dict[str, BotRule]:
    made = [
        BotRule(code="hours", words=["几点", "营业", "open"], answer=words("10 点到 22 点。", "", "From 10 to 22.")),
        BotRule(code="points", words=["积分", "points"], lookup="points"),
        BotRule(code="wash", words=["怎么洗", "洗"], answer=words("冷水洗。")),
        BotRule(code="return", words=["退货"], answer=words("七天内可退。")),
        BotRule(code="order", words=["订单"], lookup="order"),
        BotRule(code="level", words=["等级"], lookup="account"),
        BotRule(code="off", words=["几点"], answer=words("不会说。"), used=False),
    ]
    return {rule.code: rule for rule in BotRule.objects.bulk_create(made)}


def say(talk: Conversation, text: str, ref: str = "", **more: Any) -> Message:
    source_ref = ref or f"m{Message.objects.count()}"
    message = talk.hear(text, at=timezone.now(), source="site", source_ref=source_ref, **more)
    assert message is not None
    return message


def asked(talk: Conversation, text: str, **more: Any) -> BotTurn:
    turn = bot.heard(say(talk, text, **more))
    assert turn is not None
    return turn


def said(talk: Conversation) -> list[str]:
    return list(talk.messages.filter(direction="out").order_by("place").values_list("body", flat=True))


def test_what_is_known_is_answered_at_once_and_explained(talk: Conversation, rules: Any, mei: Customer) -> None:
    turn = asked(talk, "你们几点营业？")

    answer = Message.objects.get(direction="out")
    assert (answer.body, answer.automatic, answer.author) == ("10 点到 22 点。", True, None)
    assert (turn.did, turn.because, turn.rule, turn.matched) == ("answered", "rule", rules["hours"], ["几点", "营业"])
    assert turn.answer == answer
    entry = Entry.objects.get(direction="out")
    assert (entry.machine, entry.message) == (True, answer)


def test_a_rule_is_no_person_the_promise_and_the_waiting_stand(talk: Conversation, rules: Any) -> None:
    asked(talk, "几点开门")

    case = Ticket.objects.get()
    assert (case.state, case.answered_at) == ("new", None)
    assert case.waiting_since is not None
    assert case.clocks.get(metric="first").met_at is None
    talk.refresh_from_db()
    assert talk.waiting_since is not None


def test_the_customers_language_and_whole_words(talk: Conversation, rules: Any, mei: Customer) -> None:
    Customer.objects.update(locale="en")
    talk.refresh_from_db()

    assert asked(talk, "I reopened my parcel").because == "no_rule"
    assert asked(talk, "When do you OPEN?").did == "answered"

    assert said(talk) == ["From 10 to 22."]


def test_points_order_and_level_only_for_who_is_known(talk: Conversation, rules: Any, mei: Customer) -> None:
    account = PointsAccount.objects.of(mei)
    PointsAccount.objects.filter(pk=account.pk).update(available=1240)
    asked(talk, "我的积分")
    asked(talk, "我的订单")
    asked(talk, "我的等级")
    assert said(talk) == ["您有 1,240 积分。", "没有查到您的订单。", "您还没有等级。"]

    stranger = Customer.objects.create(number="V-1", provisional=True)
    other = Conversation.objects.create(customer=stranger, channel=talk.channel, thread="v")
    asked(other, "积分有多少")
    assert said(other) == ["请先登录网站，或问问同事：知道您是谁，才能替您查。"]


def test_three_at_most_never_one_twice_then_a_person_with_the_memory(talk: Conversation, rules: Any) -> None:
    assert asked(talk, "几点").did == "answered"
    again = asked(talk, "几点啊")
    assert (again.did, again.because, again.rule) == ("silent", "said", rules["hours"])
    assert asked(talk, "怎么洗").did == "answered"
    assert asked(talk, "能退货吗").did == "answered"
    last = asked(talk, "积分呢")
    assert (last.did, last.because, last.answer) == ("handed_over", "spent", None)
    assert asked(talk, "积分").because == "passed_on"

    assert len(said(talk)) == 3
    memo = Entry.objects.get(direction="", machine=True).body
    for line in ("问：几点", "答：10 点到 22 点。", "问：几点啊", "答：冷水洗。", "答：七天内可退。", "问：积分呢"):
        assert line in memo


@pytest.mark.parametrize("text", ["转人工", "还是没解决", "I want a human!", "還是沒解決", "It is not solved"])
def test_one_word_leads_to_a_person(talk: Conversation, rules: Any, text: str) -> None:
    asked(talk, "几点")
    turn = asked(talk, text)

    assert (turn.did, turn.because) == ("handed_over", "asked")
    assert turn.matched
    assert said(talk)[-1] == "已转给同事来办，您写的都看得到，不用再讲。"
    assert asked(talk, "怎么洗").did == "silent"
    assert "问：几点" in Entry.objects.get(direction="", machine=True).body


def test_it_keeps_out_where_a_person_spoke_or_life_and_law_are_touched(
    talk: Conversation, rules: Any, lin: User
) -> None:
    assert asked(talk, "洗了以后过敏起红疹").because == "risk"
    Ticket.objects.update(risk="legal")
    assert asked(talk, "几点").because == "risk"
    Ticket.objects.update(risk="")
    Ticket.objects.get().answer("我来看看", by=lin, channel="web")
    assert asked(talk, "几点").because == "person"

    assert said(talk) == []


def test_machines_other_channels_and_forms_are_not_answered(talk: Conversation, rules: Any, mei: Customer) -> None:
    assert bot.heard(say(talk, "几点", machine=True)) is None
    assert bot.heard(say(talk, "几点", ref="key:form")) is None
    mail = Channel.objects.create(code="mail", adapter="mail", way="mail", state=Channel.State.ON)
    assert bot.heard(say(Conversation.objects.create(customer=mei, channel=mail, thread="x"), "几点")) is None
    BotRule.objects.update(used=False)
    assert bot.heard(say(talk, "人工")) is None

    assert not BotTurn.objects.exists()
    assert not Message.objects.filter(direction="out").exists()


def test_a_stopped_channel_is_a_reason(talk: Conversation, rules: Any) -> None:
    message = say(talk, "几点")
    Channel.objects.update(state="off")
    message = Message.objects.get(pk=message.pk)

    turn = bot.heard(message)

    assert turn is not None
    assert (turn.did, turn.because) == ("silent", "refused")


def test_a_public_article_answers_with_its_address(talk: Conversation, lin: User, he: User) -> None:
    version = live(lin, he)
    BotRule.objects.create(code="pilling", words=["起球"], article=version.article)
    assert asked(talk, "起球怎么办").did == "answered"
    assert said(talk)[0].startswith("翻到里面，冷水洗。")
    assert said(talk)[0].endswith("/help/pilling/")

    version.retire(by=he)
    other = Conversation.objects.create(
        customer=Customer.objects.create(number="V-2"), channel=talk.channel, thread="v"
    )
    assert asked(other, "起球怎么办").because == "no_rule"


def test_the_same_message_three_times_is_one_answer_whoever_hears_first(talk: Conversation, rules: Any) -> None:
    message = say(talk, "几点")
    for _time in range(2):
        bot.heard(message)
    hearing.heard(message)
    wakeups.sweep()

    assert len(said(talk)) == 1
    assert Entry.objects.filter(direction="in").count() == 1
    assert Ticket.objects.count() == 1


def test_news_of_a_message_wake_it(talk: Conversation, rules: Any) -> None:
    say(talk, "几点")
    wakeups.sweep()

    assert said(talk) == ["10 点到 22 点。"]


@pytest.mark.django_db(transaction=True)
def test_ten_messages_at_once_are_three_answers_and_none_twice(
    talk: Conversation, rules: Any, own_connections: None
) -> None:
    texts = ["几点", "几点", "怎么洗", "洗", "退货", "退货", "积分", "积分", "订单", "等级"]
    messages = [say(talk, text) for text in texts]
    hearing.heard(messages[0])
    start = Barrier(len(messages))

    def work(pk: int) -> None:
        start.wait()
        bot.heard(Message.objects.select_related("channel", "customer").get(pk=pk))
        connections.close_all()

    threads = [Thread(target=work, args=(message.pk,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    answered = BotTurn.objects.filter(did="answered").values_list("rule", flat=True)
    assert BotTurn.objects.count() == 10
    assert len(said(talk)) == len(answered) == len(set(answered)) == 3


def test_a_rule_needs_words_and_something_to_say(client: Client, gu: User) -> None:
    for rule in (BotRule(code="a", words=[], answer=words("x")), BotRule(code="a", words=["x"]),
                 BotRule(code="a", words="几点", answer=words("x")), BotRule(code="a", words=[""], answer=words("x"))):  # fmt: skip
        with pytest.raises(ValidationError):
            rule.full_clean()
    client.force_login(gu)
    given = {
        "code": "hours",
        "words": '["几点"]',
        "answer": '{"zh-hans": "十点"}',
        "lookup": "",
        "place": 50,
        "used": "on",
    }
    assert client.post("/admin/tickets/botrule/add/", given).status_code == 302
    assert client.get("/admin/tickets/botturn/").status_code == 200


def test_an_erasure_leaves_nothing_that_was_said(talk: Conversation, rules: Any, mei: Customer, gu: User) -> None:
    asked(talk, "几点")
    asked(talk, "人工，我姓梅")

    erase(mei, by=gu)

    assert set(Entry.objects.values_list("body", flat=True)) == {""}
    assert not Message.objects.exclude(body="").exists()
    assert BotTurn.objects.count() == 2
