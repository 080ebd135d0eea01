"""An advisor's day: which clients want care today, in which order, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Consent, Customer, Purpose, Task
from customers.rhythm import SHORTEST_RHYTHM
from journeys.models import CareMark, Cover, HealthWord, OpenInterest
from journeys.models.care import Reason
from journeys.models.cover import covered_clients
from journeys.models.health import week_of
from journeys.rhythms import kept_with, with_rhythm
from loyalty.models import LevelMembership
from scrm.kernel.words import Words
from staff.models import User
from staff.names import store_name
from tickets.models import LIVE, State, Ticket
from touchpoints.models import Outreach, Restraint, Visit

MOST_CLIENTS = 600  # of one advisor; the page says so when there are more
MOST_LINES = 60
DORMANT = 180  # from here on it is a matter of winning back, not of a rhythm
BIRTHDAY_AHEAD = 5
FOLLOWED_UP = (timedelta(days=5), timedelta(days=10))
DUE_WITHIN = timedelta(hours=24)
LEVEL = {"level_name": "level__name", "level_rank": "rank"}
STAYS = timedelta(hours=14)  # nobody stays longer: the visit was not ended
# What the brand begins by itself, so that consent and caps hold; what was promised or asked for is not held back.
UNASKED = (Reason.BIRTHDAY, Reason.OVERDUE, Reason.RHYTHM, Reason.COOLING)


@dataclass
class Care:
    """One client on the list: the first reason, what to do, the sentence why, and how much each thing weighs."""

    customer: Customer
    reason: Reason
    what: str
    why: str
    due: datetime | None = None
    points: list[tuple[str, int]] = field(default_factory=list)
    task: Task | None = None
    case: Ticket | None = None
    interest: OpenInterest | None = None
    also: list["Care"] = field(default_factory=list)
    mark: CareMark | None = None
    level: str = ""
    in_store: str = ""
    covers: str = ""  # whose client it is, while one looks after them

    @property
    def weight(self) -> int:
        return sum(points for _words, points in self.points)

    @property
    def is_done(self) -> bool:
        return self.mark is not None


@dataclass
class Quiet:
    """A client who would be on the list and is left in peace, with the reason."""

    customer: Customer
    why: str


@dataclass
class Day:
    """The care list of one advisor today."""

    lines: list[Care]
    quiet: list[Quiet]
    clients: int
    more_clients: bool
    seen: int  # clients who were in a store this month
    covers: list[Cover] = field(default_factory=list)  # for whom the reader looks after clients today

    @property
    def open(self) -> list[Care]:
        return [line for line in self.lines if not line.is_done]

    @property
    def done(self) -> int:
        return len(self.lines) - len(self.open)

    @property
    def groups(self) -> list[tuple[Reason, list[Care]]]:
        """By reason, those seen to at the end of theirs."""
        found = []
        for reason in Reason:
            lines = [line for line in self.lines if line.reason == reason]
            if lines:
                found.append((reason, sorted(lines, key=lambda line: line.is_done)))
        return found


def clients_of(user: User) -> list[Customer]:
    """Own clients and those one covers, whoever was added last first; one above MOST_CLIENTS: there are more."""
    held = LevelMembership.objects.filter(customer=OuterRef("pk"), ended_on=None).order_by("-rank")
    mine = Q(advisor=user) | covered_clients(user)
    own = with_rhythm(Customer.objects.visible_to(user).living().filter(mine))
    own = own.select_related("metrics", "preference")
    own = own.annotate(**{name: Subquery(held.values(column)[:1]) for name, column in LEVEL.items()})
    return list(own.order_by("-pk")[: MOST_CLIENTS + 1])


def day_of(user: User, *, now: datetime | None = None) -> Day:
    """Who wants care today. Each client stands once, under the first of the reasons; the others are said beside it."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    covers = list(Cover.objects.on(today).filter(by=user).select_related("away"))
    names = {one.away_id: str(one.away) for one in covers}
    found = clients_of(user)
    clients = {one.pk: one for one in found[:MOST_CLIENTS]}
    visits, cases = _visits_of(clients, now), _cases_of(user, clients, now)
    lines = [
        *_planned([user.pk, *names], today), *_promised(cases), *_in_store(clients, visits, now),
        *_birthdays(clients.values(), today), *_interests(user, today), *_overdue(clients.values(), today),
        *_by_rhythm(clients, today), *_cooling(clients, today), *_after_service(clients, cases, now),
    ]  # fmt: skip
    marks = _marks({line.customer.pk for line in lines}, today)
    kept = _each_once(_as_marked(lines, marks, today))
    quiet = _left_in_peace([line for line in kept if line.reason in UNASKED and not line.is_done], now)
    shown = [line for line in kept if line.customer.pk not in quiet]
    _dress(shown, clients)
    for line in shown:
        line.covers = names.get(line.customer.advisor_id or 0, "")
    return Day(
        lines=sorted(shown, key=_order)[:MOST_LINES], quiet=list(quiet.values()), clients=len(clients),
        more_clients=len(found) > MOST_CLIENTS, seen=len({visit.customer_id for visit in visits}),
        covers=covers,
    )  # fmt: skip


