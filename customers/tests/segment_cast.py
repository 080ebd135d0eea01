"""Hand-made customers for the tests of segments: each with the one thing a rule asks for."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from commerce.models import Order
from customers.models import Customer, Metrics, Segment
from customers.models.segment import Rule
from customers.segments.compiling import compiled
from customers.segments.refreshing import refresh
from customers.segments.rules import checked
from customers.segments.verbs import publish, save
from scrm.kernel.words import words


def one(name: str, **sets: Any) -> Customer:
    return Customer.objects.create(number=f"S-{name}", display_name=name, **sets)


def figures(customer: Customer, *, last: int = 10, first: int = 100, orders: int = 3, spent: int = 90_000,
            lifecycle: str = "mature") -> Customer:  # fmt: skip
    """Metrics of purchases: days ago, how many, minor units."""
    today = timezone.localdate()
    Metrics.objects.create(
        customer=customer, first_on=today - timedelta(days=first), last_on=today - timedelta(days=last), orders=orders,
        spent=spent, r=3, f=3, m=3, r_cut=3, f_cut=3, m_cut=3, lifecycle=lifecycle, as_of=today,
    )  # fmt: skip
    return customer


def order(customer: Customer, *, days: int = 1, total: int = 10_000, on: date | None = None) -> Order:
    day = on or timezone.localdate() - timedelta(days=days)
    return Order.objects.create(
        customer=customer, source="test", source_ref=f"{customer.pk}-{Order.objects.count()}", currency="CNY",
        placed_at=noon(day), business_date=day, total=total, base_total=total,
    )  # fmt: skip


def click(customer: Customer, *, on: date, product: str = "", category: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into customers_browse (at, customer_id, source, session, kind, category, product) "
            "values (%s, %s, 'web', 's', 'view', %s, %s)", [noon(on), customer.pk, category, product],
        )  # fmt: skip


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))


def meant(rule: Rule, *, only: list[int] | None = None, today: date | None = None) -> set[str]:
    """Names of the customers a rule means, by one statement."""
    made = compiled(checked(rule), only=only, today=today)
    with connection.cursor() as cursor:
        cursor.execute(made.ids, made.values)
        ids = [row[0] for row in cursor.fetchall()]
    return set(Customer.objects.filter(pk__in=ids).values_list("display_name", flat=True))


def live(code: str, rule: Rule, **sets: Any) -> Segment:
    """A published segment with its people found."""
    segment = Segment.objects.create(code=code, name=words(code), **sets)
    publish(segment, save(segment, rule, by=None).number, by=None, instead_of=0)
    refresh(segment)
    return segment


def inside(segment: Segment) -> set[str]:
    return set(segment.members.inside().values_list("customer__display_name", flat=True))


ORDERS: Rule = {"field": "orders", "op": "at_least", "n": 3}
EVERYBODY: Rule = {"all": [{"field": "orders", "op": "at_least", "n": 0}]}
