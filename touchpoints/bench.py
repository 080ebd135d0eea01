"""What arriving events and live news cost, beside bare rows and a bare socket layer in the same process."""

import asyncio
import base64
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import uvicorn
import websockets
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.test import Client
from django.urls import path
from django.utils import timezone

from customers.bench import _visitor
from customers.models import Customer
from scrm.kernel.measure import Measure
from scrm.kernel.nudges import _publish, _send
from staff.models import ApiClient, SigningSecret, Store, User
from staff.signed_calls import signature
from touchpoints import intake
from touchpoints.models import Delivery, Inbox

BATCH = 100
CALLS = 30
SINGLES = 200
BROWSERS = 200
ROUNDS = 10


def measures(size: int) -> list[Measure]:
    shop = Shop()
    live = Sockets()
    return [
        Measure("events over HTTP, a hundred a call", "rows/s", 0.25, "bulk_create of 1000 of the same rows",
                shop.batches, shop.bulk, after=shop.clear),
        Measure("events over HTTP, one a call", "rows/s", 0.25, "create() of the same row", shop.singles, shop.creates,
                after=shop.clear),
        Measure("events taken in", "rows/s", 0.0, "create() of the same row", shop.worked, shop.creates,
                before=shop.fill, after=shop.clear),
        Measure("live news to 200 browsers, 95 of 100", "ms", 1.4, "a bare consumer on the same layer and server",
                live.ours, live.bare, before=live.begin, after=live.pause),
        Measure("live news to 200 browsers, CPU", "cpu ms", 1.4, "a bare consumer on the same layer and server",
                live.ours, live.bare, before=live.begin, after=live.pause),
    ]  # fmt: skip


