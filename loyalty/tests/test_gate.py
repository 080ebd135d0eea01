"""The gate: it may only say no; what it does not know passes, whole; the line keeps its order and its places."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from loyalty import gate as gate_module
from loyalty import gate_line
from loyalty.gate import Gate

TOKENS = [letter * 32 for letter in "abcdefghijkl"]


class House:
    """What stands behind the gate: it notes what reaches it, and answers when it is told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.doors: dict[str, asyncio.Event] = {}

    def slow(self, path: str) -> asyncio.Event:
        return self.doors.setdefault(path, asyncio.Event())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope["method"], scope["path"], body))
        if (door := self.doors.get(scope["path"])) is not None:
            await door.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-house", b"yes")]})
        await send({"type": "http.response.body", "body": b"won"})

    @property
    def paths(self) -> list[str]:
        return [path for _method, path, _body in self.seen]


class Answer:
    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status, self.body = status, body
        self.headers = {name.decode(): value.decode() for name, value in headers}
        assert len(self.headers) == len(headers)

    @property
    def by_house(self) -> bool:
        return "x-house" in self.headers

    @property
    def text(self) -> str:
        return " ".join(self.body.decode().split())


async def ask(gate: Gate, path: str, *, method: str = "POST", body: list[bytes] | bytes = b"",
              headers: dict[str, str] | None = None, query: str = "language=en") -> Answer:  # fmt: skip
    parts = body if isinstance(body, list) else [body]
    messages = [{"type": "http.request", "body": part, "more_body": n < len(parts) - 1} for n, part in enumerate(parts)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
             "method": method, "path": path, "query_string": query.encode(), "headers": raw}  # fmt: skip
    await gate(scope, receive, send)
    return Answer(sent[0]["status"], sent[0]["headers"], b"".join(message["body"] for message in sent[1:]))


def page(token: str, code: str = "night") -> str:
    return f"/c/{token}/drops/{code}/"


def announced(code: str = "night", **said) -> None:
    now = time.time()
    told = {"opens": now - 60, "ends": now + 3600, "state": "ready", "cap": 1, "slots": 10, "gone": False,
            "name": {"en": "Packet <night>"}, "why": ""}  # fmt: skip
    cache.set(f"drop:{code}", told | said)


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: the browser's tests leave a running loop behind in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def on_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Each test in one event loop, with a gate that has been here since yesterday and keeps nobody waiting."""

    def runs(monkeypatch) -> None:
        cache.clear()
        monkeypatch.setattr(gate_module, "FRESH", 0.0)
        gate = Gate(House(), near=0)
        gate.since = time.time() - 86400
        in_a_loop(test(gate, gate.inner, monkeypatch))

    runs.__doc__ = test.__doc__
    return runs


async def settle() -> None:
    for _n in range(40):
        await asyncio.sleep(0.005)


@on_a_loop
async def test_before_the_opening_it_says_so_without_the_house(gate, house, patch) -> None:
    announced(opens=time.time() + 60)

    answer = await ask(gate, page(TOKENS[0]))

    assert house.seen == []
    assert "Not open yet" in answer.text
    assert "Packet &lt;night&gt;" in answer.text
    assert "<night>" not in answer.text


@on_a_loop
async def test_the_headers_are_those_of_every_answer(gate, house, patch) -> None:
    announced(opens=time.time() + 60)

    given = (await ask(gate, page(TOKENS[0]))).headers

    assert "script-src 'self'" in given["content-security-policy"]
    assert (given["x-content-type-options"], given["referrer-policy"]) == ("nosniff", "no-referrer")
    assert (given["cache-control"], given["x-frame-options"]) == ("no-store", "DENY")
    assert given["x-request-number"]
    assert "permissions-policy" in given


@on_a_loop
async def test_stopped_and_given_out_are_said_to_who_was_never_inside(gate, house, patch) -> None:
    announced(slots=3, gone=True, people=5)
    first = await ask(gate, page(TOKENS[0]))
    again = await ask(gate, page(TOKENS[0]))
    other = await ask(gate, page(TOKENS[1]))

    assert house.seen == []
    assert "at least: 3" in first.text
    assert "at least: 3" in again.text
    assert "at least: 4" in other.text

    announced(state="stopped", why="the price was <wrong>")
    assert "the price was &lt;wrong&gt;" in (await ask(gate, page(TOKENS[0]))).text
    assert house.seen == []


