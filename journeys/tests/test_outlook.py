"""Value and need: each figure by hand, what is unknown, a person's word, everybody against some, the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from commerce.models import Order, Product, Refund
from customers.models import Consent, Customer, Event, NeedKind, NeedLog, Tag, TagDimension
from journeys import outlook
from journeys.models import (
    HealthWord,
    NeedWord,
    Outlook,
    OutlookChange,
    ValueBorders,
)
from journeys.models.health import week_of
from scrm.kernel.refusals import TransitionRefused
from tickets.models import Ticket, Topic
from touchpoints.models import Trial, Visit

HTMX = {"HX-Request": "true"}


def somebody(number: str = "V-1", **columns: Any) -> Customer:
    return Customer.objects.create(number=number, display_name=f"客{number}", **columns)


def buys(customer: Customer, amount: int, *, days_ago: int = 1) -> Order:
    """Amounts in whole money of the base currency."""
    at = timezone.now() - timedelta(days=days_ago)
    return Order.objects.create(
        customer=customer, source="till", source_ref=f"{customer.pk}-{Order.objects.count()}", placed_at=at,
        business_date=timezone.localdate(at), currency="CNY", total=amount * 100, base_total=amount * 100,
    )  # fmt: skip


def gives_back(customer: Customer, amount: int, *, days_ago: int = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Refund.objects.create(
        customer=customer, source="till", source_ref=f"r{Refund.objects.count()}", refunded_at=at,
        business_date=timezone.localdate(at), currency="CNY", amount=amount * 100, base_amount=amount * 100,
    )  # fmt: skip


def asks_for_help(customer: Customer, times: int = 1) -> None:
    for _time in range(times):
        NeedLog.objects.create(customer=customer, kind=NeedKind.objects.get(code="advice"))


def says(customer: Customer, purpose: str, *, given: bool, days_ago: int = 1, channel: str = "") -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Consent.objects.create(customer=customer, purpose=purpose, channel=channel, given=given, origin="staff", at=at)


def looks_at(customer: Customer, code: str, price: int, *, days_ago: int = 1) -> None:
    Product.objects.get_or_create(code=code, defaults={"price": price * 100})
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_browse (at, customer_id, source, session, kind, product)
               values (%s, %s, 'web', 's', 'view', %s)""",
            [timezone.now() - timedelta(days=days_ago), customer.pk, code],
        )


def of(customer: Customer) -> Outlook:
    outlook.refresh([customer.pk])
    return Outlook.objects.get(customer=customer)


# Value


@pytest.mark.parametrize(("paid", "value"), [
    (1_999, "low"), (2_000, "middle"), (9_999, "middle"), (10_000, "high"),
])  # fmt: skip
def test_value_is_cut_at_the_borders(db, paid: int, value: str) -> None:
    one = somebody()
    buys(one, paid)

    assert (of(one).value, of(one).paid) == (value, paid * 100)


def test_value_counts_a_year_net_of_what_was_given_back(db) -> None:
    one = somebody()
    buys(one, 9_000, days_ago=365)
    buys(one, 3_000, days_ago=364)
    gives_back(one, 1_500)

    row = of(one)

    assert (row.paid, row.value) == (150_000, "low")


def test_more_given_back_than_paid_is_nothing_paid(db) -> None:
    one = somebody()
    buys(one, 100, days_ago=400)
    gives_back(one, 100)

    assert (of(one).paid, of(one).value) == (0, "low")


def test_other_borders_cut_elsewhere(db, gu) -> None:
    one = somebody()
    buys(one, 3_000)
    ValueBorders.objects.create(middle_from=400_000, high_from=900_000, set_by=gu)

    assert of(one).value == "low"


def test_of_whom_nothing_is_known_there_is_no_row(db) -> None:
    one = somebody()

    outlook.refresh([one.pk])
    outlook.everybody()

    assert not Outlook.objects.exists()


# What is unknown stays null


def test_a_single_day_of_purchase_leaves_open_what_needs_a_rhythm(db) -> None:
    one = somebody()
    buys(one, 1_000)

    row = of(one)

    assert (row.clv, row.churn) == (None, None)
    assert row.need == "standard"
    assert row.potential == round(100 * 12.4 / 31)  # paid lately alone: 4,000 a year of 10,000 is 12.4 of 31
    assert row.upsell == round(0.7 * (40 - 10))


