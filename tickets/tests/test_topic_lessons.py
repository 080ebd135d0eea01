"""Topics learned from cases that are done: how often right, when proposed, with which words; never by itself."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from conftest import PASSWORD, Cast, built_once
from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from tests.published import DATA, here
from tickets import topic_lessons
from tickets.hearing import heard
from tickets.models import State, Ticket, Topic, TopicLesson
from touchpoints.models import Channel, Conversation

pytestmark = pytest.mark.django_db
SAID = {
    "return": ["想把鞋子寄回去", "这件能不能退掉", "退货怎么办", "I want to send the shoes back", "退掉 这双 鞋"],
    "invoice": ["抬头开错了", "什么时候开票", "发票 没收到", "the bill shows a wrong company name", "电子 票 抬头"],
}


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Cast]:
    """A house with many cases that are done, told once for all tests of this file."""
    with built_once(django_db_blocker, tmp_path_factory.mktemp("done")):
        house = Cast().whole()
        Topic.objects.update(hints=[])
        topics = {code: Topic.objects.get_or_create(code=code, defaults={"name": {"en": code}})[0] for code in SAID}
        done_cases(house.mei, topics)
        yield house


@pytest.fixture
def topics(cast) -> dict[str, Topic]:
    return {code: Topic.objects.get(code=code) for code in SAID}


def done_cases(customer: Customer, topics: dict[str, Topic]) -> None:
    chance = random.Random(7)
    for code, texts in SAID.items():
        for n in range(120):
            body = f"{chance.choice(texts)} {chance.choice(texts)} {n}"
            at = timezone.now() - timedelta(days=40, minutes=n)
            ticket, _new = Ticket.open(customer, body[:60], topic=topics[code], at=at)
            ticket.hear(body, channel="wecom", at=at, source="t", source_ref=f"{code}{n}")
    Ticket.objects.filter(customer=customer).update(state=State.CLOSED, closed_at=timezone.now())


@pytest.fixture
def lesson(topics) -> TopicLesson:
    learned = topic_lessons.learn()
    assert learned is not None
    return learned


def says(customer: Customer, body: str) -> Ticket:
    channel = Channel.objects.create(code="box", adapter="sandbox", way="app", state=Channel.State.ON)
    talk = Conversation.objects.create(customer=customer, channel=channel, thread="t2")
    heard(talk.hear(body, at=timezone.now(), source="box", source_ref="1"))
    return Ticket.objects.get(customer=customer)


def test_nothing_is_learned_from_a_few(topics) -> None:
    few = [case.pk for topic in topics.values() for case in Ticket.objects.filter(topic=topic)[:20]]
    Ticket.objects.exclude(pk__in=few).update(state=State.OPEN, closed_at=None)
    assert Ticket.objects.filter(state=State.CLOSED).count() == 40

    assert topic_lessons.learn() is None
    assert topic_lessons.guess("想退掉") is None


def test_what_was_learned_says_how_often_it_is_right_and_why(lesson, topics) -> None:
    found = topic_lessons.guess("这双鞋想退掉")

    assert (lesson.cases, lesson.right) == (240, 1.0)
    assert set(lesson.topics) == set(SAID)
    assert found is not None
    assert found.code == "return"
    assert found.words
    assert all(word in "这双鞋想退掉" for word in found.words)
    assert not any(one != other and one in other for one in found.words for other in found.words)


@pytest.mark.parametrize("text", ["", "…", "😀😀", "今天天气", "\0", "x" * 100_000, "' OR 1=1 --"])
def test_of_what_it_does_not_know_it_says_nothing(lesson, text) -> None:
    assert topic_lessons.guess(text) is None


def test_only_the_last_three_lessons_are_kept(lesson, mei, topics) -> None:
    for _each in range(4):
        latest = topic_lessons.learn()

    assert TopicLesson.objects.count() == 3
    assert TopicLesson.objects.first() == latest


def test_a_topic_that_is_no_longer_offered_is_not_proposed(lesson, topics) -> None:
    Topic.objects.filter(code="return").update(used=False)

    assert topic_lessons.topic_guessed("这双鞋想退掉") == (None, [])


def test_a_guess_is_proposed_and_set_by_a_hand_only(lesson, mei, lin, topics) -> None:
    other = Customer.objects.create(number="T2", home_store=mei.home_store)
    ticket = says(other, "这双鞋想退掉")

    assert (ticket.topic, ticket.guess) == (None, topics["return"])

    ticket.settle_topic(by=lin)

    assert ticket.topic == topics["return"]
    with pytest.raises(TransitionRefused):
        ticket.settle_topic(by=lin)


def test_words_the_brand_listed_go_before_what_was_learned(lesson, mei, topics) -> None:
    Topic.objects.filter(code="invoice").update(hints=["退掉"])
    other = Customer.objects.create(number="T2", home_store=mei.home_store)
    ticket = says(other, "这双鞋想退掉")

    assert (ticket.topic, ticket.guess) == (topics["invoice"], None)


def test_the_page_proposes_it_with_its_words(mei, lin, topics, client: Client) -> None:
    ticket = Ticket.open(mei, "Shoes", guess=topics["return"], guess_words=["退掉"])[0]
    client.login(username=lin.username, password=PASSWORD)
    page = client.get(f"/cases/{ticket.number}/").content.decode()
    assert "About: " in page
    assert "退掉" in page

    answers = [client.post(f"/cases/{ticket.number}/topic/").status_code for _twice in range(2)]

    ticket.refresh_from_db()
    assert answers == [302, 422]
    assert ticket.topic == topics["return"]
    assert "About:" not in client.get(f"/cases/{ticket.number}/").content.decode()


def test_the_command_measures_a_file_and_keeps_nothing(topics, tmp_path, capsys) -> None:
    rows = [f'"{text} {n}",{code}' for code, texts in SAID.items() for n in range(10) for text in texts]
    file = tmp_path / "rows.csv"
    file.write_text("text,topic\n" + "\n".join(rows))

    call_command("learn_topics", "--file", str(file))

    assert json.loads(capsys.readouterr().out)["right"] > 0.95
    assert not TopicLesson.objects.exists()
    for wrong, columns in ((tmp_path / "none.csv", []), (file, ["--topic", "category"])):
        with pytest.raises(CommandError):
            call_command("learn_topics", "--file", str(wrong), *columns)


@here
def test_the_published_first_messages_are_told_apart_as_well_as_by_a_plain_linear_model(capsys) -> None:
    file = DATA / "banking77" / "train.csv.gz"

    call_command("learn_topics", "--file", str(file), "--topic", "category", "--folds", "4")

    found = json.loads(capsys.readouterr().out)
    assert found["cases"] == 10_003
    assert found["right"] >= 0.89
    assert found["right_offered"] >= 0.9
    assert found["offered"] >= 0.9
