"""The gate before the drops: says “no” and “wait” by itself, so that a crowd does not reach the house."""

import asyncio
import concurrent.futures
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from loyalty import gate_pages as pages
from loyalty.gate_line import Line
from scrm.kernel import metrics
from scrm.kernel.middleware import continuing
from scrm.kernel.parsing import canonical

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

log = logging.getLogger("scrm.access")
PAGE = re.compile(r"/c/([A-Za-z0-9_-]{20,64})/drops/([-a-zA-Z0-9_]{1,40})/")
API = re.compile(r"/api/v1/drops/([-a-zA-Z0-9_]{1,40})/claim/")
LONGEST_BODY = 16 * 1024  # what is longer is no claim of ours: the house reads it
FRESH = 0.2  # seconds an announcement is believed
PATIENCE = 0.5  # seconds the cache may take
NEAR = 1000  # so many at the front of the line are kept waiting rather than sent away
HOLD = 1.5
DROPS = 200  # codes remembered
MUST = ("opens", "ends", "state", "cap", "slots", "gone")


@dataclass(slots=True)
class Known:
    """What the cache said of a drop, and when; `asking` while it is being asked."""

    told: dict[str, Any] | None = None
    at: float = float("-inf")
    asking: concurrent.futures.Future[dict[str, Any] | None] | None = None
    asked_at: float = 0.0


@dataclass(slots=True)
class Claim:
    code: str
    key: bytes
    is_page: bool