def test_who_only_asked_has_a_need_and_no_value(db) -> None:
    one = somebody()
    asks_for_help(one)

    row = of(one)

    assert (row.value, row.paid, row.potential, row.clv, row.churn, row.upsell) == (None,) * 6
    assert row.need == "standard"


@pytest.mark.parametrize("columns", [
    {"potential": 101}, {"churn": 101}, {"upsell": 101}, {"clv": -1}, {"value": "low"}, {"value": "top", "paid": 1},
    {"need": "odd"}, {"need_why": "x"},
])  # fmt: skip
def test_the_database_guards_every_range(db, columns: dict[str, Any]) -> None:
    one = somebody()

    with pytest.raises(IntegrityError), transaction.atomic():
        Outlook.objects.create(customer=one, as_of=timezone.localdate(), **columns)


# Potential, expected revenue


def test_potential_and_expected_revenue_by_hand(db) -> None:
    one = somebody()
    for days_ago in (10, 110, 210, 310):  # every hundred days, four days of purchase, 1,000 each
        buys(one, 1_000, days_ago=days_ago)

    row = of(one)
    made = row.reasons

    a_year = round(4 * 365 / 311, 1)  # watched for 311 days
    assert (made["rhythm"], made["alive"], made["a_year"], made["basket"]) == (100, 1, a_year, 100_000)
    assert row.clv == round(100_000 * a_year * 3)
    ahead, lately = round(42 * 1_000 * a_year / 10_000, 1), round(31 * 4_000 / 10_000, 1)
    assert (made["of_ahead"], made["of_lately"]) == (pytest.approx(ahead), pytest.approx(lately))
    assert row.potential == round(100 * (ahead + lately) / 73)


def test_who_stays_away_is_expected_to_bring_less(db) -> None:
    one = somebody()
    for days_ago in (200, 250):
        buys(one, 1_000, days_ago=days_ago)

    row = of(one)

    assert row.reasons["alive"] == 0.25  # rhythm 50, away 200
    assert row.clv == round(100_000 * round(2 * 365 / 251, 1) * 3 * 0.25)


def test_browsing_counts_only_with_consent(db) -> None:
    one, other = somebody("V-1"), somebody("V-2")
    for each in (one, other):
        buys(each, 1_000, days_ago=200)
        looks_at(each, "COAT", 2_500)
        looks_at(each, "COAT", 2_500)
        looks_at(each, "OLD", 9_000, days_ago=91)
    says(one, "profiling", given=True)
    says(other, "profiling", given=True, days_ago=9)
    says(other, "profiling", given=False, days_ago=1)

    with_consent, without = of(one), of(other)

    assert with_consent.reasons["looked"] == 250_000
    assert with_consent.reasons["premium"] == 1
    assert with_consent.potential == round(100 * 6.8 / 58)  # 27 × a quarter, of 31 + 27
    assert "looked" not in without.reasons
    assert without.potential == 0
    assert with_consent.upsell == round(0.7 * (12 - 10)) + 10


# Need


def test_three_signs_make_a_need_personal(db, west_lake) -> None:
    one = somebody()
    asks_for_help(one, 2)
    NeedLog.objects.create(customer=one, kind=NeedKind.objects.get(code="stock"))
    NeedLog.objects.create(customer=one, kind=NeedKind.objects.get(code="advice"), taken_back_at=timezone.now())
    assert of(one).need == "standard"

    Ticket.objects.filter(pk=Ticket.open(one, "几码")[0].pk).update(topic=Topic.objects.get(code="size"))

    row = of(one)
    assert (row.need, row.reasons["signs"]) == ("personal", 3)


def test_visits_with_trials_count_once_and_tags_twice(db, west_lake) -> None:
    one = somebody()
    visit = Visit.objects.create(customer=one, store=west_lake, left_at=timezone.now())
    for _piece in range(3):
        Trial.objects.create(visit=visit, result="kept", logged_at=timezone.now())
    assert of(one).reasons["signs"] == 1

    Tag.objects.create(customer=one, dimension=TagDimension.objects.get(code="service"), value="feeling",
                       origin="manual")  # fmt: skip

    row = of(one)
    assert (row.need, row.reasons["tags"]) == ("personal", ["service:feeling"])


