"""A socket that lets go of what it holds however it ends: closed, torn off in the middle of a word, or failed."""

import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

log = logging.getLogger(__name__)


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """`let_go` runs once, at the end.

    The framework's own `disconnect` is skipped when a word to a page that just left raises; somebody would be said to
    be there, and be asked about, for as long as the house runs.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            try:
                await self.let_go()
            except Exception:  # it ends however this goes, and what ended it is what is told
                log.exception("a socket that ended could not let go of everything")

    async def let_go(self) -> None:
        """Leave the groups, end the tasks. The line is gone: nothing can be sent."""
