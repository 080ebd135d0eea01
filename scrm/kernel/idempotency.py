"""A command that is repeated has its effect once and gives every repeat the first answer."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from scrm.kernel import problem
from scrm.kernel.models import IdempotencyRecord


def once(
    *, client: str, key: str | None, body: bytes, command: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]]:
    """Run `command` once per (client, key) and give every repeat the first answer.

    The record, the command's effect and the answer commit together. Raises KeyMissing, InProgress, OtherBody.
    """
    if not key or not 8 <= len(key) <= 200:
        raise problem.KeyMissing
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        try:
            with transaction.atomic():
                record = IdempotencyRecord.objects.create(client=client, key=key, digest=digest)
        except IntegrityError:
            # The unique index made us wait for the other transaction: it has committed, so its answer is there.
            record = IdempotencyRecord.objects.get(client=client, key=key)
            if record.digest != digest:
                raise problem.OtherBody from None
            if record.status is None:
                raise problem.InProgress from None
            return record.status, record.answer or {}
        status, answer = command()
        record.status, record.answer = status, answer
        record.save(update_fields=["status", "answer"])
        return status, answer
