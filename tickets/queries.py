"""What the inbox shows: views, groups, filters, counts, and the last word of each case."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import BooleanField, CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from customers.timeline import CHANNELS
from loyalty.models import LevelMembership
from scrm.kernel.keyset import Page, page_of
from staff.models import User
from tickets.models import (
    FILTERS,
    LIVE,
    OURS,
    VIEWS,
    Entry,
    Handover,
    InboxHome,
    Notice,
    SavedView,
    State,
    Ticket,
    Topic,
)

SOON = timedelta(hours=2)
MOST_COUNTED = 100
SIZE = 25
FEWEST_SIGNS = 2
MOST_ON_THE_BELL = 10


@dataclass
class Group:
    """Rows that belong together, with why."""

    code: str
    rows: list[Ticket]


@dataclass
class Inbox:
    view: str
    groups: list[Group]
    page: Page[Ticket]
    counts: dict[str, int]
    asked: dict[str, str] = field(default_factory=dict)
    saved: "SavedView | None" = None
    gone: list[str] = field(default_factory=list)  # what the saved view is narrowed by and nobody knows any more

    @property
    def here(self) -> str:
        """What stands in the address for this view, to go on in it."""
        return urlencode({"saved": self.saved.pk} if self.saved else {"view": self.view, **self.asked})

    @property
    def as_asked(self) -> str:
        """The same view and filters, whatever name they are kept under."""
        return urlencode({"view": self.view, **self.asked})

    @property
    def rows(self) -> list[Ticket]:
        return [ticket for group in self.groups for ticket in group.rows]


def inbox_of(user: User, *, view: str, asked: dict[str, str], cursor: str | None, search: str = "") -> Inbox:
    """One view of what a person may see: safety first, then promises that end within two hours, then by priority."""
    now = timezone.now()
    seen = Ticket.objects.visible_to(user)
    rows = filtered(in_view(seen, view, user, now), asked)
    if search:
        rows = searched(filtered(seen, asked), search)
    rows = rows.select_related("customer", "owner", "handler", "store", "topic", "status")
    groups: list[Group] = []
    if search or view in ("done", "later"):
        page = page_of(rows, order=["-last_at", "-pk"], cursor=cursor, size=SIZE)
        groups.append(Group("found", page.rows))
    else:
        soon = Q(next_due_at__lte=now + SOON)
        if cursor is None:
            groups += _pressing(rows, soon)
        calm = rows.filter(Q(next_due_at=None) | ~soon, ordinary=True)
        page = page_of(calm, order=["rank_at", "pk"], cursor=cursor, size=SIZE)
        groups.append(Group("other", page.rows))
    found = Inbox(view, groups, page, counts_of(seen, user, now), asked)
    dress(found.rows)
    return found


def _pressing(rows: QuerySet[Ticket], soon: Q) -> list[Group]:
    """Safety and law, then promises that end soon: each by an index of its own, both in one round trip."""
    risk = rows.filter(ordinary=False).order_by("rank_at", "pk")[:SIZE]
    due = rows.filter(soon, ordinary=True).order_by("next_due_at")[:SIZE]
    both = list(risk.union(due, all=True))
    found = [ticket for ticket in both if not ticket.ordinary], [ticket for ticket in both if ticket.ordinary]
    return [
        Group("risk", sorted(found[0], key=lambda one: (one.rank_at, one.pk))),
        Group("soon", sorted(found[1], key=lambda one: (one.next_due_at, one.pk))),
    ]


def saved_for(user: User) -> list[SavedView]:
    """The saved views a person finds beside the inbox, own first; `is_home` marks the one it begins with."""
    home = Exists(InboxHome.objects.filter(user=user, view=OuterRef("pk")))
    return list(SavedView.objects.visible_to(user).own_first().annotate(is_home=home)[:MOST_COUNTED])


def read_saved(saved: SavedView, topics: Iterable[Topic]) -> tuple[str, dict[str, str], list[str]]:
    """(view, what it is narrowed by, what of that is gone) as it can be asked today."""
    stored = saved.filters if isinstance(saved.filters, dict) else {}
    kept: dict[str, str] = {name: stored[name] for name in FILTERS if isinstance(stored.get(name), str)}
    known: dict[str, set[str]] = {
        "channel": set(CHANNELS),
        "topic": {topic.code for topic in topics},
        "state": set(LIVE),
    }
    asked = {name: value for name, value in kept.items() if value in known[name]}
    gone = [value[:40] for name, value in kept.items() if value and name not in asked]
    return saved.view if saved.view in VIEWS else "all", asked, gone


@dataclass
class Notices:
    """One page of what a person is to know; a case one may not see any more is only its number."""

    rows: list[Notice]
    next_cursor: str | None


def notices_of(user: User, *, only_new: bool = False, cursor: str | None = None) -> Notices:
    rows = Notice.objects.visible_to(user).select_related("ticket", "by", "clock")
    rows = rows.unseen() if only_new else rows
    page = page_of(rows, order=["-at", "-pk"], cursor=cursor, size=SIZE)
    cases = {notice.ticket_id for notice in page.rows}
    open_to = set(Ticket.objects.visible_to(user).filter(pk__in=cases).values_list("pk", flat=True))
    for notice in page.rows:
        notice.is_open = notice.ticket_id in open_to  # type: ignore[attr-defined]
    return Notices(page.rows, page.next_cursor)


def unseen_of(user: User) -> int:
    """How many are new, ten at most: the bell says 9+ from there."""
    return len(Notice.objects.visible_to(user).unseen().values_list("pk", flat=True)[:MOST_ON_THE_BELL])


def in_view(rows: QuerySet[Ticket], view: str, user: User, now: datetime) -> QuerySet[Ticket]:
    live = Q(state__in=LIVE)
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    mine = Q(owner=user) | Q(handler=user)
    with_store = Exists(Handover.objects.filter(ticket=OuterRef("pk"), returned_at=None))
    chosen: dict[str, Any] = {
        "mine": live & awake & mine,
        "due": live & awake & Q(next_due_at__lte=now + SOON),
        "free": Q(state__in=OURS, owner=None) & awake,
        "waiting": Q(state__in=(State.WAITING, State.HELD)),
        "store": live & with_store,
        "later": live & Q(snoozed_until__gt=now),
        "done": Q(state__in=(State.RESOLVED, State.CLOSED), last_at__gte=now - timedelta(days=14)),
    }
    return rows.filter(chosen.get(view, live & awake))


def filtered(rows: QuerySet[Ticket], asked: dict[str, str]) -> QuerySet[Ticket]:
    """Only by what is listed in FILTERS."""
    if channel := asked.get("channel"):
        rows = rows.filter(channel=channel)
    if topic := asked.get("topic"):
        rows = rows.filter(topic__code=topic)
    if asked.get("state") in LIVE:
        rows = rows.filter(state=asked["state"])
    return rows


def searched(rows: QuerySet[Ticket], text: str) -> QuerySet[Ticket]:
    """By number, or by two signs and more in the subject or in anything said; an index serves both."""
    plain = "".join(text.lower().split())
    if plain.isascii() and plain.isdigit() and len(plain) <= 9:
        by_number = Q(number=int(plain))
        return rows.filter(by_number) if len(plain) < 6 else rows.filter(by_number | Q(pk__in=_said(plain)))
    if len(plain) < FEWEST_SIGNS:
        return rows.none()
    about = Ticket.objects.annotate(found=_pairs_in("subject", plain)).filter(found=True, subject__icontains=text)
    return rows.filter(Q(pk__in=about.values("pk")[:500]) | Q(pk__in=_said(plain, text)))


def counts_of(seen: QuerySet[Ticket], user: User, now: datetime) -> dict[str, int]:
    """How many stand in each view, a hundred at most, in one query."""
    parts = [
        in_view(seen, view, user, now).order_by().annotate(view=Value(view, CharField())).values_list("view", flat=True)
        for view in VIEWS if view not in ("all", "done")
    ]  # fmt: skip
    capped = [part[:MOST_COUNTED] for part in parts]
    return dict(Counter(capped[0].union(*capped[1:], all=True)))


def _said(plain: str, text: str = "") -> QuerySet[Any]:
    rows = Entry.objects.annotate(found=_pairs_in("body", plain)).filter(found=True)
    rows = rows.filter(body__icontains=text or plain)
    return rows.order_by().values("ticket")[:500]


def _pairs_in(column: str, plain: str) -> Any:
    pairs = sorted({plain[place : place + 2] for place in range(len(plain) - 1)})[:40]
    query = " & ".join("'" + pair.replace("\\", "\\\\").replace("'", "''") + "'" for pair in pairs)
    return Func(
        Func(F(column), function="tickets_pairs"), Func(Value(query), template="%(expressions)s::tsquery"),
        template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField(),
    )  # fmt: skip


def dress(rows: Iterable[Ticket]) -> None:
    """Each case's last word and the customer's level: two queries for all."""
    tickets = list(rows)
    last = Entry.objects.filter(ticket__in=tickets).order_by("ticket_id", "-at", "-pk").distinct("ticket_id")
    words = {entry.ticket_id: entry for entry in last.select_related("author")}
    held = LevelMembership.objects.filter(customer__in={ticket.customer_id for ticket in tickets}, ended_on=None)
    levels = {one.customer_id: one.level for one in held.select_related("level").order_by("rank")}
    for ticket in tickets:
        ticket.last_word = words.get(ticket.pk)  # type: ignore[attr-defined]
        ticket.level = levels.get(ticket.customer_id)  # type: ignore[attr-defined]