def test_a_tag_that_faded_speaks_no_more(db) -> None:
    one = somebody()
    asks_for_help(one)
    Tag.objects.create(
        customer=one, dimension=TagDimension.objects.get(code="leaning"), value="experience", origin="rule",
        confidence=70, at=timezone.now() - timedelta(days=400),
    )  # fmt: skip

    assert of(one).reasons["signs"] == 1


# Churn


def test_churn_adds_up_what_speaks_for_it(db, ruoan) -> None:
    one = somebody(advisor=ruoan)
    for days_ago in (40, 60):  # every 20 days, twice that away
        buys(one, 100, days_ago=days_ago)
    assert (of(one).churn, of(one).reasons["of_gap"]) == (30, 30)

    HealthWord.objects.create(customer=one, week=week_of(timezone.localdate()), word="cooling", why="w", said_by=ruoan)
    for _time in range(3):
        Ticket.objects.filter(pk=Ticket.open(one, "态度")[0].pk).update(topic=Topic.objects.get(code="manner"))
    says(one, "marketing", given=True, days_ago=20, channel="sms")
    says(one, "marketing", given=False, days_ago=2, channel="sms")

    row = of(one)
    assert row.churn == 30 + 20 + 30 + 10
    assert {name: row.reasons[name] for name in ("of_gap", "of_word", "of_cases", "of_consent")} == {
        "of_gap": 30, "of_word": 20, "of_cases": 30, "of_consent": 10}  # fmt: skip


def test_within_the_rhythm_nothing_speaks_for_leaving(db) -> None:
    one = somebody()
    for days_ago in (10, 40):
        buys(one, 100, days_ago=days_ago)

    assert of(one).churn == 0


def test_half_a_year_without_a_rhythm_and_a_close_word(db, ruoan) -> None:
    one = somebody(advisor=ruoan)
    buys(one, 100, days_ago=180)
    assert of(one).churn == 40

    HealthWord.objects.create(customer=one, week=week_of(timezone.localdate()), word="close", said_by=ruoan)

    assert of(one).churn == 30


# A person's word


def test_no_computation_changes_what_a_colleague_said(db, ruoan) -> None:
    one = somebody(advisor=ruoan)
    buys(one, 100)
    of(one)

    outlook.set_need(one, "personal", by=ruoan, why="Wants to be called first")
    outlook.everybody()
    outlook.refresh([one.pk])

    row = Outlook.objects.get(customer=one)
    assert (row.need, row.need_by, row.need_why) == ("personal", ruoan, "Wants to be called first")
    assert row.reasons["need"] == "standard"
    assert OutlookChange.objects.get().why == "said"
    assert Event.objects.get(kind="need_type.set").details["need"] == "personal"


def test_a_slip_is_taken_back_within_ten_minutes(db, ruoan, lin) -> None:
    one = somebody(advisor=ruoan)
    buys(one, 100)
    of(one)
    word = outlook.set_need(one, "personal", by=ruoan, why="x")

    with pytest.raises(TransitionRefused):
        outlook.take_back(word, by=lin)
    outlook.take_back(word, by=ruoan)
    with pytest.raises(TransitionRefused):
        outlook.take_back(word, by=ruoan)

    assert (of(one).need, of(one).need_by) == ("standard", None)
    late = outlook.set_need(one, "personal", by=ruoan, why="x")
    NeedWord.objects.filter(pk=late.pk).update(at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        outlook.take_back(late, by=ruoan)


def test_a_word_before_anything_is_known_and_left_to_the_figures_again(db, ruoan) -> None:
    one = somebody(advisor=ruoan)

    outlook.set_need(one, "personal", by=ruoan, why="x")
    assert of(one).need == "personal"
    outlook.set_need(one, "", by=ruoan, why="y")
    outlook.refresh([one.pk])

    assert not Outlook.objects.filter(customer=one).exists()


@pytest.mark.parametrize(("need", "why"), [("odd", "x"), ("personal", " ")])
def test_a_word_needs_a_need_and_a_reason(db, ruoan, need: str, why: str) -> None:
    with pytest.raises(TransitionRefused):
        outlook.set_need(somebody(), need, by=ruoan, why=why)

    assert not NeedWord.objects.exists()
