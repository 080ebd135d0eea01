"""What a lead looks at first: what slips, who carries how much, and whether promises were kept."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from scrm.kernel.keyset import Page, page_of
from staff.models import Absence, User
from tickets.forms import hands_of
from tickets.models import Capacity, PromiseClock, State, Ticket
from tickets.queries import SIZE, SOON, dress

DAYS = 14
GOAL = 95  # percent of promises kept, the line in the picture
FIRST_GO = timedelta(days=30)
LOOKED_AT = 8
MOST_COUNTED = 1000  # the page says 999+ from there
HARD_FROM = 75  # points of priority
OFTEN = 2  # openings again that make a case a hard one


@dataclass
class Load:
    """What one colleague has in hand. `hard`: of safety or law, late, urgent, or opened again twice."""

    user: User
    live: int = 0
    hard: int = 0
    late: int = 0
    most: int | None = None
    back_on: date | None = None
    give_to: User | None = None

    @property
    def over(self) -> int:
        return max(self.live - self.most, 0) if self.most is not None else 0

    @property
    def room(self) -> int:
        return max(self.most - self.live, 0) if self.most is not None and self.back_on is None else 0


@dataclass
class Kept:
    """Promises due on one day: kept in time, and all that were due."""

    day: date
    kept: int = 0
    due: int = 0

    @property
    def share(self) -> int | None:
        return round(100 * self.kept / self.due) if self.due else None


@dataclass
class Board:
    late: int
    soon: int
    free: int
    loads: list[Load]
    look: list[Ticket]
    days: list[Kept]
    first_go: tuple[int, int]  # done at the first go, all that were done, over 30 days
    before: tuple[int, int]  # the same over the 30 days before
    kept: Kept = field(init=False)

    def __post_init__(self) -> None:
        self.kept = Kept(self.days[-1].day, sum(one.kept for one in self.days), sum(one.due for one in self.days))


def board_of(user: User) -> Board:
    """Only what the lead may see counts."""
    now = timezone.now()
    live = Ticket.objects.visible_to(user).live()
    first_go, before = _first_go(user, now)
    return Board(
        **_counted(live, now), loads=loads_of(user, now), look=_to_look_at(live, now), days=_kept_by_day(user, now),
        first_go=first_go, before=before,
    )  # fmt: skip


def _counted(live: QuerySet[Ticket], now: datetime) -> dict[str, int]:
    """Late, late soon, with nobody: each over an index of its own up to MOST_COUNTED, in one round trip."""
    parts = {
        "late": Q(next_due_at__lt=now), "soon": Q(next_due_at__range=(now, now + SOON)), "free": Q(owner=None)
    }  # fmt: skip
    each = [
        live.filter(which).order_by().annotate(what=Value(name, CharField())).values_list("what", flat=True)
        for name, which in parts.items()
    ]
    first, *others = (rows[:MOST_COUNTED] for rows in each)
    return dict.fromkeys(parts, 0) | dict(Counter(first.union(*others, all=True)))


def colleagues_of(user: User) -> QuerySet[User]:
    """Who works on cases in the lead's stores and teams, and whoever else owns a live case the lead may see."""
    owners = Ticket.objects.visible_to(user).live().exclude(owner=None).values("owner")
    return User.objects.filter(Q(pk__in=hands_of(user).order_by().values("pk")) | Q(pk__in=owners))


def cases_of(colleague: User, user: User, *, cursor: str | None) -> Page[Ticket]:
    """What a colleague owns of what the reader may see, the most pressing first."""
    rows = Ticket.objects.visible_to(user).live().filter(owner=colleague)
    rows = rows.select_related("customer", "owner", "handler", "store", "topic", "status")
    page = page_of(rows, order=["ordinary", "rank_at", "pk"], cursor=cursor, size=SIZE)
    dress(page.rows)
    return page


def hard(now: datetime) -> Q:
    return Q(ordinary=False) | Q(next_due_at__lt=now) | Q(priority__gte=HARD_FROM) | Q(reopened__gte=OFTEN)


def loads_of(user: User, now: datetime) -> list[Load]:
    """Who has cases in hand or could be given some, the heaviest first, with whom what is too much could go to."""
    today = timezone.localdate(now)
    people = {one.pk: Load(one) for one in colleagues_of(user)}
    held = Ticket.objects.visible_to(user).live().filter(owner__in=people).order_by().values("owner")
    for row in held.annotate(
        live=Count("pk"), hard=Count("pk", filter=hard(now)), late=Count("pk", filter=Q(next_due_at__lt=now))
    ):
        load = people[row["owner"]]
        load.live, load.hard, load.late = row["live"], row["hard"], row["late"]
    for pk, most in Capacity.objects.filter(user__in=people).values_list("user", "most"):
        people[pk].most = most
    away = Absence.objects.filter(user__in=people, starts_on__lte=today, ends_on__gte=today)
    for pk, ends_on in away.values_list("user", "ends_on"):
        people[pk].back_on = max(people[pk].back_on or ends_on, ends_on + timedelta(days=1))
    counted = [load for load in people.values() if load.live or load.most is not None]
    found = sorted(counted, key=lambda load: (-load.live, -load.hard, load.user.username))
    freest = max(found, key=lambda load: load.room, default=None)
    for load in found:
        if freest and freest.room and freest is not load and (load.over or (load.back_on and load.live)):
            load.give_to = freest.user
    return found


def _to_look_at(live: QuerySet[Ticket], now: datetime) -> list[Ticket]:
    rows = live.filter(Q(ordinary=False) | Q(next_due_at__lt=now) | Q(reopened__gte=OFTEN)).select_related(
        "customer", "owner", "status"
    )
    return list(rows.order_by("ordinary", "next_due_at", "pk")[:LOOKED_AT])


def _kept_by_day(user: User, now: datetime) -> list[Kept]:
    """By the day they were due. One that is still open counts once it is late; what was given up does not."""
    today = timezone.localdate(now)
    first = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    due = PromiseClock.objects.filter(due_at__gte=first, due_at__lt=now, dropped_at=None, paused_at=None)
    if not user.sees_whole_brand:
        due = due.filter(ticket__in=Ticket.objects.visible_to(user))
    rows = due.annotate(day=TruncDate("due_at")).order_by().values("day")
    counted = {
        row["day"]: row for row in rows.annotate(due=Count("pk"), kept=Count("pk", filter=Q(met_at__lte=F("due_at"))))
    }
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [Kept(day, counted[day]["kept"], counted[day]["due"]) if day in counted else Kept(day) for day in days]


def _first_go(user: User, now: datetime) -> tuple[tuple[int, int], tuple[int, int]]:
    done = Ticket.objects.visible_to(user).filter(
        state__in=(State.RESOLVED, State.CLOSED), resolved_at__gte=now - 2 * FIRST_GO
    )
    late, early = Q(resolved_at__gte=now - FIRST_GO), Q(resolved_at__lt=now - FIRST_GO)
    found = done.aggregate(
        all=Count("pk", filter=late), first=Count("pk", filter=late & Q(reopened=0)),
        all_before=Count("pk", filter=early), first_before=Count("pk", filter=early & Q(reopened=0)),
    )  # fmt: skip
    return (found["first"], found["all"]), (found["first_before"], found["all_before"])
