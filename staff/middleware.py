"""Each person in their own language and time zone; an idle browser is asked to sign in again."""

import time
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

CODES = dict(settings.LANGUAGES)
HTML = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}

NOBODY = ("/api/", "/static/", "/healthz", "/readyz", "/metrics")


class OwnPlace:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Machines bring a key, not a session: do not read one for them.
        person = None if request.path.startswith(NOBODY) else request.user
        if person is not None and person.is_authenticated and self._is_idle(request):
            logout(request)
            person = None
        signed_in = person is not None and person.is_authenticated
        language = person.language if signed_in else self._asked_language(request)  # type: ignore[union-attr]
        with translation.override(language if language in CODES else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            request.html_language = HTML[language]  # type: ignore[attr-defined]
            with timezone.override(_zone(person.zone) if signed_in else None):  # type: ignore[union-attr]
                response = self.get_response(request)
                response.headers.setdefault("Content-Language", HTML[language])
                return response

    def _is_idle(self, request: HttpRequest) -> bool:
        now, last = int(time.time()), request.session.get("seen", 0)
        if last and now - last > settings.IDLE_MINUTES * 60:
            return True
        # News that an open page fetches by itself is no sign that somebody is there.
        if now - last > 60 and "X-By-Itself" not in request.headers:
            # Once a minute is fine enough, and keeps the write off most pages.
            request.session["seen"] = now
        return False

    def _asked_language(self, request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen in CODES:
            return chosen
        return translation.get_language_from_request(request) if request.headers.get("Accept-Language") else "zh-hans"


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
