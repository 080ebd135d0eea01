"""Giving the index of identities another key while the site runs: look-ups go by both keys until the end."""

import time
from collections.abc import Iterator
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from django.db import IntegrityError, connection, transaction

from customers.models import Identity
from scrm.kernel import sealed
from scrm.kernel.models import HouseKey

PURPOSE = "blind-index"
AT_ONCE = 500


def begin() -> HouseKey:
    """The newer index key, made unless a run that was stopped made it; every process looks up by both from here."""
    keys = list(HouseKey.objects.filter(purpose=PURPOSE).order_by("generation"))
    if len(keys) < 2:
        keys.append(
            HouseKey.objects.create(
                purpose=PURPOSE, generation=keys[-1].generation + 1, wrapped=sealed.new_data_key()[1]
            )
        )
    sealed.forget_house_keys()
    time.sleep(sealed.FRESH_FOR + 0.5)
    _wait_for_older_transactions()
    return keys[-1]


def go_on(newer: HouseKey) -> Iterator[tuple[int, int]]:
    """(looked at, of these unreadable) after each batch; goes on where a stopped run left."""
    while True:
        with transaction.atomic():
            rows = list(
                Identity.objects.select_for_update(of=("self",)).select_related("key")
                .filter(pk__gt=newer.done).order_by("pk")[:AT_ONCE]
            )  # fmt: skip
            if not rows:
                break
            lost = _index(rows)
            newer.done = rows[-1].pk
            newer.save(update_fields=["done"])
        yield len(rows), lost
    # Rows that a transaction open at the beginning brought later have smaller numbers than some that were done.
    _wait_for_older_transactions()
    late = list(Identity.objects.filter(created_at__gt=newer.made_at - timedelta(days=1)).select_related("key"))
    with transaction.atomic():
        _index(late)
    yield len(late), 0


def end(newer: HouseKey) -> None:
    """Drop the former key: from here on only the newer one finds."""
    HouseKey.objects.filter(purpose=PURPOSE, generation__lt=newer.generation).delete()
    sealed.forget_house_keys()


def _index(rows: list[Identity]) -> int:
    """How many could not be read: they keep their former mark."""
    marks = [(row, _new_mark(row)) for row in rows]
    changed = [(row, mark) for row, mark in marks if mark and mark != bytes(row.blind_index)]
    try:
        with transaction.atomic():
            _write(changed)
    except IntegrityError:
        for one in changed:
            try:
                with transaction.atomic():
                    _write([one])
            except IntegrityError:
                # The same value came twice while processes did not all know the key: the later is kept as a claim.
                Identity.objects.filter(pk=one[0].pk).update(blind_index=one[1], active=False)
    return sum(mark is None for _row, mark in marks)


def _write(changed: list[tuple[Identity, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """update customers_identity i set blind_index = n.mark
               from unnest(%s::bigint[], %s::bytea[]) n(id, mark) where i.id = n.id""",
            [[row.pk for row, _mark in changed], [mark for _row, mark in changed]],
        )


def _new_mark(row: Identity) -> bytes | None:
    try:
        return sealed.blind_index(row.kind, row.in_clear())
    except InvalidTag:
        return None


def _wait_for_older_transactions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        now = cursor.fetchone()[0]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] >= now:
                return
            time.sleep(0.2)
