"""Who else has a case open and who is writing: told to who may see the case, and to nobody else."""

import json
import time
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import consumers
from customers.models import Customer
from scrm.kernel import presence
from staff.models import User
from tests.test_sockets import Line, key_of
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def _quick(settings: Any, monkeypatch: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(consumers, "CHECK_EVERY", 0.05)
    monkeypatch.setattr(consumers, "BEAT", 0.0)
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    # Another test's case of the same id is another case.
    mark = uuid.uuid4().hex
    monkeypatch.setattr(presence, "_key", lambda group: f"present:{mark}:{group}")


@pytest.fixture
def ticket(mei: Customer, lin: User) -> Ticket:
    return Ticket.open(mei, "Leggings pill", owner=lin)[0]


def seen(client: Client, ticket: Ticket, user: User) -> str:
    client.force_login(user)
    answer = client.get(reverse("tickets:here", args=[ticket.number]))
    assert answer.status_code == 200
    return answer.content.decode()


async def at(ticket: Ticket, key: str, doing: str = "looking") -> Line:
    line = Line(key)
    assert await line.open()
    await line.say(json.dumps({"watch": f"#{ticket.number}"}))
    assert "watching" in (await line.answer())["text"]
    await line.say(json.dumps({"here": doing}))
    assert await line.wire.receive_nothing(timeout=0.3)  # a page is not told of itself
    return line


def test_one_sees_who_else_looks_and_who_writes_until_they_leave(client: Client, ticket, lin, he) -> None:
    keys = {user: key_of(user) for user in (lin, he)}

    @async_to_sync
    async def go() -> None:
        line = await at(ticket, keys[he])
        assert "He Qing is looking" in await database_sync_to_async(seen)(client, ticket, lin)
        assert "is looking" not in await database_sync_to_async(seen)(client, ticket, he)  # not oneself
        await line.say(json.dumps({"here": "writing"}))
        await line.wire.receive_nothing(timeout=0.3)
        assert "He Qing is writing an answer" in await database_sync_to_async(seen)(client, ticket, lin)
        second = await at(ticket, keys[he])
        assert "is writing" in await database_sync_to_async(seen)(client, ticket, lin)
        await line.hang_up()
        await second.answer()
        assert "He Qing is looking" in await database_sync_to_async(seen)(client, ticket, lin)
        await second.hang_up()
        assert "He Qing" not in await database_sync_to_async(seen)(client, ticket, lin)

    go()


def test_the_others_page_is_told_once_and_not_by_each_beat(ticket: Ticket, lin: User, he: User) -> None:
    keys = {user: key_of(user) for user in (lin, he)}

    @async_to_sync
    async def go() -> None:
        first = await at(ticket, keys[lin])
        second = await at(ticket, keys[he])
        assert json.loads((await first.answer())["text"]) == {"panel": "here"}
        for _beat in range(5):
            await second.say(json.dumps({"here": "looking"}))
        assert await first.wire.receive_nothing(timeout=0.3)
        await second.hang_up()
        assert json.loads((await first.answer())["text"]) == {"panel": "here"}
        await first.hang_up()

    go()


def test_a_beat_writes_nothing_into_the_database(ticket: Ticket, lin: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert presence.here(f"case.{ticket.pk}", lin.pk, "a", "looking")
        assert not presence.here(f"case.{ticket.pk}", lin.pk, "a", "looking")
        assert presence.here(f"case.{ticket.pk}", lin.pk, "a", "writing")
        presence.gone(f"case.{ticket.pk}", lin.pk, "a")
    assert len(queries) == 0


def test_who_gives_no_sign_is_gone_after_half_a_minute(ticket: Ticket, lin: User, monkeypatch: Any) -> None:
    group = f"case.{ticket.pk}"
    presence.here(group, lin.pk, "a", "looking")
    assert presence.present(group) == {lin.pk: "looking"}
    later = time.time() + presence.LASTS + 1
    monkeypatch.setattr("scrm.kernel.presence.time.time", lambda: later)

    assert presence.present(group) == {}
    assert presence.here(group, lin.pk, "a", "looking")  # news again
    presence.gone(group, lin.pk, "a")


def test_who_may_not_see_the_case_is_neither_told_nor_counted(client: Client, ticket, lin, zhao) -> None:
    key = key_of(zhao)

    @async_to_sync
    async def go() -> dict[str, Any]:
        line = Line(key)
        assert await line.open()
        await line.say(json.dumps({"here": "writing"}))  # before any watch: of nothing
        await line.say(json.dumps({"watch": f"#{ticket.number}"}))
        answer = await line.answer()
        await line.hang_up()
        return answer

    assert go()["code"] == 4404
    assert presence.present(f"case.{ticket.pk}") == {}
    client.force_login(zhao)
    assert client.get(reverse("tickets:here", args=[ticket.number])).status_code == 404


def test_who_loses_sight_of_the_case_is_gone_with_the_line(ticket: Ticket, he: User, zhao: User) -> None:
    ticket.assign(zhao, by=he)
    Ticket.objects.filter(pk=ticket.pk).update(owner=zhao)
    key = key_of(zhao)

    @async_to_sync
    async def go() -> int:
        line = await at(ticket, key)
        await database_sync_to_async(lambda: Ticket.objects.filter(pk=ticket.pk).update(owner=he))()
        code = 0
        while not code:
            code = (await line.answer()).get("code", 0)
        await line.hang_up()
        return code

    assert go() == 4401
    assert presence.present(f"case.{ticket.pk}") == {}


@pytest.mark.parametrize(
    "said", ['{"here": 1}', '{"here": "cooking"}', '{"here"', '{"here": ["looking"]}', '{"here": {"a": 1}}']
)
def test_nonsense_ends_the_line(ticket: Ticket, lin: User, said: str) -> None:
    key = key_of(lin)

    @async_to_sync
    async def go() -> int:
        line = await at(ticket, key)
        await line.say(said)
        code = int((await line.answer()).get("code", 0))
        await line.hang_up()
        return code

    assert go() == 4400


def test_many_signs_in_a_second_end_the_line_and_an_hour_of_them_does_not(ticket, lin, monkeypatch: Any) -> None:
    key = key_of(lin)

    @async_to_sync
    async def go(beats: int) -> bool:
        line = await at(ticket, key)
        for _beat in range(beats):
            await line.say(json.dumps({"here": "looking"}))
        quiet = await line.wire.receive_nothing(timeout=0.3)
        await line.hang_up()
        return quiet

    assert go(400)
    monkeypatch.setattr(consumers, "BEAT", 60.0)
    monkeypatch.setattr(consumers, "MOST", 20)
    assert not go(60)


def test_without_valkey_the_page_works(client: Client, ticket: Ticket, lin: User, monkeypatch: Any) -> None:
    def down() -> Any:
        raise ConnectionError

    monkeypatch.setattr(presence, "_valkey", down)

    assert "is looking" not in seen(client, ticket, lin)
    assert client.get(reverse("tickets:show", args=[ticket.number])).status_code == 200
