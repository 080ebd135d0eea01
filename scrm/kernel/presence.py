"""Who has something open and what they do there: kept in Valkey for half a minute, never in the database."""

import time
from functools import cache
from typing import Any

from django.conf import settings

LASTS = 30.0  # seconds without a sign of life
DOINGS = ("looking", "writing")


def here(group: str, who: int, line: str, doing: str) -> bool:
    """A sign of life of one open page; whether others see something new by it."""
    key, field, now = _key(group), f"{who}.{line}", time.time()
    valkey = _valkey()
    before = _read(valkey.hget(key, field))
    valkey.hset(key, field, f"{doing} {now + LASTS}")
    valkey.expire(key, int(LASTS * 2))
    return before is None or before[1] < now or before[0] != doing


def gone(group: str, who: int, line: str) -> bool:
    """The page was closed; whether it had been there."""
    return bool(_valkey().hdel(_key(group), f"{who}.{line}"))


def present(group: str) -> dict[int, str]:
    """Who is there now, by id, and what they do; who writes in one of two windows writes."""
    found: dict[int, str] = {}
    now = time.time()
    for field, value in _valkey().hgetall(_key(group)).items():
        told, who = _read(value), field.decode().partition(".")[0]
        if told is None or told[1] < now or not who.isdecimal():
            continue
        if found.get(int(who)) != "writing":
            found[int(who)] = told[0]
    return found


def _read(value: bytes | None) -> tuple[str, float] | None:
    doing, _space, until = (value or b"").decode().partition(" ")
    return (doing, float(until)) if doing in DOINGS else None


def _key(group: str) -> str:
    return f"present:{group}"


@cache
def _valkey() -> Any:
    import redis

    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