class Shop:
    """A client that signs what it sends."""

    def __init__(self) -> None:
        self.code = "bench-shop"
        self.http = Client(SERVER_NAME="127.0.0.1")
        self._secret = ""

    @property
    def secret(self) -> str:
        if not self._secret:
            client, _made = ApiClient.objects.get_or_create(code=self.code, defaults={"name": "Bench"})
            ApiClient.objects.filter(pk=client.pk).update(scopes=["events"])
            SigningSecret.objects.filter(client=client).delete()
            by = User.objects.filter(is_active=True).order_by("pk").first()
            assert by is not None
            self._secret = SigningSecret.make(client, by=by)
        return self._secret

    def batches(self) -> int:
        return sum(self._post([self._event() for _one in range(BATCH)]) for _call in range(CALLS))

    def singles(self) -> int:
        return sum(self._post([self._event()]) for _call in range(SINGLES))

    def bulk(self) -> int:
        Inbox.objects.bulk_create([self._row() for _one in range(1000)])
        return 1000

    def creates(self) -> int:
        for _one in range(SINGLES):
            self._row().save()
        return SINGLES

    def fill(self) -> None:
        self._post([self._event() for _one in range(BATCH)])

    def worked(self) -> int:
        done = intake.work_off(at_most=BATCH)
        if done < BATCH:
            raise RuntimeError(f"Only {done} were due.")
        return done

    def clear(self) -> None:
        Inbox.objects.filter(source=self.code).delete()
        Delivery.objects.filter(source=self.code).delete()

    def _event(self) -> dict[str, Any]:
        number = uuid.uuid4().hex
        data = {"visitor": number[:8], "session": number[:12], "kind": "view", "product": "Y01", "category": "yoga"}
        return {"type": "browse.seen", "timestamp": timezone.now().isoformat(), "source_ref": number, "data": data}

    def _row(self) -> Inbox:
        event = self._event()
        return Inbox(
            source=self.code, source_ref=event["source_ref"], kind=event["type"], at=timezone.now(), lane=1,
            body=json.dumps(event), due_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip

    def _post(self, events: list[dict[str, Any]]) -> int:
        body = json.dumps({"events": events}).encode()
        ref, stamp = uuid.uuid4().hex, str(int(time.time()))
        mark = base64.b64encode(signature(self.secret, ref, stamp, body)).decode()
        answer = self.http.post(
            "/api/v1/events/", body, content_type="application/json",
            headers={"Authorization": f"Client {self.code}", "webhook-id": ref, "webhook-timestamp": stamp,
                     "webhook-signature": f"v1,{mark}"},
        )  # fmt: skip
        if answer.status_code != 202:
            raise RuntimeError(f"The door answered {answer.status_code}.")
        return len(events)


class Bare(AsyncWebsocketConsumer):  # type: ignore[misc]
    """What the layer and the server can do: join, wait, pass on."""

    async def connect(self) -> None:
        await self.accept()
        await self.channel_layer.group_add("bench.bare", self.channel_name)

    async def nudge(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps({"panel": message["panel"]}))


class Sockets:
    """Two hundred pages open on each of two doors of one server: a piece of news is there when 190 have it."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.heard = {"live": 0, "bare": 0}
        self.all = {"live": threading.Event(), "bare": threading.Event()}
        self.most = threading.Event()

    def begin(self) -> None:
        if self.loop is None:
            self._open()

    def ours(self) -> int:
        return self._rounds("live", lambda panel: _send(f"customer.{self.customer}", panel))

    def bare(self) -> int:
        return self._rounds("bare", lambda panel: _publish("bench.bare", {"type": "nudge", "panel": panel}))

    def pause(self) -> None:
        time.sleep(1.2)  # one group hears of one panel once a second

    def _rounds(self, door: str, tell: Callable[[str], None]) -> int:
        for place in range(ROUNDS):
            self.heard[door] = 0
            self.all[door].clear()
            self.most.clear()
            tell(f"p{place}")
            if not self.most.wait(30):
                raise RuntimeError(f"Only {self.heard[door]} of {BROWSERS} heard the news.")
        if not self.all[door].wait(30):
            raise RuntimeError(f"{self.heard[door]} of {BROWSERS} heard the last news.")
        return ROUNDS

    def _open(self) -> None:
        from customers.consumers import Live
        from staff.sockets import SignedIn

        customer = Customer.objects.living().order_by("pk").first()
        assert customer is not None
        self.customer = customer.pk
        user = _visitor(Store.objects.get(code="HZ01"))
        user.memberships.update(role="operator", store=None)
        http = Client(SERVER_NAME="127.0.0.1")
        http.force_login(user)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in http.cookies.items())
        live: Any = SignedIn(Live.as_asgi())
        doors = URLRouter([path("ws/live/", live), path("ws/bare/", Bare.as_asgi())])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        application: Any = ProtocolTypeRouter({"websocket": doors})
        server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="error", lifespan="off"))
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.02)
        ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._listen, args=(port, cookie, customer.number, ready), daemon=True).start()
        if not ready.wait(120):
            raise RuntimeError("Not every browser could be opened.")

    def _listen(self, port: int, cookie: str, number: str, ready: threading.Event) -> None:
        async def browser(door: str, joined: list[int]) -> None:
            async with websockets.connect(
                f"ws://127.0.0.1:{port}/ws/{door}/", additional_headers={"Cookie": cookie}, ping_interval=None
            ) as page:
                if door == "live":
                    await page.send(json.dumps({"watch": number}))
                    await page.recv()
                joined.append(1)
                async for _news in page:
                    self.heard[door] += 1
                    if self.heard[door] == BROWSERS * 95 // 100:
                        self.most.set()
                    if self.heard[door] == BROWSERS:
                        self.all[door].set()

        async def everybody() -> None:
            joined: list[int] = []
            pages = []
            for place in range(2 * BROWSERS):
                pages.append(asyncio.create_task(browser("live" if place % 2 else "bare", joined)))
                if place % 20 == 19:
                    await asyncio.sleep(0.2)
            while len(joined) < 2 * BROWSERS:
                await asyncio.sleep(0.1)
            ready.set()
            await asyncio.gather(*pages)

        assert self.loop is not None
        self.loop.run_until_complete(everybody())
