"""Cases and what was said in them from files: history, for which no clock runs and nobody is woken."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.loading.kinds import CUSTOMER, KEY
from customers.loading.references import find_customers, find_stores, users
from customers.loading.timeline import Happening, record
from customers.timeline import CHANNELS
from scrm.kernel.loading import Batch, Field, LoadKind, Row
from scrm.kernel.registry import load_kinds
from tickets.models import State, Topic
from tickets.models.ticket import SUBJECT
from tickets.priority import rank_at, reckon

NAMELESS = "…"  # a case whose file says nothing of what it is about; its first word does, once that is loaded
STATES = (State.OPEN.value, State.WAITING.value, State.HELD.value, State.RESOLVED.value, State.CLOSED.value)
COLUMNS = (
    "id", "number", "customer_id", "subject", "topic_id", "state", "urgency", "risk", "ordinary", "priority", "reasons",
    "rank_at", "owner_id", "store_id", "channel", "channels", "opened_at", "last_at", "resolved_at", "source",
    "source_ref",
)  # fmt: skip
ENTRY_COLUMNS = (
    "id", "ticket_id", "customer_id", "direction", "channel", "author_id", "body", "translations", "at", "source",
    "source_ref",
)  # fmt: skip
Stands = dict[str, tuple[int, int]]  # key → id, customer


def cases(batch: Batch) -> None:
    find_customers(batch, required=True)
    find_stores(batch)
    topics = {topic.code: topic for topic in Topic.objects.all()}
    for row in batch.standing():
        if row.get("topic") and row["topic"] not in topics:
            batch.fail(row, _("There is no topic “%(code)s”: set it up, or translate it in the map.") % {
                "code": row["topic"]})  # fmt: skip
        elif row.get("resolved_at") and row["resolved_at"] < row["opened_at"][0]:
            batch.fail(row, _("This case was done before it was opened."))
    known = _known(batch, "tickets_ticket", [row["source_ref"] for row in batch.standing()])
    staff = users(batch, "owner")
    first: dict[str, Row] = {}
    for row in batch.standing():
        if row["source_ref"] not in known:
            first.setdefault(row["source_ref"], row)
    _create(batch, list(first.values()), topics, staff)
    batch.created += len(first)
    again = [row for row in batch.standing() if row is not first.get(row["source_ref"])]
    changed = batch.change("tickets_ticket", {"resolved_at": "timestamptz", "state": "text", "subject": "text"}, [
        (known[row["source_ref"]][0], row.get("resolved_at"), _state(row) if row.get("resolved_at") else None,
         row.get("subject") or None)
        for row in again if row["source_ref"] in known
    ])  # fmt: skip
    batch.updated += len(changed)
    batch.unchanged += len(again) - len(changed)


def entries(batch: Batch) -> None:
    known_cases = _known(batch, "tickets_ticket", sorted({row["case"] for row in batch.rows}), with_opened=True)
    for row in batch.standing():
        if row["case"] not in known_cases:
            batch.fail(row, _("The case “%(ref)s” is not known here; load cases first.") % {"ref": row["case"]})
    known = _known(batch, "tickets_entry", [
        ref for row in batch.standing() for ref in (row["source_ref"], row.get("translates")) if ref
    ])  # fmt: skip
    staff = users(batch, "author")
    first: dict[str, Row] = {}
    for row in batch.standing():
        if not row.get("translates") and row["source_ref"] not in known:
            first.setdefault(row["source_ref"], row)
    fresh = list(first.values())
    ids = batch.ids_for("tickets_entry", len(fresh)) if fresh else []
    lines: list[tuple[Any, ...]] = []
    for number, row in zip(ids, fresh, strict=True):
        ticket, customer, opened = known_cases[row["case"]]
        known[row["source_ref"]] = (number, customer)
        lines.append((
            number, ticket, customer, row.get("direction") or "", row.get("channel") or "",
            staff.get(row.get("author") or ""), row.get("body") or "", {}, _moment(row, opened), batch.source,
            row["source_ref"],
        ))  # fmt: skip
    batch.copy("tickets_entry", ENTRY_COLUMNS, lines)
    batch.created += len(fresh)
    _translate(batch, [row for row in batch.standing() if row.get("translates")], known)
    batch.unchanged += sum(
        1 for row in batch.standing() if not row.get("translates") and row is not first.get(row["source_ref"])
    )
    _follow(batch, sorted({known_cases[row["case"]][0] for row in fresh}))


def _create(batch: Batch, rows: list[Row], topics: dict[str, Topic], staff: dict[str, int]) -> None:
    ids = batch.ids_for("tickets_ticket", len(rows)) if rows else []
    numbers = [n for (n,) in batch.ask("select nextval('tickets_number') from generate_series(1, %s)", len(rows))]
    lines: list[tuple[Any, ...]] = []
    told: list[Happening] = []
    for pk, number, row in zip(ids, numbers, rows, strict=True):
        topic = topics.get(row.get("topic") or "")
        urgency, risk = (topic.urgency, topic.risk) if topic else (2, "")
        weighed = reckon(urgency=urgency, risk=risk)
        opened, day = row["opened_at"]
        channel, subject = row.get("channel") or "", (row.get("subject") or NAMELESS)[:SUBJECT]
        lines.append((
            pk, number, row["customer_id"], subject, topic.pk if topic else None, _state(row), urgency, risk, not risk,
            weighed.points, weighed.reasons, rank_at(weighed.points, opened), staff.get(row.get("owner") or ""),
            row.get("store_id"), channel, [channel] if channel else [], opened, row.get("resolved_at") or opened,
            row.get("resolved_at"), batch.source, row["source_ref"],
        ))  # fmt: skip
        told.append(Happening(
            row["customer_id"], "case.opened", opened, day, {"case": number, "subject": subject}, channel=channel,
            store=row.get("store_id"), source_ref=row["source_ref"],
        ))  # fmt: skip
    batch.copy("tickets_ticket", COLUMNS, lines)
    record(batch, told)


def _translate(batch: Batch, rows: list[Row], known: Stands) -> None:
    for row in rows:
        if row["translates"] not in known:
            batch.fail(row, _("The entry “%(ref)s” is not known here; load what it translates first.") % {
                "ref": row["translates"]})  # fmt: skip
    standing: dict[int, dict[str, str]] = {}
    for row in rows:
        if not row.reason:
            standing.setdefault(known[row["translates"]][0], {})[row.get("language") or "en"] = row.get("body") or ""
    changed = batch.change("tickets_entry", {"translations": "jsonb merge"}, list(standing.items()))
    batch.updated += len(changed)
    batch.unchanged += sum(1 for row in rows if not row.reason) - len(changed)


def _follow(batch: Batch, tickets: list[int]) -> None:
    """What a case carries of its words: how many, the last, whether the customer waits, what it is about."""
    batch.run(
        """
        with said as (
          select e.ticket_id, count(*) as n, max(e.at) as last,
            max(e.at) filter (where e.direction = 'out') as ours,
            min(e.at) filter (where e.direction = 'out') as answered,
            jsonb_agg(distinct e.channel) filter (where e.channel <> '') as ways,
            (array_agg(left(regexp_replace(e.body, '\\s+', ' ', 'g'), %s) order by e.at, e.id)
              filter (where e.body <> ''))[1] as about
          from tickets_entry e where e.ticket_id = any(%s) group by e.ticket_id),
        waits as (
          select s.*, (select min(e.at) from tickets_entry e where e.ticket_id = s.ticket_id and e.direction = 'in'
                       and not e.machine and (s.ours is null or e.at > s.ours)) as since from said s)
        update tickets_ticket t set entries_count = w.n, last_at = greatest(t.opened_at, w.last),
          answered_at = w.answered, channels = coalesce(w.ways, t.channels),
          subject = case when t.subject = %s then coalesce(w.about, t.subject) else t.subject end,
          waiting_since = case when t.state in ('new', 'open', 'waiting', 'held') then w.since end,
          state = case when t.state not in ('new', 'open', 'waiting') then t.state
                       when w.since is null then 'waiting' else 'open' end
        from waits w where w.ticket_id = t.id
        """, SUBJECT, tickets, NAMELESS,
    )  # fmt: skip


def _known(batch: Batch, table: str, refs: list[str], *, with_opened: bool = False) -> dict[str, Any]:
    more = ", opened_at" if with_opened else ""
    found = batch.ask(
        f"select source_ref, id, customer_id{more} from {table} where source = %s and source_ref = any(%s)",
        batch.source, refs,
    )  # fmt: skip
    return {ref: tuple(rest) for ref, *rest in found}


def _moment(row: Row, opened: Any) -> Any:
    """The row's own moment; else its place in the case, a minute each, with its part a second each."""
    if row.get("at"):
        return row["at"]
    return opened + timedelta(minutes=row.get("place") or 0, seconds=row.get("part") or 0)


