"""The door of sockets: the same session row as the pages, looked up again while the socket lives."""

import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from staff.models import User


def signed_in_user(session_key: str) -> User | None:
    """The user of a live session, or None when it ended, idled out, lacks the second factor, or may not sign in."""
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    from staff.session_store import SessionStore

    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    seen = request.session.get("seen", 0)
    if seen and time.time() - seen > settings.IDLE_MINUTES * 60:
        return None
    return user if not settings.SECOND_FACTOR or _has_given_the_code(request.session, user) else None


def _has_given_the_code(session: Any, user: User) -> bool:
    given = session.get(DEVICE_ID_SESSION_KEY)
    device = Device.from_persistent_id(given) if given else None
    return device is not None and device.user_id == user.pk


def _session_key(headers: dict[bytes, bytes]) -> str:
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return ""
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


class SignedIn:
    """Put `session_key` and `user` into the scope; refuse strangers before the handshake."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = _session_key(dict(scope["headers"]))
        user = await database_sync_to_async(signed_in_user)(key) if key else None
        if user is None:
            await receive()
            await send({"type": "websocket.close", "code": 4401})
            return
        await self.inner({**scope, "session_key": key, "user": user}, receive, send)
