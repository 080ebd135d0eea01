"""How a lead sees the clients of the team: who keeps how many, who slips, and passing clients on with their history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Task
from customers.rhythm import with_overdue
from journeys.care import DORMANT
from journeys.models import HealthWord, OpenInterest
from journeys.models.health import week_of
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Membership, Role, User
from touchpoints.models import Visit

SIZE = 25
MOST_AT_ONCE = 200
NOTE = 200
GET_TO_KNOW = timedelta(days=3)


@dataclass
class Keeper:
    """One advisor and the clients kept: how many, seen this month, overdue by their own rhythm, worried about."""

    user: User
    clients: int = 0
    seen: int = 0
    overdue: int = 0
    worries: int = 0
    interests: int = 0
    back_on: date | None = None
    gone: bool = False  # no advisor here any more: the clients have nobody


def coverage_of(user: User) -> list[Keeper]:
    """Every advisor of the reader's stores, and who keeps clients there and is no advisor any more, those first."""
    today = timezone.localdate()
    clients = Customer.objects.visible_to(user).living().exclude(advisor=None).order_by()
    late = with_overdue(clients).filter(overdue__gt=0, metrics__last_on__gt=today - timedelta(days=DORMANT))
    kept = clients.values_list("advisor").annotate(n=Count("pk"))
    overdue = dict(late.values_list("advisor").annotate(n=Count("pk")))
    found = dict(kept)
    here = advisors_of(user)
    left = User.objects.filter(pk__in=list(found)).exclude(pk__in=advising().values("pk"))
    people = {one.pk: one for one in User.objects.filter(Q(pk__in=here.values("pk")) | Q(pk__in=left.values("pk")))}
    advisors = set(here.values_list("pk", flat=True))
    seen, worries = _seen(clients), _worries(clients, today)
    interests = dict(OpenInterest.objects.open().filter(owner__in=people, customer__in=clients.values("pk")).order_by()
                     .values_list("owner").annotate(n=Count("pk")))  # fmt: skip
    away = dict(Absence.objects.filter(user__in=people, starts_on__lte=today, ends_on__gte=today)
                .values_list("user", "ends_on"))  # fmt: skip
    keepers = [
        Keeper(
            one, clients=found.get(pk, 0), seen=seen.get(pk, 0), overdue=overdue.get(pk, 0),
            worries=worries.get(pk, 0), interests=interests.get(pk, 0),
            back_on=away[pk] + timedelta(days=1) if pk in away else None,
            gone=pk not in advisors,
        )
        for pk, one in people.items()
    ]  # fmt: skip
    return sorted(keepers, key=lambda one: (not one.gone, one.back_on is None, -one.overdue, one.user.username))


def advising(stores: Iterable[int] | None = None) -> QuerySet[User]:
    """Who is an advisor today, of these stores or of any."""
    there = Membership.objects.current().filter(role=Role.ADVISOR)
    there = there if stores is None else there.filter(store__in=stores)
    return User.objects.filter(is_active=True, pk__in=there.values("user")).order_by("username")


def advisors_of(user: User) -> QuerySet[User]:
    """Who keeps clients in the reader's stores today."""
    return advising(None if user.sees_whole_brand else user.store_ids)


def keepers_of(user: User) -> QuerySet[User]:
    """Whose clients the reader may pass on: advisors of the own stores, and who is no advisor any more."""
    left = Q(pk__in=Customer.objects.visible_to(user).living().values("advisor")) & ~Q(pk__in=advising().values("pk"))
    return User.objects.filter(Q(pk__in=advisors_of(user).values("pk")) | left)


def clients_kept_by(keeper: User, reader: User, *, cursor: str | None) -> Page[Customer]:
    rows = Customer.objects.visible_to(reader).living().filter(advisor=keeper).select_related("metrics", "home_store")
    return page_of(rows, order=["-pk"], cursor=cursor, size=SIZE)


def hand_over(customers: Iterable[Customer], *, since: User, to: User, by: User, note: str) -> int:
    """Pass clients on to another advisor, with their open steps and interests; how many went.

    The new advisor finds each on the care list within days, with the note. A client who has gone to somebody else
    meanwhile stays there. Raises TransitionRefused without a note, for an advisor of elsewhere, for nobody chosen.
    """
    note, chosen = " ".join(note.split())[:NOTE], list(customers)[:MOST_AT_ONCE]
    if not chosen:
        raise TransitionRefused(_("Choose at least one client."))
    if not note:
        raise TransitionRefused(_("Say in a few words what the new advisor must know."))
    if to.pk == since.pk or not advisors_of(by).filter(pk=to.pk).exists():
        raise TransitionRefused(_("Choose another advisor of your own stores."))
    return sum(_pass_on(customer, since=since, to=to, by=by, note=note) for customer in chosen)


@transaction.atomic
def _pass_on(customer: Customer, *, since: User, to: User, by: User, note: str) -> bool:
    if not Customer.objects.living().filter(pk=customer.pk, advisor=since).update(advisor=to):
        return False
    Task.objects.open().filter(customer=customer, owner=since).update(owner=to)
    OpenInterest.objects.open().filter(customer=customer, owner=since).update(owner=to)
    held = Customer.objects.get(pk=customer.pk)
    held.record("advisor.changed", by=by, before=since.pk, after=to.pk, note=note)
    what = _("Get to know: %(note)s") % {"note": note}
    Task.plan(held, what, by=by, owner=to, due_on=timezone.localdate() + GET_TO_KNOW)
    return True


def _seen(clients: QuerySet[Customer]) -> dict[int, int]:
    month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    visits = Visit.objects.filter(arrived_at__gte=month, mistaken=False, customer__in=clients.values("pk")).order_by()
    return dict(visits.values_list("customer__advisor").annotate(n=Count("customer", distinct=True)))


def _worries(clients: QuerySet[Customer], today: date) -> dict[int, int]:
    since = week_of(today) - timedelta(days=7)
    said = HealthWord.objects.filter(
        week__gte=since, word__in=("cooling", "leaving"), customer__in=clients.values("pk")
    )
    return dict(said.order_by().values_list("customer__advisor").annotate(n=Count("customer", distinct=True)))