@on_a_loop
async def test_who_was_inside_may_have_won_and_is_never_told_no(gate, house, patch) -> None:
    announced()
    assert (await ask(gate, page(TOKENS[0]))).by_house
    for said in ({"gone": True}, {"state": "stopped"}):
        announced(**said)

        assert (await ask(gate, page(TOKENS[0]))).by_house
        assert not (await ask(gate, page(TOKENS[1]))).by_house


@on_a_loop
async def test_a_gate_that_came_after_the_opening_leaves_it_to_the_house(gate, house, patch) -> None:
    gate.since = time.time()
    announced(opens=time.time() - 60, gone=True)

    assert (await ask(gate, page(TOKENS[0]))).by_house


@on_a_loop
async def test_what_it_does_not_know_passes(gate, house, patch) -> None:
    answers = [await ask(gate, page(TOKENS[0], "unknown"))]
    cache.set("drop:odd", {"state": "stopped"})
    answers.append(await ask(gate, page(TOKENS[0], "odd")))
    announced(state="ended", gone=True)
    answers.append(await ask(gate, page(TOKENS[0])))
    announced(gone=True, ends=time.time() - 1)
    answers.append(await ask(gate, page(TOKENS[1])))

    assert all(answer.by_house for answer in answers)


@on_a_loop
async def test_when_the_cache_is_away_everything_passes_and_soon(gate, house, patch) -> None:
    announced(state="stopped")

    class Away:
        def get(self, key: str) -> None:
            raise ConnectionError

    patch.setattr(gate_module, "cache", Away())
    assert (await ask(gate, page(TOKENS[0]))).by_house

    class Stuck:
        def get(self, key: str) -> None:
            time.sleep(1)

    patch.setattr(gate_module, "cache", Stuck())
    patch.setattr(gate_module, "PATIENCE", 0.05)
    began = time.monotonic()
    answers = await asyncio.gather(*(ask(gate, page(token)) for token in TOKENS))
    assert all(answer.by_house for answer in answers)
    assert time.monotonic() - began < 0.9


@on_a_loop
async def test_the_cache_is_asked_at_most_every_fifth_of_a_second(gate, house, patch) -> None:
    asked = []

    class Counting:
        def get(self, key: str) -> None:
            asked.append(key)

    patch.setattr(gate_module, "cache", Counting())
    patch.setattr(gate_module, "FRESH", 0.2)
    await asyncio.gather(*(ask(gate, page(token)) for token in TOKENS for _n in range(20)))

    assert asked == ["drop:night"]


@on_a_loop
async def test_other_paths_and_methods_are_untouched_and_bodies_whole(gate, house, patch) -> None:
    announced(state="stopped")
    whole = [b"x" * 9000, b"y" * 9000, b"z" * 9000, b""]
    for method, path in (
        ("GET", page(TOKENS[0])), ("HEAD", page(TOKENS[0])), ("POST", f"/c/{TOKENS[0]}/wallet/"),
        ("POST", page("short")), ("POST", page(TOKENS[0], "ni.ght")), ("POST", "/api/v1/drops/night/claim"),
        ("POST", "/api/v1/drops/night/claim/x/"), ("POST", page(TOKENS[0]) + "not-mine/"), ("PUT", page(TOKENS[0])),
    ):  # fmt: skip
        assert (await ask(gate, path, method=method, body=list(whole))).by_house, path
    announced()
    await ask(gate, page(TOKENS[0]), body=list(whole))

    assert {body for _method, _path, body in house.seen} == {b"".join(whole)}


KEYS = {"Authorization": "Bearer sk_1", "Idempotency-Key": "k-1", "Content-Type": "application/json"}


def named(value: str) -> bytes:
    return json.dumps({"customer": {"kind": "member_no", "value": value}}).encode()


