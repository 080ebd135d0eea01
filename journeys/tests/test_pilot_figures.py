"""The arithmetic of pilots against published examples, and the figures of a step from orders and uses."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from commerce.models import Order
from journeys import pilots
from journeys.models import EntitlementUse, Pilot, PilotFigure
from journeys.pilots.figures import compute, everybody, of_step
from journeys.pilots.intervals import newcombe, people_needed, people_to_see, student, welch, wilson
from journeys.tests.test_pilots import a_pilot, people


def test_intervals_agree_with_published_examples() -> None:
    # Newcombe 1998: 81 of 263 (paper I, table I), and 56/70 − 48/80 (paper II, table II a, method 10).
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe(10, 10, 0, 10) == pytest.approx((0.6075, 1.0), abs=1e-4)
    assert student(30) == pytest.approx(2.0423, abs=1e-3)
    assert student(58) == pytest.approx(2.0017, abs=1e-3)


def test_welch_agrees_with_a_worked_example() -> None:
    low, high = welch(20.0, 4.0, 40, 18.0, 9.0, 50)

    spread = (4 / 40 + 9 / 50) ** 0.5
    freedom = (0.1 + 0.18) ** 2 / (0.1**2 / 39 + 0.18**2 / 49)
    assert (low + high) / 2 == pytest.approx(2.0)
    assert (high - low) / 2 == pytest.approx(student(freedom) * spread)
    assert welch(1.0, 0.0, 30, 1.0, 0.0, 30) == (0.0, 0.0)


def test_people_needed_agrees_with_the_book() -> None:
    # Fleiss, Levin & Paik: 0.6 against 0.7 takes 356 of each arm; the order of the two does not matter.
    assert people_needed(0.6, 0.7) == 356
    assert people_needed(0.7, 0.6) == 356


def bought(pilot: Pilot, arm: str, count: int, at: datetime, total: int = 1000) -> None:
    for row in pilot.members.filter(arm=arm).order_by("pk")[:count]:
        Order.objects.create(
            customer=row.customer, source="test", source_ref=f"{arm}{row.pk}{at}{total}", placed_at=at, currency="CNY",
            business_date=at.date(), total=total, base_total=total,
        )  # fmt: skip


@pytest.fixture
def begun(cast) -> Pilot:
    people(140)
    pilot = a_pilot(size=40)
    pilots.start(pilot, by=None, at=timezone.now() - timedelta(days=40))
    return pilot


def test_a_step_is_compared_by_what_its_people_did_in_their_days(begun: Pilot) -> None:
    now = timezone.now()
    bought(begun, "pilot", 20, now - timedelta(days=20))
    bought(begun, "control", 8, now - timedelta(days=20))
    bought(begun, "control", 30, now - timedelta(days=50), total=500)  # before it began
    bought(begun, "control", 40, now - timedelta(days=2))  # after the thirty days
    held = begun.members.filter(arm="pilot").exclude(held=None)
    for at, row in enumerate(held.order_by("pk")[:12]):
        EntitlementUse.objects.create(held_id=row.held_id, line="a", at=now - timedelta(days=30), key=f"u{at}")

    found = of_step(begun.steps.get(), at=now)

    again = found["repurchase"]
    assert (again.people, again.control, again.value, again.against) == (40, 40, 0.5, 0.2)
    assert (again.low, again.high) == pytest.approx(newcombe(20, 40, 8, 40))
    assert again.is_clear
    assert (found["use"].value, found["use"].difference) == (0.3, None)
    assert (found["spend"].value, found["spend"].against) == (500.0, 200.0)
    assert found["before"].against == 375.0


def test_nobody_is_counted_before_the_days_are_over(begun: Pilot) -> None:
    found = of_step(begun.steps.get(), at=timezone.now() - timedelta(days=20))

    assert (found["repurchase"].people, found["repurchase"].value) == (0, None)


def test_fewer_than_thirty_say_nothing(cast) -> None:
    people(100)
    pilot = a_pilot(size=20)
    pilots.start(pilot, by=None, at=timezone.now() - timedelta(days=40))

    found = of_step(pilot.steps.get(), at=timezone.now())

    assert (found["repurchase"].people, found["repurchase"].difference, found["use"].low) == (20, None, None)
    assert not found["repurchase"].is_clear


def test_a_day_has_one_figure_of_each_metric_and_a_gate_freezes_them(begun: Pilot, he) -> None:
    now, step = timezone.now(), begun.steps.get()
    everybody(at=now)
    bought(begun, "pilot", 20, now - timedelta(days=20))
    compute(step, at=now)
    assert PilotFigure.objects.count() == 4

    gate = pilots.decide(begun, "go", by=None, why="Fine", step=1, agreed_by=he)
    bought(begun, "pilot", 30, now - timedelta(days=19))
    assert everybody(at=now) == 0

    gate.refresh_from_db()
    assert gate.figures["repurchase"]["value"] == 0.5


@pytest.mark.parametrize(("against", "effect"), [(0.99, 5), (1.0, 5), (0.5, 90), (0.2, 1)])
def test_the_gate_counts_people_whatever_the_share(against: float, effect: int) -> None:
    assert people_to_see(against, effect / 100) > 0
