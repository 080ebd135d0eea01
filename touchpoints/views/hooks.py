"""Where providers call: proved on the raw bytes, stored, answered at once, worked on later."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from scrm.kernel.logs import about
from staff.api_key import FAILURES_KEPT, counted
from staff.doors import open_door
from touchpoints import intake
from touchpoints.channels.protocol import Forged, Incoming, Malformed
from touchpoints.models import Channel

WRONG_ALLOWED = 600


@csrf_exempt
@open_door
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """All failures look the same, and leave no row."""
    channel = Channel.objects.behind(token)
    address = request.META.get("REMOTE_ADDR", "")
    if channel is None:
        if counted(f"hooks-wrong:{address}", FAILURES_KEPT) > WRONG_ALLOWED:
            return HttpResponse(status=429)
        return HttpResponse(status=404)
    incoming = Incoming(
        method=request.method or "", path=request.path, query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()}, body=request.body,
        url=f"{settings.SCRM_URL}{request.get_full_path()}",
    )  # fmt: skip
    with about(channel=channel.code):
        try:
            received = channel.open().receive(incoming)
        except Forged:
            return HttpResponse(status=403)
        except Malformed:
            return HttpResponse(status=400)
        intake.store_items(channel, received.items)
        channel.touched()
    reply = received.reply
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
