"""A command that is repeated has its effect once and gives every repeat the first answer."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from scrm.kernel import problem
from scrm.kernel.models import IdempotencyRecord
from scrm.kernel.parsing import canonical

KEY = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


def key_of(header: str | None) -> str:
    """The key of a structured-field string or a bare one. Raises KeyMissing."""
    text = (header or "").strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not KEY.fullmatch(text):
        raise problem.KeyMissing("Send one Idempotency-Key of 1 to 128 letters, digits and . _ : -.")
    return text


def fingerprint(*, method: str, path: str, query: list[tuple[str, str]], body: Any) -> str:
    """SHA-256 of what is asked: another order of names or blanks is the same command."""
    words = [method, path, canonical(sorted(query)).decode(), canonical(body).decode()]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def once(
    *, client: str, place: str, key: str, digest: str, command: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any], bool]:
    """Run `command` once per (client, place, key): (status, answer, whether it is a repeat).

    The record, the command's effect and the answer commit together; what raises is not kept. Raises InProgress,
    OtherBody. Another client's key, or the same key at another place, is another key.
    """
    if len(place) > 200:
        place = hashlib.sha256(place.encode()).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 2))", [f"{client}\n{place}\n{key}"])
            if not cursor.fetchone()[0]:
                raise problem.InProgress("The first request with this key is still running.", wait=1)
        record = IdempotencyRecord.objects.filter(client=client, place=place, key=key).first()
        if record is not None:
            if record.digest != digest:
                raise problem.OtherBody(
                    "Use a new key for a new command.", first_seen=record.created_at.isoformat(timespec="seconds")
                )
            return record.status or 200, record.answer or {}, True
        status, answer = command()
        IdempotencyRecord.objects.create(
            client=client, place=place, key=key, digest=digest, status=status, answer=answer
        )
        return status, answer, False
