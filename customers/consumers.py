"""Live news: a socket that says which part of a customer's page is stale, never what changed."""

import asyncio
import json
import time
from typing import Any

from channels.db import database_sync_to_async

from customers.models import Customer
from scrm.kernel import presence
from scrm.kernel.registry import presences, watches
from scrm.kernel.sockets import Socket
from staff.models import User
from staff.sockets import signed_in_user

CHECK_EVERY = 3.0  # seconds: a session that ended closes its sockets within five
LONGEST = 200  # signs of a message
BEAT = 1.0  # seconds between two signs of life that count
MOST = 60  # messages of one socket: a page watches one customer, and opens a new socket when it is loaded anew


class Live(Socket):
    """Watch one customer: `{"watch": number}` → `{"watching": number}`, then `{"panel": name}` per nudge.

    Whatever it watches, it hears what its reader is told. `@me` watches nothing more, `@store` what happens at the
    counter of their store; what begins with another sign is registered by its room (`registry.watches`). Where it is
    kept who is there (`registry.presences`), a page gives signs of life: `{"here": "looking"}` or `"writing"`.
    """

    group: str | None = None
    watcher: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self.heard = 0
        self.beaten = -BEAT
        self.last_sent: dict[str, float] = {}
        self.watcher = asyncio.create_task(self._watch_the_session())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        doing = _doing_of(text_data or "")
        if doing and time.monotonic() - self.beaten >= BEAT:
            self.beaten = time.monotonic()
            await self._be_here(doing)
            return
        self.heard += 1
        if self.heard > MOST:
            await self.close(4429)
            return
        if doing:
            return  # too soon after the last: it changes nothing, and many of them end the line
        number = _number_of(text_data or "")
        if number is None:
            await self.close(4400)
            return
        group = await database_sync_to_async(self._group_of)(number)
        if group is None:
            await self.close(4404)
            return
        await self._leave()
        self.number, self.group = number, group
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.channel_layer.group_add(self._own, self.channel_name)
        await self.send(json.dumps({"watching": number}))

    async def nudge(self, message: dict[str, Any]) -> None:
        """Pass a nudge on, at most one a second and panel; a late one waits for the end of that second."""
        panel = message["panel"]
        if message.get("by") == self.channel_name:
            return  # a page knows what it does itself
        wait = self.last_sent.get(panel, 0.0) + 1.0 - time.monotonic()
        self.last_sent[panel] = time.monotonic() + max(wait, 0.0)
        if wait > 0:
            await asyncio.sleep(wait)
        await self.send(json.dumps({"panel": panel}))

    async def let_go(self) -> None:
        if self.watcher:
            self.watcher.cancel()
        await self._leave()

    async def _be_here(self, doing: str) -> None:
        """Only who may watch a group is in it, so nobody else is told or counted."""
        panel = presences.get((self.group or "").partition(".")[0])
        if self.group is None or panel is None:
            return
        try:
            news = await asyncio.to_thread(presence.here, self.group, self.scope["user"].pk, self.channel_name, doing)
        except Exception:  # noqa: BLE001 — without Valkey nobody is told who is there, and nothing else is lost
            return
        if news:
            await self._tell_others(panel)

    async def _be_gone(self) -> None:
        panel = presences.get((self.group or "").partition(".")[0])
        if self.group is None or panel is None:
            return
        try:
            if await asyncio.to_thread(presence.gone, self.group, self.scope["user"].pk, self.channel_name):
                await self._tell_others(panel)
        except Exception:  # noqa: BLE001 — it ends by itself
            return

    async def _tell_others(self, panel: str) -> None:
        assert self.group is not None
        await self.channel_layer.group_send(self.group, {"type": "nudge", "panel": panel, "by": self.channel_name})

    async def _leave(self) -> None:
        if self.group:
            await self._be_gone()
            left, self.group = (self.group, self._own), None
            for group in left:
                await self.channel_layer.group_discard(group, self.channel_name)

    @property
    def _own(self) -> str:
        """What its reader is told reaches every page of theirs."""
        return f"user.{self.scope['user'].pk}"

    async def _watch_the_session(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                allowed = await database_sync_to_async(self._still_allowed)()
            except Exception:  # noqa: BLE001 — who cannot be asked about hears nothing; the page comes again
                await self.close(1011)
                return
            if not allowed:
                await self.close(4401)
                return

    def _group_of(self, number: str) -> str | None:
        user = signed_in_user(self.scope["session_key"])
        if user is None:
            return None
        if number == "@me":
            return f"user.{user.pk}"
        if number == "@store":
            return f"store.{user.counter_store.pk}" if user.counter_store and user.may("counter.receive") else None
        if (watch := watches.get(number[:1])) is not None:
            return watch(user, number[1:])
        found = Customer.objects.visible_to(user).filter(number=number).values_list("pk", flat=True).first()
        return None if found is None else f"customer.{found}"

    def _still_allowed(self) -> bool:
        user: User | None = signed_in_user(self.scope["session_key"])
        if user is None:
            return False
        if self.group is None:
            return True
        kind, _dot, pk = self.group.partition(".")
        if kind == "customer":
            return Customer.objects.visible_to(user).filter(pk=int(pk)).exists()
        return self._group_of(self.number) == self.group


def _doing_of(text: str) -> str:
    """What a sign of life says; "" for anything else."""
    if not text.startswith('{"here"') or len(text) > LONGEST:
        return ""
    try:
        doing = json.loads(text)["here"]
    except (ValueError, KeyError, TypeError):
        return ""
    return doing if isinstance(doing, str) and doing in presence.DOINGS else ""


def _number_of(text: str) -> str | None:
    """What a page asks to watch; None for anything else, however it is nested or coded."""
    if len(text) > LONGEST:
        return None
    try:
        number = json.loads(text)["watch"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return number if isinstance(number, str) and len(number) <= 40 and number.isprintable() else None
