"""Chat on the brand's own site: words once and in order, nobody else's, and the visitor who turns out to be somebody."""

import asyncio
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from customers.models import BrowseSession, Customer
from scrm.kernel.words import words
from staff.models import ApiClient, User
from touchpoints import chat, intake
from touchpoints.consumers import Chat
from touchpoints.models import Channel, Conversation, Inbox, Message, Visitor

SHOP = "https://shop.example.com"


class Wire:
    """A visitor's socket."""

    def __init__(self) -> None:
        scope = {"type": "websocket", "path": "/ws/chat/", "headers": []}
        self.wire = ApplicationCommunicator(Chat.as_asgi(), scope)

    async def connect(self) -> None:
        await self.wire.send_input({"type": "websocket.connect"})
        assert (await self.wire.receive_output(5))["type"] == "websocket.accept"

    async def say(self, text: str) -> None:
        await self.wire.send_input({"type": "websocket.receive", "text": text})

    async def hears(self) -> Any:
        said = await self.wire.receive_output(5)
        return json.loads(said["text"]) if said["type"] == "websocket.send" else said

    async def disconnect(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(5)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def web(db: None) -> Channel:
    return Channel.objects.create(
        code="web", name=words("网页"), way="web", adapter="web", settings={"origins": [SHOP], "source": "shop"}
    )


def post(path: str, body: Any, key: str = "", origin: str = SHOP) -> Any:
    headers = {"Origin": origin} | ({"X-Chat-Token": key} if key else {})
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(path, raw, content_type="application/json", headers=headers)


def start() -> str:
    return str(post("/c/chat/start/", {"site": "web"}).json()["token"])


def say(key: str, text: str, client_id: str) -> Any:
    return post("/c/chat/send/", {"client_id": client_id, "body": text}, key)


def read(key: str, after: int = 0) -> list[str]:
    answer = Client().get(f"/c/chat/messages/?after={after}", headers={"X-Chat-Token": key, "Origin": SHOP})
    return [line["body"] for line in answer.json()["messages"]]


def test_a_visitors_words_arrive_once_and_the_answer_comes_back(web: Channel, ke: User) -> None:
    key = start()

    first, again = say(key, "有 38 码吗", "a"), say(key, "有 38 码吗", "a")
    talk = Conversation.objects.get()
    assert first.json() == again.json() == {"ack": "a", "seq": 1}
    assert talk.customer.provisional
    talk.say("有的，给您留一双", by=ke)
    assert read(key) == ["有 38 码吗"]  # the answer has not left yet
    Message.objects.filter(direction="out").update(state="sent")

    assert read(key) == ["有 38 码吗", "有的，给您留一双"]
    assert read(key, after=1) == ["有的，给您留一双"]
    assert "陈可" not in json.dumps(chat.lines(talk, after=0), ensure_ascii=False)


@pytest.mark.parametrize(
    ("path", "body"), [("/c/chat/start/", {"site": "web"}), ("/c/site/seen/", {"site": "web", "consent": True})]
)
def test_a_page_of_another_site_opens_nothing(web: Channel, path: str, body: dict[str, Any]) -> None:
    for origin in ("https://evil.example.com", "null", "", f"{SHOP}.evil.example.com", SHOP.upper()):
        answer = post(path, body, origin=origin)

        assert answer.status_code == 404
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert not Visitor.objects.exists()
    assert not Inbox.objects.exists()


def test_a_browser_may_ask_first(web: Channel) -> None:
    for origin, allowed in ((SHOP, SHOP), ("https://evil.example.com", None)):
        answer = Client().options("/c/chat/send/", headers={"Origin": origin})

        assert answer.status_code == 204
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert Client().put("/c/chat/send/").status_code == 405


@pytest.mark.parametrize("key", ["", "x" * 32, "short", "é" * 30])
def test_a_wrong_token_reads_and_writes_nothing(web: Channel, key: str) -> None:
    say(start(), "秘密", "a")

    quoted = key.encode("ascii", "replace").decode()
    assert say(quoted, "x", "b").status_code == 404
    assert Client().get("/c/chat/messages/", headers={"X-Chat-Token": quoted}).status_code == 404
    assert Message.objects.count() == 1


def test_one_visitor_does_not_read_another(web: Channel) -> None:
    mine, theirs = start(), start()
    say(mine, "我的", "a")
    say(theirs, "别人的", "a")

    assert (read(mine), read(theirs)) == (["我的"], ["别人的"])


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"client_id": "a"}', b'{"client_id": {}, "body": "x"}', b'{"client_id": "a", "body": ["x"]}',
     b'{"client_id": "a", "body": "   "}', b"\xff\xfe", b'{"client_id": "a", "body": "x' + b"y" * 70000 + b'"}'],
)  # fmt: skip
def test_what_is_no_message_is_refused(web: Channel, body: bytes) -> None:
    assert post("/c/chat/send/", body, start()).status_code in (400, 404)
    assert not Message.objects.exists()


def test_who_writes_too_fast_is_slowed(web: Channel) -> None:
    key = start()

    statuses = [say(key, "x", str(n)).status_code for n in range(25)]

    assert statuses == [200] * 20 + [429] * 5


