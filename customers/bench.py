"""What a customer page, a search and a list cost, beside a bare Django page of the same data."""

import itertools
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path

from customers import segment_bench
from customers.models import Customer, Event, Fact, Identity, Metrics
from scrm.kernel.measure import Measure
from staff.models import Membership, Role, Store, User

BARE_TEMPLATE = """{% load humanize %}<!doctype html><html><head><title>{{ c.display_name }}</title></head><body>
<h1>{{ c.display_name }}</h1><dl><dd>{{ c.number }}</dd><dd>{{ c.joined_at }}</dd><dd>{{ m.orders }}</dd>
<dd>{{ m.spent }}</dd><dd>{{ m.last_on }}</dd><dd>{{ m.lifecycle }}</dd></dl>
<ul>{% for i in identities %}<li>{{ i.kind }} {{ i.hint }}</li>{% endfor %}</ul>
<ul>{% for f in facts %}<li>{{ f.key }} {{ f.value }}</li>{% endfor %}</ul>
<table>{% for e in events %}<tr><td>{{ e.at|date:"Y-m-d H:i" }}</td><td>{{ e.kind }}</td><td>{{ e.channel }}</td>
<td>{{ e.details.number }}</td></tr>{% endfor %}</table>
<table>{% for o in orders %}<tr><td>{{ o.at|date:"Y-m-d H:i" }}</td><td>{{ o.source_ref }}</td></tr>{% endfor %}</table>
</body></html>"""

BARE = "customers.bench.bare_page: session, user, six ORM queries, one template"


@login_required
def bare_page(request: HttpRequest, number: str) -> HttpResponse:
    """The reference: session, user, six queries, one template; no permissions, no languages, no panels."""
    customer = Customer.objects.get(number=number)
    context = {
        "c": customer,
        "m": Metrics.objects.filter(pk=customer.pk).first(),
        "identities": list(Identity.objects.filter(customer=customer)[:20]),
        "facts": list(Fact.objects.filter(customer=customer)[:20]),
        "events": list(Event.objects.filter(customer=customer).order_by("-at")[:20]),
        "orders": list(Event.objects.filter(customer=customer, kind="order.paid").order_by("-at")[:20]),
    }
    return HttpResponse(_bare().render(context, request))


urlpatterns = [path("bench/<str:number>/", bare_page)]

_kept: list[Any] = []


def _bare() -> Any:
    if not _kept:
        _kept.append(engines["django"].from_string(BARE_TEMPLATE))
    return _kept[0]


def measures(size: int) -> list[Measure]:
    store = Store.objects.get(code="HZ01")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(_visitor(store))
    numbers = itertools.cycle(_numbers(store))
    tails = itertools.cycle(_tails(store))
    names = itertools.cycle(_names(store))

    def page() -> int:
        return _each(lambda: client.get(f"/customers/{next(numbers)}/"))

    def bare() -> int:
        return _each(lambda: client.get(f"/bench/{next(numbers)}/"))

    def tail() -> int:
        return _each(lambda: client.post("/counter/search/", {"q": next(tails)}, headers={"HX-Request": "true"}))

    def name() -> int:
        return _each(lambda: client.post("/counter/search/", {"q": next(names)}, headers={"HX-Request": "true"}))

    def rows() -> int:
        return _each(lambda: client.get("/customers/"))

    return [
        Measure("customer page", "ms", 1.8, BARE, page, bare),
        Measure("customer page, CPU", "cpu ms", 1.8, BARE, page, bare),
        Measure("counter search by tail", "ms", 1.5, BARE, tail, bare),
        Measure("counter search by two characters", "ms", 1.5, BARE, name, bare),
        Measure("list of customers", "ms", 2.0, BARE, rows, bare),
        Measure("comparing records", "rows/s", 0.01, SAME_NAME_AND_DAY, compared, same_name_and_day),
        *segment_bench.measures(size),
    ]


SAME_NAME_AND_DAY = (
    "select count(*) from customers_customer a join customers_customer b on a.family_name = b.family_name "
    "and a.given_name = b.given_name and a.birth_month = b.birth_month and a.birth_day = b.birth_day and a.id < b.id"
)


def compared() -> int:
    """Everybody read, every candidate scored, groups closed; nothing is written."""
    from customers.resolution.outcome import compare
    from customers.resolution.people import gathered
    from customers.resolution.reading import persons

    return compare(gathered(persons())).records


def same_name_and_day() -> int:
    """What plain SQL does: equal names and birthdays only."""
    with connection.cursor() as cursor:
        cursor.execute(SAME_NAME_AND_DAY)
        cursor.execute("select count(*) from customers_customer")
        found: int = cursor.fetchone()[0]
        return found


def _each(visit: Any, times: int = 60) -> int:
    for _time in range(times):
        answer = visit()
        if answer.status_code != 200:
            raise RuntimeError(f"The page answered {answer.status_code}.")
    return times


def _visitor(store: Store) -> User:
    user, made = User.objects.get_or_create(username="bench.visitor", defaults={"password": "!", "language": "zh-hans"})
    if made:
        Membership.objects.create(user=user, role=Role.ADVISOR, store=store)
    return user


def _numbers(store: Store) -> list[str]:
    busy = Metrics.objects.filter(customer__home_store=store, orders__gte=5).order_by("customer_id")
    return list(busy.values_list("customer__number", flat=True)[:400])


def _tails(store: Store) -> list[str]:
    known = Identity.objects.filter(customer__home_store=store, kind="phone").exclude(tail="")
    return list(known.order_by("pk").values_list("tail", flat=True)[:400])


def _names(store: Store) -> list[str]:
    known = Customer.objects.filter(home_store=store).order_by(F("pk")).values_list("display_name", flat=True)[:400]
    return [name[:2] for name in known if len(name) >= 2]
