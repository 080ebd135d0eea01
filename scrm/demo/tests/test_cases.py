"""Cases of the demo brand: as many as planned, nothing that contradicts itself, the cast's as the pages tell."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Count, F, Q

from conftest import built_once
from scrm.demo.load import Load
from tickets.models import Approval, Compensation, Entry, PromiseClock, Ticket

pytestmark = pytest.mark.django_db
T = datetime(2026, 11, 22, 14, 22, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demo of a fixed day, loaded once for the tests of this file, and rolled back."""
    with built_once(django_db_blocker, tmp_path_factory.mktemp("demo")):
        Load(customers=300, seed=1, end=date(2026, 11, 22), moment=T).run()
        connection.check_constraints()  # here once, or each test would check all rows at its end
        yield


def test_cases_are_as_many_as_planned_and_say_what_they_hold(demo) -> None:
    cases = Ticket.objects.filter(source="demo")
    people = cases.values("customer").distinct().count()

    assert 0.2 < cases.count() / 340 < 0.4
    assert people > 50
    counted = Ticket.objects.annotate(said=Count("entries"))
    assert not counted.filter(opened_at__gt=F("last_at")).exists()
    assert not counted.exclude(said=F("entries_count")).filter(source="cast").exists()
    assert (
        Entry.objects.filter(ticket__in=cases).exclude(at__range=(F("ticket__opened_at"), F("ticket__last_at"))).count()
        == 0
    )


def test_closed_ones_have_no_open_promise_and_open_ones_carry_theirs(demo) -> None:
    assert not PromiseClock.objects.filter(ticket__state="closed", met_at=None, dropped_at=None).exists()
    open_ones = Ticket.objects.live().filter(clocks__met_at=None, clocks__dropped_at=None, clocks__paused_at=None)
    assert not open_ones.filter(next_due_at=None).exists()
    kept = Counter(PromiseClock.objects.filter(metric="first", ticket__source="demo").values_list(
        Q(met_at__lte=F("due_at")), flat=True))  # fmt: skip
    assert 0.85 < kept[True] / sum(kept.values()) <= 1


def test_meis_case_is_with_her_store_and_promised_within_the_hour(demo) -> None:
    case = Ticket.objects.get(number=20931)

    assert str(case.handovers.get(returned_at=None).store.code) == "HZ01"
    own = case.clocks.get(metric="own")
    assert timedelta(0) < own.due_at - T <= timedelta(minutes=38)


def test_two_gifts_wait_for_the_lead_and_nothing_was_paid(demo) -> None:
    waiting = Approval.objects.filter(decided_at=None)

    assert sorted(waiting.values_list("compensation__amount", flat=True)) == [800, 12_000]
    assert set(waiting.values_list("asked__username", flat=True)) == {"qing.he"}
    assert not Compensation.objects.filter(state="granted").exists()
