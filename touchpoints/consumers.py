"""The visitor's socket: the token in the first message, then every line once and in order."""

import json
from typing import Any

from channels.db import database_sync_to_async

from scrm.kernel.sockets import Socket
from touchpoints import chat
from touchpoints.models import Visitor

LONGEST = 200
MOST = 5  # messages a page sends on one socket: it says who it is, and where it stands


class Chat(Socket):
    """`{"token": …, "after": seq}` → every line after it, and each new one; `{"ready": seq}` once it stands.

    A page that waits holds no connection of the database.
    """

    group = ""
    last = 0

    async def connect(self) -> None:
        await self.accept()
        self.heard = 0

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.heard += 1
        asked = _asked(text_data or "")
        if asked is None or self.heard > MOST:
            await self.close(4400)
            return
        token, self.last = asked
        visitor = await database_sync_to_async(Visitor.holding)(token)
        if visitor is None:
            await self.close(4404)
            return
        self.token = token
        if visitor.conversation_id is not None:
            await self._join(visitor.conversation_id)
        await self._catch_up()
        await self.send(json.dumps({"ready": self.last}))

    async def nudge(self, message: dict[str, Any]) -> None:
        await self._catch_up()

    async def let_go(self) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def _join(self, conversation: int) -> None:
        self.group = f"chat.{conversation}"
        await self.channel_layer.group_add(self.group, self.channel_name)

    async def _catch_up(self) -> None:
        for line in await database_sync_to_async(self._lines)():
            self.last = line["seq"]
            await self.send(json.dumps(line, ensure_ascii=False))

    def _lines(self) -> list[dict[str, Any]]:
        visitor = Visitor.holding(self.token)
        return chat.lines(visitor.conversation, after=self.last) if visitor else []


def _asked(text: str) -> tuple[str, int] | None:
    if len(text) > LONGEST:
        return None
    try:
        said = json.loads(text)
        token, after = said["token"], said.get("after", 0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    good = isinstance(token, str) and type(after) is int and 0 <= after < 10**9
    return (token, after) if good else None
