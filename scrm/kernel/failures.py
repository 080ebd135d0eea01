"""The answers nobody wants: one sentence, a number to report, and the way back."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from scrm.kernel.middleware import request_number

log = logging.getLogger("scrm.failures")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("Not here"), _("This page does not exist, or it is not yours to see."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, _("Not for your role"), _("Ask your team lead if you need it."))


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, _("We could not read that"), _("Go back and try once more."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request, 403, _("This form is too old"),
        _("It was opened before you signed in, or in another window. Load the page again; nothing was changed."),
    )  # fmt: skip


def broken(request: HttpRequest) -> HttpResponse:
    import sys

    if isinstance(sys.exc_info()[1], DatabaseError):
        return _answer(
            request, 503, _("We cannot reach our memory right now"),
            _("Nothing was changed. Try again in a minute."),
        )  # fmt: skip
    return _answer(
        request, 500, _("Something broke on our side"),
        _("Nothing was changed. Try again, or report the number below."),
    )  # fmt: skip


def _answer(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    number = request_number()
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"type": "about:blank", "title": title, "status": status, "detail": text, "instance": number},
            status=status, content_type="application/problem+json",
        )  # fmt: skip
    # No request goes in: context processors would ask the database that may be the trouble.
    page = render_to_string("failure.html", {"title": title, "text": text, "number": number, "status": status})
    return HttpResponse(page, status=status)