@on_a_loop
async def test_a_machine_is_told_the_same_in_its_own_form(gate, house, patch) -> None:
    path = "/api/v1/drops/night/claim/"
    announced(slots=3, gone=True, people=5)
    answer = await ask(gate, path, body=named("1"), headers=KEYS)
    assert json.loads(answer.body) == {"outcome": "gone", "place": 6, "missed_by": 3}
    assert (await ask(gate, path, body=named("1"), headers=KEYS)).body == answer.body
    assert json.loads((await ask(gate, path, body=named("2"), headers=KEYS)).body)["missed_by"] == 4
    announced(opens=time.time() + 60)
    assert json.loads((await ask(gate, path, body=named("1"), headers=KEYS)).body) == {"outcome": "closed"}
    assert house.seen == []

    # What the house would refuse, the house refuses.
    for body, headers in (
        (b"{", KEYS), (b"[" * 5000, KEYS), (b'{"customer": 3}', KEYS), (b"", KEYS), (named("1"), {}),
        (named("1"), KEYS | {"Content-Type": "text/plain"}), (named("1"), {"Authorization": "Bearer sk_1"}),
    ):  # fmt: skip
        assert (await ask(gate, path, body=body, headers=headers)).by_house
        assert house.seen.pop()[2] == body


@on_a_loop
async def test_a_machine_waits_with_a_place(gate, house, patch) -> None:
    announced()
    path = "/api/v1/drops/night/claim/"
    door = house.slow(path)
    inside = asyncio.create_task(ask(gate, path, body=named("1"), headers=KEYS))
    await settle()

    waits = await ask(gate, path, body=named("2"), headers=KEYS)

    assert (waits.status, waits.headers["retry-after"]) == (429, "1")
    assert waits.headers["content-type"] == "application/problem+json"
    told = json.loads(waits.body)
    assert (told["status"], told["place"], told["ahead"]) == (429, 2, 1)
    assert told["instance"].endswith(waits.headers["x-request-number"])
    door.set()
    await inside


@on_a_loop
async def test_places_go_by_arrival_and_survive_and_newcomers_go_behind(gate, house, patch) -> None:
    announced()
    first, second, third, late = (page(token) for token in TOKENS[:4])
    door = house.slow(first)
    inside = asyncio.create_task(ask(gate, first))
    await settle()

    one, two = await ask(gate, second), await ask(gate, third)
    assert "You stand in line" in one.text
    assert one.headers["retry-after"] == "2"
    assert 'http-equiv="refresh" content="2"' in one.text
    assert "style=" not in one.text
    assert "<script>" not in one.text
    assert '<p class="s-bignum num">1</p>' in one.text
    assert '<p class="s-bignum num">2</p>' in two.text
    # Asking again, by the button or by loading anew, changes no place.
    assert '<p class="s-bignum num">1</p>' in (await ask(gate, second)).text
    assert '<p class="s-bignum num">2</p>' in (await ask(gate, third, method="GET")).text
    assert house.paths == [first]

    door.set()
    assert (await inside).by_house
    assert not (await ask(gate, late)).by_house  # there is room, but two were before
    assert not (await ask(gate, third)).by_house
    assert (await ask(gate, second, method="GET")).by_house  # their turn: the house shows the button
    assert [(await ask(gate, path)).by_house for path in (second, third, late)] == [True] * 3


@on_a_loop
async def test_who_has_not_asked_again_in_time_has_left(gate, house, patch) -> None:
    announced()
    first, second, third = (page(token) for token in TOKENS[:3])
    door = house.slow(first)
    inside = asyncio.create_task(ask(gate, first))
    await settle()
    await ask(gate, second)
    await ask(gate, third)
    line = gate._lines["night"]
    away = hashlib.sha256(TOKENS[1].encode()).digest()[:16]
    line._people[away].asked -= gate_line.LEAVES + 1
    line._swept -= 2

    assert '<p class="s-bignum num">1</p>' in (await ask(gate, third)).text
    assert '<p class="s-bignum num">2</p>' in (await ask(gate, second)).text  # back, behind

    door.set()
    await inside