def _state(row: Row) -> str:
    if row.get("state"):
        return str(row["state"])
    return State.CLOSED.value if row.get("resolved_at") else State.OPEN.value


CASES = LoadKind(
    "cases", gettext_lazy("Cases"),
    (
        KEY, CUSTOMER,
        Field("subject", gettext_lazy("What it is about"), length=SUBJECT),
        Field("topic", gettext_lazy("Topic"), length=40),
        Field("channel", gettext_lazy("Channel"), "choice", choices=tuple(CHANNELS)),
        Field("opened_at", gettext_lazy("Opened"), "dated", required=True),
        Field("resolved_at", gettext_lazy("Done on"), "moment"),
        Field("state", gettext_lazy("State"), "choice", choices=STATES),
        Field("store", gettext_lazy("Store"), length=40),
        Field("owner", gettext_lazy("Owner"), length=150),
    ),
    cases, tables=("tickets_ticket", "customers_event"),
)  # fmt: skip
ENTRIES = LoadKind(
    "entries", gettext_lazy("Entries of cases"),
    (
        KEY,
        Field("case", gettext_lazy("Key of the case"), required=True, length=120),
        Field("direction", gettext_lazy("Direction"), "choice", choices=("in", "out")),
        Field("channel", gettext_lazy("Channel"), "choice", choices=tuple(CHANNELS)),
        Field("body", gettext_lazy("What was said"), length=8000),
        Field("at", gettext_lazy("Moment"), "moment"),
        Field("place", gettext_lazy("Place in the case"), "integer", least=0),
        Field("part", gettext_lazy("Part of one word"), "integer", least=0),
        Field("author", gettext_lazy("Colleague"), length=150),
        Field("translates", gettext_lazy("Key of the entry it translates"), length=120),
        Field("language", gettext_lazy("Language"), length=8),
    ),
    entries, tables=("tickets_entry",),
)  # fmt: skip


def register() -> None:
    for kind in (CASES, ENTRIES):
        load_kinds.add(kind.name, kind)
