"""What every request carries: a number for the logs, and headers no page may lack."""

import contextvars
import logging
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from scrm.kernel.refusals import MovedTo

_number: contextvars.ContextVar[str] = contextvars.ContextVar("request_number", default="-")


def request_number() -> str:
    return _number.get()


class RequestNumberFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_number = request_number()
        return True


class RequestNumber:
    """Give each request a short number: in the logs, in the answer's header, on the error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(4).upper()
        token = _number.set(number)
        try:
            response = self.get_response(request)
        finally:
            _number.reset(token)
        response["X-Request-Number"] = number
        return response


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