def _order(line: Care) -> tuple[int, float, int, str]:
    due = line.due.timestamp() if line.due else float("inf")
    return list(Reason).index(line.reason), due, -line.weight, line.customer.number


# Reasons


def _visits_of(clients: dict[int, Customer], now: datetime) -> list[Visit]:
    """This month's, and the one that still lasts."""
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = Visit.objects.filter(customer__in=clients, mistaken=False, arrived_at__gte=min(month, now - STAYS))
    return list(rows.only("customer", "store", "arrived_at", "left_at").order_by("arrived_at"))


def _cases_of(user: User, clients: dict[int, Customer], now: datetime) -> list[Ticket]:
    """Own cases whose promise ends within a day, and clients' cases done about a week ago."""
    newest, oldest = FOLLOWED_UP
    mine = Q(owner=user, state__in=LIVE, next_due_at__lte=now + DUE_WITHIN)
    done = Q(customer__in=clients, state__in=(State.RESOLVED, State.CLOSED),
             resolved_at__range=(now - oldest, now - newest))  # fmt: skip
    cases = Ticket.objects.visible_to(user).filter(mine | done).select_related("customer")
    return list(cases.order_by("next_due_at", "resolved_at")[: 2 * MOST_LINES])


def _planned(whose: list[int], today: date) -> list[Care]:
    """Steps due today or before, one's own and of whom one covers."""
    tasks = Task.objects.open().filter(owner__in=whose, due_on__lte=today).select_related("customer")
    found = []
    for task in tasks.order_by("due_on", "pk")[:MOST_LINES]:
        late = (today - task.due_on).days
        why = ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late} if late else _("Planned for today")
        weighs = [(_("promised"), 30)] + ([(_("late"), min(10 * late, 40))] if late else [])
        evening = timezone.make_aware(datetime.combine(task.due_on, time(23, 59)))
        found.append(Care(task.customer, Reason.PROMISED, task.what, why, due=evening, points=weighs, task=task))
    return found


def _promised(cases: list[Ticket]) -> list[Care]:
    found = []
    for case in cases:
        if not case.is_live or case.next_due_at is None:
            continue
        when = date_format(timezone.localtime(case.next_due_at), "m-d H:i")
        why = _("Case %(number)s: promised by %(when)s") % {"number": case.number, "when": when}
        found.append(Care(
            case.customer, Reason.PROMISED, case.subject, why, due=case.next_due_at, points=[(_("promised"), 30)],
            case=case,
        ))  # fmt: skip
    return found


