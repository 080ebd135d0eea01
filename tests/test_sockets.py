"""The sockets: who may watch whom, what nonsense ends them, and that they die with the session."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings as conf
from django.db import transaction
from django.test import Client
from django.utils import timezone

from conftest import PASSWORD, person
from customers import consumers
from customers.merging import merge
from customers.models import Customer
from scrm.asgi import sockets
from staff.models import Membership, Role, User

OWN_SITE = b"http://127.0.0.1"


@pytest.fixture(autouse=True)
def _quick(settings, monkeypatch) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(consumers, "CHECK_EVERY", 0.05)
    # The socket works on the test's own connection, within its transaction.
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)


def key_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)


class Line:
    """A socket as a browser opens it."""

    def __init__(self, key: str = "", *, origin: bytes | None = OWN_SITE, cookie: str | None = None) -> None:
        headers = [(b"cookie", (cookie or f"{conf.SESSION_COOKIE_NAME}={key}").encode("latin-1"))]
        headers += [(b"origin", origin)] if origin is not None else []
        scope = {"type": "websocket", "path": "/ws/live/", "headers": headers, "query_string": b"", "subprotocols": []}
        self.wire = ApplicationCommunicator(sockets, scope)

    async def open(self) -> bool:
        await self.wire.send_input({"type": "websocket.connect"})
        return bool((await self.answer())["type"] == "websocket.accept")

    async def say(self, message: str | bytes) -> None:
        part = {"bytes": message} if isinstance(message, bytes) else {"text": message}
        await self.wire.send_input({"type": "websocket.receive", **part})

    async def answer(self) -> dict[str, Any]:
        return dict(await self.wire.receive_output(timeout=5))

    async def hang_up(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(timeout=5)


@async_to_sync
async def opened(**how: Any) -> bool:
    line = Line(**how)
    if not await line.open():
        return False
    await line.hang_up()
    return True


@async_to_sync
async def told(key: str, *messages: str | bytes) -> dict[str, Any]:
    """What comes back to the last of these messages, or the end of the line."""
    line = Line(key)
    assert await line.open()
    answer: dict[str, Any] = {}
    for message in messages:
        await line.say(message)
        answer = await line.answer()
        if answer["type"] == "websocket.close":
            break
    await line.hang_up()
    return answer


@async_to_sync
async def ends_after(key: str, deed: Any, number: str | None) -> int:
    """The code an open line is closed with after this deed."""
    line = Line(key)
    assert await line.open()
    if number:
        await line.say(watch(number))
        assert json.loads((await line.answer())["text"]) == {"watching": number}
    await database_sync_to_async(deed)()
    code = (await line.answer()).get("code", 0)
    await line.hang_up()
    return int(code)


def watch(number: Any) -> str:
    return json.dumps({"watch": number})


def test_each_role_watches_its_own_and_nobody_elses(mei, ke, ruoan, lin, he, gu, lu, zhao, jingan) -> None:
    lead = person("wei.su", Role.LEAD, store=jingan)
    advisor = person("bo.an", Role.ADVISOR, store=jingan)

    for user in (ke, ruoan, lin, he, gu, lu):
        assert json.loads(told(key_of(user), watch(mei.number))["text"]) == {"watching": mei.number}
    for user in (zhao, lead, advisor):
        theirs, absent = told(key_of(user), watch(mei.number)), told(key_of(user), watch("99999999"))
        assert theirs == absent
        assert theirs["code"] == 4404


def test_a_joined_record_is_watched_by_who_may_see_it_and_by_nobody_else(mei, he, zhao, west_lake) -> None:
    double = Customer.objects.create(number="D-1", home_store=west_lake, display_name="double")
    merge(mei, double, by=he, reason="same")

    assert told(key_of(he), watch("D-1"))["type"] == "websocket.send"
    assert told(key_of(zhao), watch("D-1"))["code"] == 4404


@pytest.mark.parametrize(
    "message",
    ["", "x", "[]", "null", "{}", '{"watch": 1}', '{"watch": null}', '{"watch": []}', '{"watch": "\\u0000"}',
     '{"watch": "\\ud800"}', '{"watch": "%s"}' % ("9" * 41), "[" * 3000, '{"watch": "' + "x" * 100_000 + '"}',
     b"\x00\xff", b'{"watch": "20418837"}'],
)  # fmt: skip
def test_nonsense_closes_the_line(message: str | bytes, mei, ke) -> None:
    assert told(key_of(ke), message)["code"] == 4400


def test_who_shouts_is_hung_up_on(mei, ke) -> None:
    assert told(key_of(ke), *[watch(mei.number)] * 200)["code"] == 4429


@pytest.mark.parametrize("origin", [b"https://evil.example", b"http://127.0.0.1.evil.example", b"null", b"x", None])
def test_no_other_site_opens_a_line(origin: bytes | None, ke) -> None:
    assert not opened(key=key_of(ke), origin=origin)


def test_without_a_session_no_line(ke, mei) -> None:
    name = conf.SESSION_COOKIE_NAME

    assert opened(key=key_of(ke))
    for cookie in ("", f"{name}=", f"{name}=wrong-key-of-some-length", f'{name}="\\000\\000\\000\\000\\000\\000\\000\\000"',
                   f"{name}=a:b; expires=x; {name}", "\xff=\xff", f"other={key_of(ke)}"):  # fmt: skip
        assert not opened(key="", cookie=cookie or "a=b"), cookie


def test_without_the_second_factor_no_line(ke, settings) -> None:
    key = key_of(ke)
    settings.SECOND_FACTOR = True

    assert not opened(key=key)


def test_with_the_second_factor_a_line(ke, settings) -> None:
    from django_otp import DEVICE_ID_SESSION_KEY
    from django_otp.plugins.otp_totp.models import TOTPDevice

    settings.SECOND_FACTOR = True
    client = Client()
    client.force_login(ke)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.create(user=ke, confirmed=True).persistent_id
    session.save()

    assert opened(key=str(session.session_key))


@pytest.mark.parametrize("watching", [True, False])
@pytest.mark.parametrize("end", ["logout", "elsewhere", "disabled", "password", "idle", "membership"])
def test_a_line_dies_with_its_session(end: str, watching: bool, mei, ke) -> None:
    client = Client()
    client.post("/sign-in/", {"username": ke.username, "password": PASSWORD})
    key = str(client.session.session_key)

    def deed() -> None:
        if end == "logout":
            client.post("/sign-out/")
        elif end == "elsewhere":
            other = Client()
            other.force_login(ke)
            other.post("/me/sessions/others/end/")
        elif end == "disabled":
            User.objects.filter(pk=ke.pk).update(is_active=False)
        elif end == "password":
            fresh = User.objects.get(pk=ke.pk)
            fresh.set_password("another-long-password")
            fresh.save()
        elif end == "idle":
            session = client.session
            session["seen"] = 1
            session.save()
        else:
            Membership.objects.filter(user=ke).update(ends_on=timezone.localdate() - timedelta(days=1))

    if end == "membership" and not watching:
        return  # a signed-in person without a post may hold a line that watches nobody
    with transaction.atomic():
        assert ends_after(key, deed, mei.number if watching else None) == 4401


def test_the_look_at_the_session_comes_within_five_seconds(monkeypatch) -> None:
    monkeypatch.undo()

    assert consumers.CHECK_EVERY <= 4


def test_a_page_torn_off_in_the_middle_of_a_word_is_let_go_of(mei, ke, monkeypatch) -> None:
    """The word to a page that just left raises in the server; whoever watched must be gone all the same."""
    let_go: list[str] = []
    kept = consumers.Live.let_go

    async def noted(self: Any) -> None:
        await kept(self)
        let_go.append(f"{self.group} {self.watcher.cancelled() or self.watcher.cancelling() > 0}")

    monkeypatch.setattr(consumers.Live, "let_go", noted)
    key = key_of(ke)

    @async_to_sync
    async def go() -> None:
        line = Line(key)
        assert await line.open()
        await line.say(watch(mei.number))
        await line.answer()

        async def broken(_message: Any) -> None:
            raise OSError("the page is gone")

        monkeypatch.setattr(consumers.Live, "send", lambda _self, _text: broken(_text))
        await get_channel_layer().group_send(f"customer.{mei.pk}", {"type": "nudge", "panel": "facts"})
        with pytest.raises(OSError, match="the page is gone"):
            await line.wire.wait(timeout=5)

    go()
    assert let_go == ["None True"]


def test_a_line_that_cannot_be_asked_about_is_closed_and_may_come_again(mei, ke, monkeypatch) -> None:
    def deed() -> None:
        monkeypatch.setattr(consumers, "signed_in_user", lambda _key: 1 / 0)

    with transaction.atomic():
        assert ends_after(key_of(ke), deed, mei.number) == 1011
