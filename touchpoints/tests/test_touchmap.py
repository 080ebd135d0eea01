"""The map of touchpoints: waits are counted within opening hours, and what is not known is a dash with its reason."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.words import words
from staff.models import Calendar, Store, User
from touchpoints import touchmap
from touchpoints.models import Channel, Conversation, Message, QueueTicket, TouchDay, Touchpoint, Visit
from touchpoints.models.touchpoint import open_minutes
from touchpoints.outreach import conversation_with

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)  # 15:00 in Shanghai


def touchpoint(code: str, way: str, **more: Any) -> Touchpoint:
    return Touchpoint.objects.create(code=code, name=words(code, en=code), stage="use", way=way, **more)


@pytest.fixture
def talk(mei: Customer) -> Conversation:
    wecom = Channel.objects.create(code="wecom", name=words("企微"), way="wecom", adapter="sandbox")
    return conversation_with(mei, wecom, None)


def said(talk: Conversation, direction: str, place: int, at: datetime) -> None:
    Message.objects.create(
        conversation=talk, customer=talk.customer, channel=talk.channel, direction=direction, place=place, body="x",
        at=at, state="received" if direction == "in" else "sent", source="t", source_ref=str(place),
    )  # fmt: skip


def test_only_open_minutes_count(mall_hours: Calendar) -> None:
    evening = datetime(2026, 11, 20, 13, 50, tzinfo=UTC)  # 21:50, ten minutes before closing

    assert open_minutes(mall_hours, evening, evening + timedelta(hours=12, minutes=25)) == 25  # until 10:15
    assert open_minutes(mall_hours, evening, evening - timedelta(hours=1)) == 0
    assert open_minutes(None, evening, evening + timedelta(hours=2)) == 120


def test_a_question_is_answered_within_the_standard_or_not(talk: Conversation, mall_hours: Calendar) -> None:
    point = touchpoint("chat", "wecom", standard=15, calendar=mall_hours)
    start = NOW - timedelta(hours=3)
    for place, (direction, minutes) in enumerate(
        [("in", 0), ("in", 2), ("out", 10), ("in", 20), ("out", 60), ("in", 90), ("in", 100), ("out", 104),
         ("in", 170)], 1  # the last one has time yet
    ):  # fmt: skip
        said(talk, direction, place, start + timedelta(minutes=minutes))

    touchmap.reckon(NOW)
    touchmap.reckon(NOW)  # again changes nothing

    row = TouchDay.objects.get(touchpoint=point, day="2026-11-20")
    assert (row.volume, row.asked, row.within) == (6, 3, 2)
    touchmap.reckon(NOW + timedelta(minutes=6))  # 16 minutes after the last question: overdue
    row.refresh_from_db()
    assert (row.asked, row.within) == (4, 2)
    assert TouchDay.objects.count() == touchmap.DAYS


def test_stores_count_visits_and_the_line(mei: Customer, west_lake: Store, jingan: Store, ke: User) -> None:
    point = touchpoint("door", "store", store=west_lake, standard=5)
    now = timezone.now()
    Visit.objects.create(customer=mei, store=west_lake, arrived_at=now)
    Visit.objects.create(customer=mei, store=jingan, arrived_at=now)
    for minutes in (2, 9):
        ticket, _token = QueueTicket.take(west_lake, by=ke, key=uuid.uuid4())
        QueueTicket.objects.filter(pk=ticket.pk).update(state="called", called_at=now + timedelta(minutes=minutes))

    touchmap.reckon(now + timedelta(seconds=1))

    row = TouchDay.objects.get(touchpoint=point, day=timezone.localdate())
    assert (row.volume, row.asked, row.within) == (1, 2, 1)


def test_what_is_not_known_is_a_dash_with_its_reason(client: Client, gu: User, talk: Conversation) -> None:
    touchpoint("phone", "phone", standard=1)
    touchpoint("wecom", "wecom")
    client.force_login(gu)
    before = client.get("/touchpoints/").content.decode()
    touchmap.reckon()
    after = client.get("/touchpoints/?at=phone").content.decode()

    assert "Nothing is counted yet" in before
    assert "no channel of this kind is set up" in after
    assert "no standard is set" in after
    assert "Nothing is counted yet" not in after


def test_the_map_is_empty_at_first_and_closed_to_the_floor(client: Client, gu: User, ke: User) -> None:
    client.force_login(gu)
    assert "No touchpoint yet" in client.get("/touchpoints/").content.decode()
    client.force_login(ke)
    assert client.get("/touchpoints/").status_code == 403


def test_who_waits_are_those_the_reader_may_see(talk: Conversation, he: User, gu: User, jingan: Store) -> None:
    touchpoint("chat", "wecom", standard=15)
    other = Customer.objects.create(number="FAR", home_store=jingan)
    far = conversation_with(other, talk.channel, None)
    for one in (talk, far):
        one.hear("?", at=timezone.now(), source="wecom", source_ref=str(one.pk))

    assert [touchmap.the_map(reader)["cells"][0].waiting for reader in (he, gu)] == [1, 2]


def test_the_map_asks_as_often_for_many_as_for_few(
    client: Client, gu: User, mall_hours: Calendar, django_assert_max_num_queries: Any
) -> None:
    for number in range(25):
        touchpoint(f"t{number}", "store", calendar=mall_hours, owner=gu, script="x")
    touchmap.reckon()
    client.force_login(gu)

    with django_assert_max_num_queries(18):
        assert client.get("/touchpoints/").status_code == 200
