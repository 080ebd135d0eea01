"""Pages a customer opens by a link: a letter without sign-in, in the customer's language, kept by nobody on the way."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def language_of(request: HttpRequest, usual: str) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in ("zh-hans", "zh-hant", "en") else usual or "zh-hans"


def as_letter(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """Wrong, old, used and shortened links look the same."""
    return as_letter(render(request, "customers/letters/gone.html", status=404))
