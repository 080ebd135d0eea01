"""One server for pages and sockets: pages run as WSGI on lasting threads, sockets natively."""

import os
from typing import Any

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from scrm.wsgi import application as pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

from django.urls import path

from customers.consumers import Live
from loyalty.gate import Gate
from staff.sockets import SignedIn
from touchpoints.consumers import Chat

live: Any = AllowedHostsOriginValidator(SignedIn(Live.as_asgi()))
# A visitor's page stands on the brand's own site and has no cookie here: its token is in the first message.
sockets = URLRouter([path("ws/chat/", Chat.as_asgi()), path("ws/live/", live)])

application = ProtocolTypeRouter(
    {"http": Gate(WSGIMiddleware(pages, workers=8)), "websocket": sockets}  # type: ignore[arg-type]
)
