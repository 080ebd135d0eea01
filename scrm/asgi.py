"""One server for pages and sockets: pages run as WSGI on lasting threads, sockets natively."""

import os

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from scrm.wsgi import application as pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

from django.urls import path

from customers.consumers import Live
from loyalty.gate import Gate
from staff.sockets import SignedIn

sockets = AllowedHostsOriginValidator(SignedIn(URLRouter([path("ws/live/", Live.as_asgi())])))

application = ProtocolTypeRouter(
    {"http": Gate(WSGIMiddleware(pages, workers=8)), "websocket": sockets}  # type: ignore[arg-type]
)