def test_an_old_token_opens_nothing_and_a_used_one_lives_on(web: Channel) -> None:
    key = start()
    Visitor.objects.update(until=timezone.now() + timedelta(hours=1))
    read(key)
    assert Visitor.objects.get().until > timezone.now() + timedelta(hours=20)
    Visitor.objects.update(until=timezone.now())

    assert say(key, "x", "a").status_code == 404


def test_the_shop_vouches_and_the_words_are_the_customers(web: Channel, mei: Customer) -> None:
    shop = ApiClient.objects.create(code="shop", name="Shop", scopes=["events"])
    other = ApiClient.objects.create(code="other", name="Other", scopes=["events"])
    key = start()
    say(key, "我是老客", "a")
    event = {
        "type": "chat.identified", "timestamp": timezone.now().isoformat(), "source_ref": "i1",
        "data": {"conversation": Visitor.objects.get().key, "customer": {"kind": "phone", "value": "19900001234"}},
    }  # fmt: skip

    intake.take_batch(other, "m1", json.dumps(event).encode())
    intake.work_off()
    assert Conversation.objects.get().customer != mei
    intake.take_batch(shop, "m2", json.dumps(event | {"source_ref": "i2"}).encode())
    intake.work_off()

    assert Conversation.objects.get().customer == mei
    say(key, "想换货", "b")
    assert set(Message.objects.values_list("customer", flat=True)) == {mei.pk}
    assert read(key) == ["我是老客", "想换货"]


def test_looking_is_kept_for_who_allowed_it_only(web: Channel, mei: Customer) -> None:
    shop = ApiClient.objects.create(code="shop", name="Shop", scopes=["events"])
    said = {"site": "web", "visitor": "v" * 32, "session": "s" * 32, "product": "Y01", "category": "yoga"}

    refused = [post("/c/site/seen/", said | {"consent": answer}).status_code for answer in (False, None, "true", 1)]
    allowed = post("/c/site/seen/", said | {"consent": True})
    intake.work_off()
    assert (refused, allowed.status_code) == ([404] * 4, 202)
    assert BrowseSession.objects.get().customer is None
    named = {"type": "visitor.identified", "timestamp": timezone.now().isoformat(), "source_ref": "n",
             "data": {"visitor": "v" * 32, "customer": {"kind": "phone", "value": "19900001234"}}}  # fmt: skip
    intake.take_batch(shop, "m1", json.dumps(named).encode())
    intake.work_off()

    assert BrowseSession.objects.get().customer == mei


@pytest.mark.django_db(transaction=True)
def test_a_socket_cut_a_hundred_times_leaves_no_gap_and_no_double(web: Channel, own_connections: None) -> None:
    key = start()
    say(key, "0", "0")
    visitor = Visitor.objects.get()
    rng = random.Random(3)
    heard: list[int] = []

    async def talk() -> None:
        from asgiref.sync import sync_to_async

        for n in range(1, 100):
            socket = Wire()
            await socket.connect()
            await socket.say(json.dumps({"token": key, "after": heard[-1] if heard else 0}))
            await sync_to_async(chat.hear)(visitor, f"{n}", client_id=str(n))
            while True:
                line = await socket.hears()
                if "seq" in line:
                    heard.append(line["seq"])
                if "ready" in line or rng.random() < 0.1:
                    break
            await socket.disconnect()
        socket = Wire()
        await socket.connect()
        await socket.say(json.dumps({"token": key, "after": heard[-1] if heard else 0}))
        while "ready" not in (line := await socket.hears()):
            heard.append(line["seq"])
        await socket.disconnect()

    asyncio.run(talk())

    assert heard == list(range(1, 101))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"token": 5}', '{"token": "x", "after": -1}', "x" * 500])
def test_a_socket_without_a_token_is_closed(web: Channel, text: str) -> None:
    async def ask() -> int:
        socket = Wire()
        await socket.connect()
        await socket.say(text)
        return int((await socket.hears())["code"])

    assert asyncio.run(ask()) in (4400, 4404)


# The form


def test_the_form_is_always_somebody_new_and_says_what_is_missing(web: Channel, mei: Customer) -> None:
    client, path = Client(enforce_csrf_checks=True), "/c/write/web/"

    assert client.get(path).status_code == 200
    assert client.post(path, {"words": "", "contact": "x"}).status_code == 422
    assert client.post(path, {"words": "hi", "contact": "x", "website": "spam"}).status_code == 422
    sent = client.post(path, {"words": "裤子能改短吗", "contact": "19900001234", "name": "梅"})

    assert sent.status_code == 200
    message = Message.objects.get()
    assert message.body == "裤子能改短吗\n\n19900001234"
    assert message.customer != mei
    assert message.customer.provisional
    assert Client().get("/c/write/nothing/").status_code == 404


def test_who_sends_forms_too_fast_is_slowed(web: Channel) -> None:
    statuses = [Client().post("/c/write/web/", {"words": "x", "contact": "y"}).status_code for _n in range(8)]

    assert statuses == [200] * 5 + [422] * 3