def _in_store(clients: dict[int, Customer], visits: list[Visit], now: datetime) -> list[Care]:
    """Own clients who stand in a store now."""
    found = []
    for visit in visits:
        if visit.left_at is not None or visit.arrived_at < now - STAYS:
            continue
        place, minutes = store_name(visit.store_id), int((now - visit.arrived_at).total_seconds() // 60)
        why = _("In %(store)s for %(n)s min") % {"store": place, "n": minutes}
        found.append(Care(
            clients[visit.customer_id], Reason.IN_STORE, _("Greet them, or tell who serves them"), why,
            points=[(_("in the store now"), 30)], in_store=place,
        ))  # fmt: skip
    return found


def _birthdays(clients: Iterable[Customer], today: date) -> list[Care]:
    found = []
    for client in clients:
        days = _until_birthday(client, today)
        if days is None or days > BIRTHDAY_AHEAD:
            continue
        why = (
            _("Birthday today")
            if days == 0
            else ngettext("Birthday tomorrow", "Birthday in %(n)s days", days) % {"n": days}
        )
        found.append(Care(
            client, Reason.BIRTHDAY, _("Birthday greeting"), why, points=[(_("birthday"), 20 - 3 * days)]
        ))  # fmt: skip
    return found


def _interests(user: User, today: date) -> list[Care]:
    due = OpenInterest.objects.open().filter(owner=user, next_on__lte=today).select_related("customer")
    return [
        Care(
            one.customer, Reason.INTEREST, one.next_step or one.what,
            f"{one.what} · {one.get_stage_display()}",
            points=[(_("next step today"), 15)], interest=one,
        )
        for one in due.order_by("next_on", "pk")[:MOST_LINES]
    ]  # fmt: skip


def _overdue(clients: Iterable[Customer], today: date) -> list[Care]:
    """Longer away than their own rhythm, up to half a year."""
    found = []
    for client in clients:
        metrics = getattr(client, "metrics", None)
        if metrics is None or metrics.rhythm_days is None:
            continue
        away, rhythm = (today - metrics.last_on).days, max(metrics.rhythm_days, SHORTEST_RHYTHM)
        if not rhythm < away < DORMANT:
            continue
        why = _("Comes every %(rhythm)s days or so, now %(away)s days away") % {"rhythm": rhythm, "away": away}
        found.append(Care(
            client, Reason.OVERDUE, _("Ask how it is going, invite them"), why,
            points=[(_("away longer than usual"), min(30, round(20 * (away - rhythm) / rhythm)))],
        ))  # fmt: skip
    return found


def _by_rhythm(clients: dict[int, Customer], today: date) -> list[Care]:
    """Whom nobody of us saw or reached for longer than the rhythm kept with them."""
    kept = {pk: one for pk, client in clients.items() if (one := kept_with(client, today)) is not None}
    return [
        Care(
            clients[pk], Reason.RHYTHM, _("See them, or call"), one.why,
            points=[(_("not seen for longer than agreed"), min(25, 5 + round(15 * (one.away - one.days) / one.days)))],
        )
        for pk, one in kept.items() if one.is_due
    ]  # fmt: skip


def _cooling(clients: dict[int, Customer], today: date) -> list[Care]:
    """Of whom the advisor's last word, this week or last, was a worry."""
    since = week_of(today) - timedelta(days=7)
    said = HealthWord.objects.filter(customer__in=clients, week__gte=since).order_by("customer_id", "-week")
    found = []
    for word in said.distinct("customer_id"):
        if word.word in (HealthWord.Word.COOLING, HealthWord.Word.LEAVING):
            why = f"{word.get_word_display()}: {word.why}"
            weighs = 25 if word.word == HealthWord.Word.LEAVING else 15
            found.append(Care(
                clients[word.customer_id], Reason.COOLING, _("Make good contact once"), why,
                points=[(_("your word of the week"), weighs)],
            ))  # fmt: skip
    return found


def _after_service(clients: dict[int, Customer], cases: list[Ticket], now: datetime) -> list[Care]:
    """A week after a case was done, ask whether it is well."""
    return [
        Care(
            clients[case.customer_id], Reason.FOLLOW_UP, _("Ask whether all is well now"),
            _("%(case)s was done %(n)s days ago") % {"case": case.subject, "n": (now - case.resolved_at).days},
            points=[(_("after a service"), 10)], case=case,
        )
        for case in cases if not case.is_live and case.resolved_at and case.customer_id in clients
    ]  # fmt: skip


def _until_birthday(client: Customer, today: date) -> int | None:
    """Days to the next birthday; the 29th of February is kept on the 28th in other years."""
    if not client.birth_month or not client.birth_day:
        return None
    for year in (today.year, today.year + 1):
        try:
            day = date(year, client.birth_month, client.birth_day)
        except ValueError:
            day = date(year, client.birth_month, client.birth_day - 1)
        if day >= today:
            return (day - today).days
    return None


# What was seen to, who is left in peace


def _marks(customers: set[int], today: date) -> dict[tuple[int, str], CareMark]:
    rows = CareMark.objects.filter(customer__in=customers).still_says(today).order_by("day")
    return {(mark.customer_id, mark.reason): mark for mark in rows}


def _as_marked(lines: list[Care], marks: dict[tuple[int, str], CareMark], today: date) -> list[Care]:
    """Without what was put off or is at rest; what was seen to today stays, marked."""
    kept = []
    for line in lines:
        mark = marks.get((line.customer.pk, line.reason.value))
        if mark is None or line.reason in (Reason.PROMISED, Reason.INTEREST):
            kept.append(line)
        elif mark.day == today:
            line.mark = mark
            kept.append(line)
    return kept


def _each_once(lines: list[Care]) -> list[Care]:
    """Each client once, under the first open reason; promises are each a line of their own."""
    first: dict[int, Care] = {}
    kept = []
    for line in sorted(lines, key=lambda one: (one.is_done, _order(one))):
        head = first.get(line.customer.pk)
        if head is None:
            first[line.customer.pk] = line
            kept.append(line)
        elif line.reason == Reason.PROMISED:
            kept.append(line)
        elif not line.is_done:
            head.also.append(line)
            head.points += line.points
            head.in_store = head.in_store or line.in_store
    return kept


def _left_in_peace(lines: list[Care], now: datetime) -> dict[int, Quiet]:
    """Who paused, never agreed to be contacted, or was contacted as often as the brand allows."""
    people = {line.customer.pk: line.customer for line in lines}
    if not people:
        return {}
    rules = Restraint.now()
    words = Consent.objects.filter(customer__in=people, purpose=Purpose.MARKETING).last_words()
    agreed = {row.customer_id for row in words if row.given}
    since = now - timedelta(days=rules.days)
    felt = Outreach.objects.counted().filter(customer__in=people, felt_at__gt=since).order_by()
    often = dict(felt.values("customer").annotate(times=Count("pk")).values_list("customer", "times"))
    quiet = {}
    for pk, customer in people.items():
        said = getattr(customer, "preference", None)
        if said is not None and said.paused_until is not None and said.paused_until > now:
            day = date_format(timezone.localtime(said.paused_until), "m-d")
            quiet[pk] = Quiet(customer, _("wants a pause until %(day)s") % {"day": day})
        elif pk not in agreed:
            quiet[pk] = Quiet(customer, _("has not agreed to be contacted"))
        elif rules.most is not None and often.get(pk, 0) >= rules.most:
            numbers = {"n": often[pk], "days": rules.days}
            quiet[pk] = Quiet(customer, _("contacted %(n)s times in %(days)s days, which is enough") % numbers)
    return quiet


def _dress(lines: list[Care], clients: dict[int, Customer]) -> None:
    """The level of each client, and what it weighs."""
    for line in lines:
        client = clients.get(line.customer.pk)
        if client is not None and (name := client.level_name):  # type: ignore[attr-defined]
            line.level = str(Words(name))
            if rank := client.level_rank:  # type: ignore[attr-defined]
                line.points.append((line.level, 5 * rank))


def open_cases_of(user: User, customer: Customer) -> list[Ticket]:
    cases = Ticket.objects.visible_to(user).filter(customer=customer, state__in=LIVE)
    return list(cases.select_related("status").order_by("next_due_at", "-opened_at")[:5])
