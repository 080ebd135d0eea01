"""The answers nobody wants: one sentence, a number to report, and the way back."""

import logging

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from scrm.kernel import problem
from scrm.kernel.middleware import request_number

log = logging.getLogger("scrm.failures")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "not-found", _("Not here"), _("This page does not exist, or it is not yours to see."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "scope-missing", _("Not for your role"), _("Ask your team lead if you need it."))


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, "unreadable-body", _("We could not read that"), _("Go back and try once more."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request, "scope-missing", _("This form is too old"),
        _("It was opened before you signed in, or in another window. Load the page again; nothing was changed."),
    )  # fmt: skip


def broken(request: HttpRequest) -> HttpResponse:
    import sys

    if isinstance(sys.exc_info()[1], Error):
        return _answer(
            request, "unavailable", _("We cannot reach our memory right now"),
            _("Nothing was changed. Try again in a minute."),
        )  # fmt: skip
    return _answer(
        request, "internal", _("Something broke on our side"),
        _("Nothing was changed. Try again, or report the number below."),
    )  # fmt: skip


def _answer(request: HttpRequest, slug: str, title: str, text: str) -> HttpResponse:
    number, status = request_number(), problem.KINDS[slug].status
    if request.path.startswith("/api/"):
        return JsonResponse(problem.document(slug), status=status, content_type=problem.CONTENT_TYPE)
    # No request goes in: context processors would ask the database that may be the trouble.
    page = render_to_string("failure.html", {"title": title, "text": text, "number": number, "status": status})
    return HttpResponse(page, status=status)
