"""What the gate says: pages rendered once per language and kept, answers for machines, the headers of every answer."""

import json
import re
import secrets
from datetime import datetime
from functools import cache, lru_cache
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test.client import RequestFactory
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from scrm.kernel import problem
from scrm.kernel.words import Words

CODES = tuple(code for code, _name in settings.LANGUAGES)
HTML = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
OUTSIDE = (
    "django.middleware.security.SecurityMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware", "scrm.kernel.middleware.Doorkeeper",
)  # fmt: skip
ASKED = re.compile(rb"(?:^|&)language=([a-z-]{2,10})(?:&|$)")
HOLE = re.compile(r"@@(\w+)@@")
NAMES = ("name", "here", "place", "ahead", "left", "missed", "slots", "opens", "at", "last", "why", "number")

Headers = list[tuple[bytes, bytes]]


@cache
def common_headers() -> Headers:
    """What the outer middleware puts on every answer, asked of that middleware itself."""

    def bare(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    get_response: Any = bare
    for name in reversed([name for name in settings.MIDDLEWARE if name in OUTSIDE]):
        get_response = import_string(name)(get_response)
    more = {"HTTP_X_FORWARDED_PROTO": "https"} if settings.SECURE else {}
    request = RequestFactory().get("/", **more)  # type: ignore[arg-type]
    given = get_response(request).headers
    skipped = {"content-type", "content-length"}
    return [(k.lower().encode(), v.encode()) for k, v in given.items() if k.lower() not in skipped]


@cache
def page_headers(language: str) -> Headers:
    """The same for a letter: it tells nobody where one came from."""
    own: Headers = [
        (b"content-type", b"text/html; charset=utf-8"), (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"), (b"content-language", HTML[language].encode()),
    ]  # fmt: skip
    names = {name for name, _value in own}
    return own + [pair for pair in common_headers() if pair[0] not in names]


@cache
def _kept(kind: str, language: str, with_last: bool) -> list[str]:
    """A page cut at its holes: text, name of a hole, text, …"""
    holes = {name: f"@@{name}@@" for name in NAMES}
    with translation.override(language):
        context = holes | {"kind": kind, "html_language": HTML[language], "with_last": with_last}
        text = render_to_string(f"loyalty/letters/drop_{'wait' if kind.startswith('wait') else 'no'}.html", context)
    return HOLE.split(text)


def page(kind: str, language: str, values: dict[str, Any]) -> bytes:
    """`kind` is early, stopped, gone, wait or wait_little. Every value is escaped."""
    parts = list(_kept(kind, language, bool(values.get("last"))))
    for n in range(1, len(parts), 2):
        value = values.get(parts[n], "")
        parts[n] = f"{value:,}" if isinstance(value, int) else escape(value)
    return "".join(parts).encode()


def name_in(told: dict[str, Any], language: str, code: str) -> str:
    return Words(told.get("name") or {}).in_language(language) or code


def exact_now() -> str:
    return datetime.now(timezone.get_default_timezone()).isoformat(sep=" ", timespec="milliseconds")[11:23]


@lru_cache(maxsize=1000)
def exact(stamp: float) -> str:
    """The time of day to the millisecond."""
    at = datetime.fromtimestamp(stamp, timezone.get_default_timezone())
    return at.isoformat(sep=" ", timespec="milliseconds")[11:23]


def new_number() -> str:
    return secrets.token_hex(4).upper()


def machine(body: dict[str, Any], *, status: int = 200) -> tuple[int, Headers, bytes]:
    kind = b"application/json" if status < 400 else problem.CONTENT_TYPE.encode()
    return status, [(b"content-type", kind), *common_headers()], json.dumps(body, ensure_ascii=False).encode()


def wait_problem(*, place: int, ahead: int) -> tuple[int, Headers, bytes]:
    body = problem.document("too-many-requests", "You stand in line: ask again, your place is kept.", place=place,
                            ahead=ahead)  # fmt: skip
    return machine(body, status=429)


def language_of(query: bytes, headers: dict[bytes, bytes]) -> str:
    """As the pages choose it: what the address says, the cookie, the browser."""
    if (asked := ASKED.search(query)) is not None and (code := asked[1].decode()) in CODES:
        return code
    return _usual(headers.get(b"cookie", b"").decode("latin-1"), headers.get(b"accept-language", b"").decode("latin-1"))


def _usual(cookie: str, accepts: str) -> str:
    if settings.LANGUAGE_COOKIE_NAME + "=" in cookie:
        try:
            chosen = SimpleCookie(cookie).get(settings.LANGUAGE_COOKIE_NAME)
        except CookieError:
            chosen = None
        if chosen is not None and chosen.value in CODES:
            return chosen.value
    if not accepts:
        return "zh-hans"
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepts[:200]
    found = translation.get_language_from_request(request)
    return found if found in CODES else "zh-hans"
