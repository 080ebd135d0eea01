"""What the inbox shows: views, groups, filters, counts, and the last word of each case."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import BooleanField, CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from customers.timeline import CHANNELS
from loyalty.models import LevelMembership
from scrm.kernel.keyset import Page, cut, page_of
from scrm.kernel.reading_once import settled
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
PRESSING = 10  # of each group above the others on the first page; the rest of it by a page of its own
FEWEST_OTHERS = 5
# What a row shows, and no more: a case has three dozen columns.
SHOWN = (
    "number", "subject", "state", "risk", "ordinary", "priority", "reasons", "rank_at", "owner", "handler", "channels",
    "opened_at", "last_at", "next_due_at", "customer__number", "customer__display_name", "topic__code", "topic__name",
    "status__code", "status__name",
)  # fmt: skip
FEWEST_SIGNS = 2
MOST_ON_THE_BELL = 10


# Group of the queue → (which cases, in which order).
GROUPS: dict[str, tuple[Callable[[datetime], Q], list[str]]] = {
    "risk": (lambda now: Q(ordinary=False), ["rank_at", "pk"]),
    "soon": (lambda now: Q(next_due_at__lte=now + SOON, ordinary=True), ["next_due_at", "pk"]),
    "other": (
        lambda now: Q(Q(next_due_at=None) | Q(next_due_at__gt=now + SOON), ordinary=True), ["rank_at", "pk"],
    ),
}  # fmt: skip


@dataclass
class Group:
    """Rows that belong together, with why."""

    code: str
    rows: list[Ticket]
    has_more: bool = False


@dataclass
class Inbox:
    view: str
    groups: list[Group]
    page: Page[Ticket]
    counts: dict[str, int]
    asked: dict[str, str] = field(default_factory=dict)
    saved: "SavedView | None" = None
    only: str = ""  # one of GROUPS, when no other is shown
    gone: list[str] = field(default_factory=list)  # what the saved view is narrowed by and nobody knows any more

    @property
    def here(self) -> str:
        """What stands in the address for this view, to go on in it."""
        return urlencode({**self.as_chosen, **({"only": self.only} if self.only else {})})

    @property
    def whole(self) -> str:
        """The same with every group."""
        return urlencode(self.as_chosen)

    @property
    def as_chosen(self) -> dict[str, Any]:
        return {"saved": self.saved.pk} if self.saved else {"view": self.view, **self.asked}

    @property
    def as_asked(self) -> str:
        """The same view and filters, whatever name they are kept under."""
        return urlencode({"view": self.view, **self.asked})

    @property
    def rows(self) -> list[Ticket]:
        return [ticket for group in self.groups for ticket in group.rows]


def inbox_of(
    user: User, *, view: str, asked: dict[str, str], cursor: str | None, search: str = "", only: str = ""
) -> Inbox:
    """One view of what a person may see: safety first, then promises that end within two hours, then by priority.

    `only` is one of GROUPS: that group alone, page by page.
    """
    now = timezone.now()
    seen = settled(Ticket.objects.visible_to(user))
    rows = searched(filtered(seen, asked), search) if search else filtered(in_view(seen, view, user, now), asked)
    rows = settled(rows).select_related("customer", "topic", "status").only(*SHOWN)
    if search or view in ("done", "later"):
        groups, page = _by_time(rows, cursor)
    elif only in GROUPS:
        groups, page = _one_group(rows, only, cursor, now)
    else:
        groups, page = _by_urgency(rows, cursor, now)
    found = Inbox(view, groups, page, counts_of(seen, user, now), asked, only=only if only in GROUPS else "")
    dress(found.rows)
    return found


def _by_time(rows: QuerySet[Ticket], cursor: str | None) -> tuple[list[Group], Page[Ticket]]:
    page = page_of(rows, order=["-last_at", "-pk"], cursor=cursor, size=SIZE)
    return [Group("found", page.rows)], page


def _one_group(
    rows: QuerySet[Ticket], only: str, cursor: str | None, now: datetime
) -> tuple[list[Group], Page[Ticket]]:
    chosen, order = GROUPS[only]
    page = page_of(rows.filter(chosen(now)), order=order, cursor=cursor, size=SIZE)
    return [Group(only, page.rows)], page


def _by_urgency(rows: QuerySet[Ticket], cursor: str | None, now: datetime) -> tuple[list[Group], Page[Ticket]]:
    """What presses above the others, on the first page; each group by an index of its own, all in one round trip."""
    others, order = GROUPS["other"]
    if cursor is not None:
        page = page_of(rows.filter(others(now)), order=order, cursor=cursor, size=SIZE)
        return [Group("other", page.rows)], page
    most = {"risk": PRESSING, "soon": PRESSING, "other": SIZE}
    parts = [rows.filter(chosen(now)).order_by(*by)[: most[code] + 1] for code, (chosen, by) in GROUPS.items()]
    found: dict[str, list[Ticket]] = {code: [] for code in GROUPS}
    for ticket in parts[0].union(*parts[1:], all=True):
        is_soon = ticket.next_due_at is not None and ticket.next_due_at <= now + SOON
        found["risk" if not ticket.ordinary else "soon" if is_soon else "other"].append(ticket)
    pressing = [Group(code, found[code][:PRESSING], len(found[code]) > PRESSING) for code in ("risk", "soon")]
    room = max(SIZE - sum(len(group.rows) for group in pressing), FEWEST_OTHERS)
    page = cut(found["other"], order=order, size=room)
    return [*pressing, Group("other", page.rows)], page


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
        numbered = Ticket.objects.filter(number=int(plain)).values("pk")
        return rows.filter(pk__in=numbered if len(plain) < 6 else numbered.union(_said(plain), all=True))
    if len(plain) < FEWEST_SIGNS:
        return rows.none()
    about = Ticket.objects.annotate(found=_pairs_in("subject", plain)).filter(found=True, subject__icontains=text)
    # One list of ids: an OR of two would read every case there is.
    return rows.filter(pk__in=about.order_by().values("pk")[:500].union(_said(plain, text), all=True))


def counts_of(seen: QuerySet[Ticket], user: User, now: datetime) -> dict[str, int]:
    """How many stand in each view, a hundred at most, in one query. What is one's own is in one's sight."""
    own = Ticket.objects.all() if user.may("cases.read") else seen
    parts = [
        in_view(own if view == "mine" else seen, view, user, now).order_by()
        .annotate(view=Value(view, CharField())).values_list("view", flat=True)
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
    last = Entry.objects.filter(ticket__in=[ticket.pk for ticket in tickets]).order_by("ticket_id", "-at", "-pk")
    told = last.distinct("ticket_id").only("ticket", "direction", "author", "body")
    words = {entry.ticket_id: entry for entry in told}
    held = LevelMembership.objects.filter(customer__in={ticket.customer_id for ticket in tickets}, ended_on=None)
    levels = dict(held.order_by("rank").values_list("customer", "level__name"))
    for ticket in tickets:
        ticket.last_word = words.get(ticket.pk)  # type: ignore[attr-defined]
        ticket.level = levels.get(ticket.customer_id, "")  # type: ignore[attr-defined]
