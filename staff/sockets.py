"""The door of sockets: the same session row as the pages, looked up again while the socket lives."""

from http.cookies import SimpleCookie
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from staff.models import User


def signed_in_user(session_key: str) -> User | None:
    """The user of a live session, or None when it ended, idled out, or the person may not sign in."""
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    from staff.session_store import SessionStore

    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


class SignedIn:
    """Put `session_key` and `user` into the scope; refuse strangers before the handshake."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        morsel = cookies.get(settings.SESSION_COOKIE_NAME)
        user = await database_sync_to_async(signed_in_user)(morsel.value) if morsel else None
        if user is None:
            await receive()
            await send({"type": "websocket.close", "code": 4401})
            return
        await self.inner({**scope, "session_key": morsel.value, "user": user}, receive, send)  # type: ignore[union-attr]
