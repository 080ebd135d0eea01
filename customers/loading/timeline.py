"""What every load leaves behind besides its own rows: timeline lines, store ties, customers to compute anew."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from customers.models.event import PHASES, Event
from scrm.kernel.loading import Batch
from scrm.kernel.registry import listening

EVENT_COLUMNS = (
    "id", "customer_id", "kind", "at", "recorded_at", "business_date", "phase", "channel", "touchpoint", "store_id",
    "details", "source", "source_ref", "came_as",
)  # fmt: skip


@dataclass(slots=True)
class Happening:
    """One line of the timeline, before it has a number."""

    customer: int
    kind: str
    at: datetime
    business_date: date
    details: dict[str, Any] = field(default_factory=dict)
    store: int | None = None
    channel: str = ""
    source_ref: str = ""
    came_as: int | None = None


def record(batch: Batch, happenings: list[Happening]) -> None:
    """Write the lines by COPY; history wakes nobody, a live load wakes who listens."""
    if not happenings:
        return
    if not batch.live:
        batch.copy("customers_event", EVENT_COLUMNS[1:], _lines(batch, happenings))
        return
    ids = batch.ids_for("customers_event", len(happenings))
    lines = _lines(batch, happenings)
    batch.copy("customers_event", EVENT_COLUMNS, [(number, *line) for number, line in zip(ids, lines, strict=True)])
    wake(batch, [(number, one.kind) for number, one in zip(ids, happenings, strict=True)])


def _lines(batch: Batch, happenings: list[Happening]) -> list[tuple[Any, ...]]:
    now = timezone.now()
    phases = {kind: phase_of(kind) for kind in _kinds(happenings)}
    return [
        (one.customer, one.kind, one.at, now, one.business_date, phases[one.kind], one.channel, "", one.store,
         one.details, batch.source, one.source_ref, one.came_as)
        for one in happenings
    ]  # fmt: skip


def phase_of(kind: str) -> str:
    return str(PHASES.get(kind.partition(".")[0], Event.Phase.DURING))


def _kinds(happenings: Iterable[Happening]) -> set[str]:
    return {one.kind for one in happenings}


def wake(batch: Batch, events: list[tuple[int, str]]) -> None:
    """Wake who listens to these lines (id, kind)."""
    now = timezone.now()
    reactions = {kind: [reaction.name for reaction in listening(kind)] for kind in {kind for _id, kind in events}}
    batch.copy(
        "customers_wakeup", ("event", "reaction", "state", "tries", "due_at", "error"),
        [(number, name, "waiting", 0, now, "") for number, kind in events for name in reactions[kind]],
    )  # fmt: skip


def tie_to_stores(batch: Batch, visits: Iterable[tuple[int | None, int | None, date]]) -> None:
    """Note the last day each customer was at each store; an older day never replaces a newer one."""
    last: dict[tuple[int, int], date] = {}
    for customer, store, day in visits:
        if customer and store and last.get((customer, store), date.min) < day:
            last[customer, store] = day
    if last:
        # In one order, so that two loads never wait for each other crosswise.
        pairs = sorted(last.items())
        batch.run(
            """insert into customers_storetie (customer_id, store_id, last_on)
               select * from unnest(%s::bigint[], %s::bigint[], %s::date[])
               on conflict (customer_id, store_id) do update set last_on = excluded.last_on
               where customers_storetie.last_on < excluded.last_on""",
            [customer for (customer, _s), _d in pairs], [store for (_c, store), _d in pairs],
            [day for _pair, day in pairs],
        )  # fmt: skip


def mark_dirty(batch: Batch, customers: Iterable[int | None]) -> None:
    """These customers' metrics are to be computed anew."""
    touched = sorted({customer for customer in customers if customer})
    if touched:
        batch.run(
            "insert into customers_metricsdirty (customer_id, since) select unnest(%s::bigint[]), now() "
            "on conflict do nothing",
            touched,
        )
