"""Who is to be looked at again: every live line of the timeline marks its customer, in its own transaction."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from scrm.kernel.wake import wake

TASK = "customers.tasks.refresh_segments"


def heard_of(event: Any) -> None:
    mark([event.customer_id])


def mark(ids: Iterable[int]) -> None:
    """Let the live segments look at these customers; one statement, and nothing at all while no segment is live."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_segmentdirty (customer_id, since)
               select id, now() from unnest(%s::bigint[]) id
               where exists (select from customers_segment where state = 'live')""",
            [list(ids)],
        )
        if cursor.rowcount:
            wake(TASK, queue="bulk")


def take(at_most: int) -> list[int]:
    """Marked customers, the oldest marks first, each once; their marks are gone when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from customers_segmentdirty where id in (
                 select id from customers_segmentdirty order by id limit %s for update skip locked)
               returning customer_id""",
            [at_most],
        )
        return sorted({row[0] for row in cursor.fetchall()})
