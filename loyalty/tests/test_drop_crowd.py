"""The crowd itself: a real server, real HTTP, more people than slots. Exactly so many are given, one each.

SCRM_FULL=1 makes it 60,000 requests for 5,000.
"""

import http.client
import os
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import uvicorn
from django.db import connection, connections
from django.utils import timezone

from customers.models import CustomerLink
from customers.models.link import digest_of
from loyalty import drops
from loyalty.gate import Gate
from loyalty.models import Coupon, DropTry
from loyalty.proofs import verify
from loyalty.tests.test_drops import people, prepared

FULL = os.environ.get("SCRM_FULL") == "1"
SLOTS, PEOPLE, REQUESTS, HANDS = (5000, 20_000, 60_000, 48) if FULL else (200, 700, 2000, 24)
CAP = 6
WAITS = "You stand in line"


@pytest.fixture
def house(transactional_db, settings) -> Iterator[int]:
    """The port of the whole product, run as it is in production; gone when the test ends."""
    from a2wsgi import WSGIMiddleware

    from scrm.wsgi import application as pages

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "crowd"}}
    connection.settings_dict["CONN_MAX_AGE"] = 60  # as in production: threads keep their connections
    gate = Gate(WSGIMiddleware(pages, workers=8))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(gate, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    server.force_exit = True
    thread.join(10)
    connection.settings_dict["CONN_MAX_AGE"] = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
    connections.close_all()


def said(status: int, body: str) -> str:
    if status >= 400:
        return str(status)
    for words, outcome in (("You have one", "won"), ("All gone", "gone"), (WAITS, "wait"), ("Not open", "early")):
        if words in body:
            return outcome
    return "other"


class Crowd:
    """Hands with a connection each; what every request was answered is noted under whose token it was."""

    def __init__(self, port: int, asking: list[str]) -> None:
        self.port, self.asking = port, asking
        self.answers: list[tuple[str, str, float]] = []
        self.codes: dict[str, set[str]] = {}
        self.troubles: list[str] = []

    def go(self, hands: int) -> float:
        began = time.monotonic()
        threads = [threading.Thread(target=self._hand) for _n in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
        return time.monotonic() - began

    def _hand(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            try:
                token = self.asking.pop()
            except IndexError:
                line.close()
                return
            began = time.monotonic()
            try:
                line.request("POST", f"/c/{token}/drops/night/?language=en", body=b"")
                got = line.getresponse()
                body = got.read().decode()
            except (OSError, http.client.HTTPException) as error:
                self.troubles.append(repr(error))
                line.close()
                continue
            outcome = said(got.status, body)
            self.answers.append((token, outcome, time.monotonic() - began))
            if outcome == "won":
                self.codes.setdefault(token, set()).update(re.findall(r's-code">([^<]+)<', body))
            if outcome == "wait":
                self.asking.insert(0, token)


@pytest.mark.django_db(transaction=True)
def test_a_real_crowd_over_http_gets_exactly_what_there_is(house: int, gu) -> None:
    until = timezone.now() + timedelta(days=1)
    tokens = {f"{n:032d}": one for n, one in enumerate(people(PEOPLE))}
    CustomerLink.objects.bulk_create(
        CustomerLink(customer=one, purpose="drop", digest=digest_of(token), until=until)
        for token, one in tokens.items()
    )  # fmt: skip
    dice = random.Random(1)
    asking = [*tokens, *dice.choices(list(tokens), k=REQUESTS - PEOPLE)]
    dice.shuffle(asking)
    drop = prepared(SLOTS, cap=CAP, opens_at=timezone.now() + timedelta(seconds=10 if FULL else 2))
    drops.arm(drop, by=gu)
    early = Crowd(house, asking[:20])
    early.go(4)
    time.sleep(max(0.0, (drop.opens_at - timezone.now()).total_seconds() + 0.05))

    crowd = Crowd(house, asking)
    took = crowd.go(HANDS)

    counts = Counter(outcome for _token, outcome, _took in crowd.answers)
    slowest = sorted(took for *_who, took in crowd.answers)
    issued = Coupon.objects.filter(drop=drop, state="issued")
    print(  # noqa: T201 — the count is the point
        f"\n{len(crowd.answers)} answers in {took:.1f} s ({len(crowd.answers) / took:.0f}/s): {dict(counts)}; "
        f"half within {slowest[len(slowest) // 2] * 1000:.0f} ms, 99 of 100 within "
        f"{slowest[len(slowest) * 99 // 100] * 1000:.0f} ms; issued {issued.count()} of {SLOTS}, "
        f"people {issued.values('record').distinct().count()}, tries {DropTry.objects.count()}"
    )

    assert {outcome for _token, outcome, _took in early.answers} == {"early"}
    assert not crowd.troubles
    assert set(counts) <= {"won", "gone", "wait"}
    assert len(crowd.answers) - counts["wait"] == REQUESTS
    assert issued.count() == issued.values("record").distinct().count() == SLOTS
    assert not Coupon.objects.filter(drop=drop, state="minted").exists()
    # Who holds one was told so, with one code, and never anything else; nobody was told so who holds none.
    records = set(issued.values_list("record", flat=True))
    holders = {token for token, one in tokens.items() if one.pk in records}
    by_token: dict[str, set[str]] = {}
    for token, outcome, _took in crowd.answers:
        by_token.setdefault(token, set()).add(outcome)
    assert {token for token, outcomes in by_token.items() if "won" in outcomes} == holders == set(crowd.codes)
    assert all(len(codes) == 1 for codes in crowd.codes.values())
    assert len({code for codes in crowd.codes.values() for code in codes}) == SLOTS
    assert all(not {"won", "gone"} <= outcomes for outcomes in by_token.values())
    assert verify().findings == []