@on_a_loop
async def test_who_is_here_is_called_up_in_order_and_never_more_than_the_cap(gate, house, patch) -> None:
    announced(cap=2)
    gate.near, gate.hold = 100, 5
    paths = [page(token) for token in TOKENS]
    doors = [house.slow(path) for path in paths]
    asking = []
    for path in paths:
        asking.append(asyncio.create_task(ask(gate, path)))
        await asyncio.sleep(0.01)
    await settle()

    assert house.paths == paths[:2]
    for n, door in enumerate(doors):
        assert len(house.seen) - n <= 2
        door.set()
        await settle()
    assert all(answer.by_house for answer in await asyncio.gather(*asking))
    assert house.paths == paths
    line = gate._lines["night"]
    assert (line.inside, len(line)) == (0, 0)


@on_a_loop
async def test_a_double_click_goes_in_with_the_first_and_who_gives_up_blocks_nobody(gate, house, patch) -> None:
    announced()
    gate.near, gate.hold = 100, 5
    first, second, third = (page(token) for token in TOKENS[:3])
    door = house.slow(first)
    inside = asyncio.create_task(ask(gate, first))
    await settle()
    twice = [asyncio.create_task(ask(gate, second)) for _n in range(2)]
    behind = asyncio.create_task(ask(gate, third))
    await settle()
    gives_up = asyncio.create_task(ask(gate, page(TOKENS[4])))
    await settle()
    gives_up.cancel()

    door.set()

    answers = await asyncio.wait_for(asyncio.gather(inside, *twice, behind), 5)
    assert all(answer.by_house for answer in answers)
    # The place of who gave up keeps the next one waiting for a moment only.
    began = time.monotonic()
    assert (await ask(gate, page(TOKENS[5]))).by_house
    assert time.monotonic() - began < 1
    assert gate._lines["night"].inside == 0


@on_a_loop
async def test_a_house_that_breaks_frees_the_place(gate, house, patch) -> None:
    announced()

    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    gate.inner = breaks
    for token in TOKENS[:3]:
        with pytest.raises(RuntimeError):
            await ask(gate, page(token))
    assert gate._lines["night"].inside == 0


@on_a_loop
async def test_it_never_says_yes(gate, house, patch) -> None:
    """Whatever is announced, an answer that did not come from the house holds no coupon."""
    for said in (
        {"opens": time.time() + 60}, {"state": "stopped"}, {"gone": True}, {"cap": 1}, {"state": "stopped", "gone": True},
    ):  # fmt: skip
        announced(**said)
        for token in TOKENS[:3]:
            answer = await ask(gate, page(token))
            assert answer.by_house or "You have one" not in answer.text
        machine = await ask(gate, "/api/v1/drops/night/claim/", body=named("1"), headers=KEYS)
        assert machine.by_house or b"won" not in machine.body


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_every_page_is_made_in_every_language(language) -> None:
    from loyalty import gate_pages

    for kind in ("early", "gone", "stopped", "stopped_why", "wait", "wait_little"):
        text = gate_pages.page(kind, language, {"name": "<Mei>", "ahead": 1234, "missed": 1234, "last": "x"}).decode()
        assert "@@" not in text
        assert "&lt;Mei&gt;" in text
        assert "<Mei>" not in text


def test_a_no_costs_a_fifth_of_the_smallest_page_at_most(db, settings) -> None:
    """The same server calls: the gate's own answer against a view that does nothing, through the whole house."""
    from a2wsgi import WSGIMiddleware
    from django.core.wsgi import get_wsgi_application

    announced(gone=True, opens=time.time() - 60)
    gate = Gate(WSGIMiddleware(get_wsgi_application(), workers=8))
    gate.since = time.time() - 86400
    tokens = [hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(400)]

    async def measured() -> tuple[float, float]:
        async def per_second(asking: Callable[[str], Awaitable[Answer]]) -> float:
            for token in tokens[:20]:
                await asking(token)
            began = time.perf_counter()
            for n in range(0, len(tokens), 8):
                await asyncio.gather(*(asking(token) for token in tokens[n : n + 8]))
            return len(tokens) / (time.perf_counter() - began)

        no = await per_second(lambda token: ask(gate, page(token)))
        bare = await per_second(lambda token: ask(gate, "/healthz", method="GET"))
        return no, bare

    no, bare = in_a_loop(measured())

    print(f"\nno: {no:.0f}/s, bare view: {bare:.0f}/s, {no / bare:.1f} times")  # noqa: T201 — the count is the point
    assert no >= 5 * bare