class Gate:
    """Stands around the HTTP application. It may only say no: what it does not know for certain passes through.

    Its word is the announcement `drop:<code>`, believed for a fifth of a second. It cannot know whose a token is: it
    counts tokens. It says “all given” and “stopped” only to keys it never let in, and only when this process has been
    here since before the opening; so nobody who won hears it, as long as one process serves the claims.
    """

    def __init__(self, inner: App, *, near: int = NEAR, hold: float = HOLD) -> None:
        self.inner = inner
        self.near, self.hold = near, hold
        self.since = time.time()  # all claims since then went through here
        self._lines: dict[str, Line] = {}
        self._known: dict[str, Known] = {}
        self._reader = concurrent.futures.ThreadPoolExecutor(max_workers=2, thread_name_prefix="gate")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        method = scope.get("method")
        if scope["type"] != "http" or method not in ("GET", "POST"):
            return await self.inner(scope, receive, send)
        path = scope["path"]
        if path.startswith("/c/") and (found := PAGE.fullmatch(path)):
            claim = Claim(found[2], hashlib.sha256(found[1].encode()).digest()[:16], True)
            if method == "GET":
                return await self._look(claim, scope, receive, send)
            _body, receive = await _read_ahead(receive)
            return await self._claim(claim, scope, receive, send)
        if method == "POST" and path.startswith("/api/v1/drops/") and (found := API.fullmatch(path)):
            body, receive = await _read_ahead(receive)
            key = _machine_key(dict(scope["headers"]), body)
            if key is not None:
                return await self._claim(Claim(found[1], key, False), scope, receive, send)
        return await self.inner(scope, receive, send)

    async def _look(self, claim: Claim, scope: Any, receive: Receive, send: Send) -> None:
        """Who stands in line and looks sees their place; when it is their turn, and for all others, the house shows."""
        line = self._lines.get(claim.code)
        if line is not None and line.ahead_of(claim.key) is not None:
            told = await self._told(claim.code)
            if told is not None and _why_not(told) is None:
                ahead = line.asks(claim.key)
                if ahead is not None and not line.has_room_for(ahead):
                    return await self._wait(claim, line, told, ahead, scope, send)
        await self.inner(scope, receive, send)

    async def _claim(self, claim: Claim, scope: Any, receive: Receive, send: Send) -> None:
        told = await self._told(claim.code)
        line = self._line(claim.code)
        if told is None:
            line.enter_unasked(claim.key)
        else:
            line.cap = max(1, int(told["cap"]))
            if (no := _why_not(told)) and (no == "early" or self._never_let_in(claim.key, line, told)):
                return await self._no(no, claim, line, told, scope, send)
            if not await line.enter(claim.key, near=self.near, hold=self.hold):
                ahead = line.ahead_of(claim.key)
                return await self._wait(claim, line, told, ahead or 0, scope, send)
        try:
            await self.inner(scope, receive, send)
        finally:
            line.leave(claim.key)

    def _never_let_in(self, key: bytes, line: Line, told: dict[str, Any]) -> bool:
        return key not in line.entered and self.since < told["opens"]

    async def _no(self, no: str, claim: Claim, line: Line, told: dict[str, Any], scope: Any, send: Send) -> None:
        began, number = time.perf_counter(), pages.new_number()
        values: dict[str, Any] = {"slots": told["slots"], "number": claim.code, "here": scope["path"]}
        if no == "gone":
            place = max(int(told.get("people") or 0), told["slots"]) + line.late_number(claim.key)
            # Nothing was written down of them: the drop and the place say where to look.
            values |= {"place": place, "missed": place - told["slots"], "number": f"{claim.code}-{place}"}
        if not claim.is_page:
            body = {"outcome": "gone", "place": values["place"], "missed_by": values["missed"]} if no == "gone" else {
                "outcome": "closed"}  # fmt: skip
            return await _answer(send, *pages.machine(body), number=number, began=began, route="gate:drop-api")
        language = pages.language_of(scope.get("query_string", b""), dict(scope["headers"]))
        values |= {
            "name": pages.name_in(told, language, claim.code), "why": told.get("why", ""), "at": pages.exact_now(),
            "opens": pages.exact(told["opens"]),
            "last": pages.exact(told["last"]) if told.get("last") else "",
        }  # fmt: skip
        body_text = pages.page("stopped_why" if no == "stopped" and values["why"] else no, language, values)
        await _answer(send, 200, pages.page_headers(language), body_text, number=number, began=began,
                      route="gate:drop-page")  # fmt: skip

    async def _wait(self, claim: Claim, line: Line, told: dict[str, Any], ahead: int, scope: Any, send: Send) -> None:
        began, number = time.perf_counter(), pages.new_number()
        ahead += line.inside
        place = ahead + 1
        if not claim.is_page:
            with continuing(number):
                answer = pages.wait_problem(place=place, ahead=ahead)
            return await _answer(send, *answer, number=number, began=began, route="gate:drop-api", wait=1)
        language = pages.language_of(scope.get("query_string", b""), dict(scope["headers"]))
        # Each who was let in took one at most: at least so many are left, as far as this process knows.
        left = max(0, int(told["slots"]) - len(line.entered))
        values = {"name": pages.name_in(told, language, claim.code), "here": f"{scope['path']}?language={language}",
                  "place": place, "ahead": ahead, "left": left}  # fmt: skip
        body = pages.page("wait" if left > ahead else "wait_little", language, values)
        await _answer(send, 200, pages.page_headers(language), body, number=number, began=began,
                      route="gate:drop-page", wait=2)  # fmt: skip

    def _line(self, code: str) -> Line:
        line = self._lines.get(code)
        if line is None:
            if len(self._lines) >= DROPS:
                self._forget_one()
            line = self._lines[code] = Line()
        return line

    def _forget_one(self) -> None:
        """The line that was used longest ago; what it knew of winners is lost, so less is said from now on."""
        idle = [code for code, line in self._lines.items() if not line.inside and not len(line)]
        for code in sorted(idle, key=lambda code: self._lines[code].used)[: DROPS // 4]:
            self.since = time.time()
            del self._lines[code]
            self._known.pop(code, None)

    async def _told(self, code: str) -> dict[str, Any] | None:
        """The announcement; None when the cache cannot be read, is too slow, or knows nothing."""
        known = self._known.get(code)
        if known is None:
            if len(self._known) >= DROPS * 5:
                self._known.clear()
            known = self._known[code] = Known()
        now = time.monotonic()
        if now - known.at < FRESH:
            return known.told
        if known.asking is None:
            known.asking, known.asked_at = self._reader.submit(_read, code), now
        elif now - known.asked_at > PATIENCE and not known.asking.done():
            return None
        asking = known.asking
        await asyncio.wait([asyncio.wrap_future(asking)], timeout=PATIENCE)
        if not asking.done():
            return None
        if known.asking is asking:
            known.told, known.at, known.asking = asking.result(), time.monotonic(), None
        return known.told


def _read(code: str) -> dict[str, Any] | None:
    try:
        told = cache.get(f"drop:{code}")
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the cache: the house decides
        logging.getLogger("scrm.failures").warning("The gate cannot read the cache: %s.", type(error).__name__)
        return None
    return told if isinstance(told, dict) and all(name in told for name in MUST) else None


def _why_not(told: dict[str, Any]) -> str | None:
    if told["state"] == "stopped":
        return "stopped"
    if told["state"] != "ready":
        return None
    if time.time() < told["opens"]:
        return "early"
    return "gone" if told["gone"] and time.time() < told["ends"] else None


async def _read_ahead(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body (None when it is long), and a `receive` that hands all of it on."""
    kept: list[Message] = []
    length = 0
    while True:
        message = await receive()
        kept.append(message)
        length += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body") or length > LONGEST_BODY:
            break

    async def again() -> Message:
        return kept.pop(0) if kept else await receive()

    whole = kept[-1]["type"] == "http.request" and not kept[-1].get("more_body") and length <= LONGEST_BODY
    return (b"".join(message.get("body", b"") for message in kept) if whole else None), again


def _machine_key(headers: dict[bytes, bytes], body: bytes | None) -> bytes | None:
    """Who is claimed for, by which client; None for a body or a header the house would refuse."""
    bearer = headers.get(b"authorization", b"")
    if body is None or not bearer.startswith(b"Bearer ") or b"idempotency-key" not in headers:
        return None
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        return None
    try:
        said = json.loads(body)
        customer = said["customer"]
        if set(said) != {"customer"} or set(customer) != {"kind", "value"}:
            return None
        return hashlib.sha256(bearer + b"\n" + canonical(customer)).digest()[:16]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


async def _answer(send: Send, status: int, headers: pages.Headers, body: bytes, *, number: str, began: float,
                  route: str, wait: int = 0) -> None:  # fmt: skip
    own = [(b"content-length", str(len(body)).encode()), (b"x-request-number", number.encode())]
    if wait:
        own.append((b"retry-after", str(wait).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers + own})
    await send({"type": "http.response.body", "body": body})
    seconds = time.perf_counter() - began
    metrics.count(route, status, seconds)
    _tally(route, status)


_said: dict[tuple[str, int], int] = {}
_told_at = 0.0


def _tally(route: str, status: int) -> None:
    """One line a second at most: a line for each would cost more than the answers."""
    global _told_at
    _said[route, status] = _said.get((route, status), 0) + 1
    now = time.monotonic()
    if now - _told_at >= 1:
        _told_at = now
        for (name, code), count in _said.items():
            log.info("%s times", count, extra={"route": name, "status": code})
        _said.clear()
