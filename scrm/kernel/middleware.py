"""What every request carries: a number for the logs, and headers no page may lack."""

import contextlib
import contextvars
import logging
import secrets
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from scrm.kernel import logs, metrics
from scrm.kernel.refusals import MovedTo

log = logging.getLogger("scrm.access")
UNCOUNTED = ("/static/", "/healthz", "/readyz", "/metrics")

_number: contextvars.ContextVar[str] = contextvars.ContextVar("request_number", default="-")


def request_number() -> str:
    return _number.get()


@contextlib.contextmanager
def continuing(number: str) -> Iterator[None]:
    """Work under the number of the request that asked for it."""
    token = _number.set(number)
    try:
        yield
    finally:
        _number.reset(token)


class RequestNumber:
    """Give each request a short number: in the logs, in the answer's header, on the error page. Count it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number, begun = secrets.token_hex(4).upper(), time.perf_counter()
        with continuing(number):
            response = self.get_response(request)
            if not request.path.startswith(UNCOUNTED):
                _tell(request, response, time.perf_counter() - begun)
        response["X-Request-Number"] = number
        return response


def _tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    route = logs.route_of(request)
    metrics.count(route, response.status_code, seconds)
    # Only who was looked up anyway: a line is no reason to ask the database.
    user = getattr(request, "_cached_user", None)
    more = {"user": getattr(user, "pk", None), "route": route, "status": response.status_code,
            "ms": round(seconds * 1000)}  # fmt: skip
    log.info("%s", request.method, extra=more)


class Doorkeeper:
    """Personal pages are kept by nobody: not by the browser, not by a proxy between."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nothing was done: a part of an open page takes the whole page along."""
        if not isinstance(exception, MovedTo):
            return None
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = exception.url
            return answer
        return HttpResponseRedirect(exception.url)
