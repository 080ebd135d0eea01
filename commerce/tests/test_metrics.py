"""Stages, differences, the sweep, and the reasons."""

from datetime import UTC, date, datetime, timedelta

import pytest

from commerce.metrics import everybody, refresh, report, sweep_dirty, why
from commerce.models import Order, Refund
from customers.models import Customer, LifecycleChange, Metrics, MetricsDirty, MetricsRun

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.django_db


def customer(number: str, *ago: int, total: int = 1000) -> Customer:
    """A customer who bought so many days ago each."""
    made = Customer.objects.create(number=number, display_name=number)
    for days in ago:
        buys(made, days, total=total)
    return made


def buys(who: Customer, ago: int, *, total: int = 1000) -> Order:
    day = TODAY - timedelta(days=ago)
    return Order.objects.create(
        customer=who, source="shop", source_ref=f"{who.number}-{ago}-{Order.objects.count()}", total=total,
        placed_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC), business_date=day, currency="CNY",
        base_total=total,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ago", "stage"),
    [
        ([180], "dormant"), ([400, 300, 181], "dormant"), ([179], "growing"),
        ([60], "new"), ([60, 30, 1], "new"), ([61], "growing"),
        ([300, 200, 100], "growing"), ([130, 120, 110, 100, 29], "mature"),
        ([100, 90, 80, 70, 29], "declining" if 29 > 2 * (71 / 4) else "mature"),
        ([100, 95, 90, 85, 80, 29], "declining"), ([100, 95, 90, 85, 80, 28], "mature"),
        ([400, 300, 200, 100, 20, 10, 5], "growing"),
    ],
)  # fmt: skip
def test_the_stage_follows_from_the_days_of_purchase(ago: list[int], stage: str) -> None:
    who = customer("1", *ago)

    everybody(as_of=TODAY)

    assert Metrics.objects.get(customer=who).lifecycle == stage


def test_what_was_given_back_and_cancelled_does_not_count() -> None:
    who = customer("1", 10, 5)
    cancelled = buys(who, 3)
    Order.objects.filter(pk=cancelled.pk).update(state="cancelled")
    order = who.orders.first()
    assert order is not None
    Refund.objects.create(
        order=order, customer=who, source="shop", source_ref="r", refunded_at=order.placed_at, currency="CNY",
        business_date=order.business_date, amount=300, base_amount=300,
    )  # fmt: skip

    everybody(as_of=TODAY)

    metrics = who.metrics
    assert (metrics.orders, metrics.spent, metrics.last_on) == (2, 1700, TODAY - timedelta(days=5))


def test_a_second_computation_writes_only_differences() -> None:
    people = [customer(str(n), n * 7 % 90 + 1, total=n * 100) for n in range(1, 21)]
    everybody(as_of=TODAY)
    before = dict(Metrics.objects.extra(select={"place": "ctid::text"}).values_list("customer_id", "place"))
    assert not LifecycleChange.objects.exists()

    buys(people[0], 0)
    everybody(as_of=TODAY)

    after = dict(Metrics.objects.extra(select={"place": "ctid::text"}).values_list("customer_id", "place"))
    assert 1 <= sum(before[pk] != after[pk] for pk in before) < 20


def test_a_customer_who_lost_all_orders_loses_the_row_and_the_change_is_kept() -> None:
    who = customer("1", 10)
    everybody(as_of=TODAY)
    Order.objects.update(state="cancelled")
    MetricsDirty.objects.create(customer=who)

    assert sweep_dirty() == 1

    assert not Metrics.objects.exists()
    assert LifecycleChange.objects.values_list("before", "after").get() == ("new", "none")


def test_the_sweep_cuts_by_the_last_borders_and_tells_the_change() -> None:
    people = [customer(str(n), n + 61, total=n * 100) for n in range(1, 11)]
    everybody(as_of=TODAY)
    borders = MetricsRun.objects.get().borders["ntile"]
    fresh = customer("99", 0, total=10_000)
    MetricsDirty.objects.create(customer=fresh)

    swept = sweep_dirty()

    assert (swept, MetricsDirty.objects.count()) == (1, 0)
    assert (fresh.metrics.r, fresh.metrics.m) == (5, 5)
    assert borders["m"] == [200, 400, 600, 800]
    assert refresh([people[0].pk], as_of=TODAY) == 0  # nothing differs, nothing is written


def test_equal_numbers_are_ordered_by_the_member_number_as_a_number() -> None:
    for number in ("10", "9", "100", "8", "1"):
        customer(number, 61)

    everybody(as_of=TODAY)

    assert list(Metrics.objects.order_by("m").values_list("customer__number", flat=True)) == [
        "1", "8", "9", "10", "100"]  # fmt: skip


def test_why_names_the_numbers_and_the_borders() -> None:
    for n in range(1, 11):
        customer(str(n), n * 15, total=n * 100)
    everybody(as_of=TODAY)

    reasons = {reason.about: str(reason) for reason in why(Metrics.objects.get(customer__number="5"))}

    assert "75" in reasons["r"]
    assert "¥5" in reasons["m"]
    assert "3" in reasons["m"]
    assert reasons["stage"]


def test_an_empty_source_has_an_empty_report() -> None:
    assert report(source="nobody")["customers"] == 0
