"""A socket that lets go of what it holds however it ends: closed, torn off in the middle of a word, or failed."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """`let_go` runs once, at the end.

    The framework's own `disconnect` is skipped when a word to a page that just left raises; somebody would be said to
    be there, and be asked about, for as long as the house runs.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        """Leave the groups, end the tasks. The line is gone: nothing can be sent."""
