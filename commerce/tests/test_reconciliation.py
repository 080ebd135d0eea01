"""Payments per till and day: whose they are, what wrong days get, what the page costs."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import Order, Payment
from conftest import person
from staff.models import Store, User

PAGE = reverse("commerce:reconciliation")


def paid(store: Store, ref: str, amount: int, day: date | None = None, till: str = "T1") -> Payment:
    now = timezone.now()
    order = Order.objects.create(
        source="pos", source_ref=ref, store=store, till=till, placed_at=now, total=amount,
        base_total=amount, currency="CNY",
        business_date=day or timezone.localdate(),
    )  # fmt: skip
    return Payment.objects.create(order=order, ref=ref, kind="cash", amount=amount, captured_at=now)


@pytest.fixture
def two_stores(west_lake: Store, jingan: Store) -> None:
    paid(west_lake, "A1", 12_345, till="HZ01-T1")
    paid(west_lake, "A2", 655, till="HZ01-T1")
    paid(jingan, "B1", 98_700, till="SH01-T1")


def test_a_lead_sees_the_own_store_only(client: Client, two_stores: None, he: User, jingan: Store) -> None:
    client.force_login(he)
    here = client.get(PAGE).content.decode()
    client.force_login(person("far.lead", "lead", store=jingan))
    there = client.get(PAGE).content.decode()

    assert "HZ01-T1" in here
    assert "¥130.00" in here
    assert "SH01-T1" not in here
    assert "987.00" not in here
    assert "SH01-T1" in there
    assert "HZ01-T1" not in there
    assert "130.00" not in there


def test_the_operator_sees_every_store_and_the_sum(client: Client, two_stores: None, gu: User) -> None:
    client.force_login(gu)

    text = client.get(PAGE).content.decode()

    assert "HZ01-T1" in text
    assert "SH01-T1" in text
    assert "¥1,117.00" in text


@pytest.mark.parametrize(
    "days",
    [
        {"day_from": "2026-11-20", "day_to": "2026-11-01"},
        {"day_from": "2020-01-01", "day_to": "2026-11-01"},
        {"day_from": "yesterday", "day_to": "2026-11-01"},
        {"day_from": "2026-02-31", "day_to": ""},
        {"day_from": "2026-11-01"},
    ],
)
def test_wrong_days_get_a_sentence(client: Client, he: User, days: dict[str, str]) -> None:
    client.force_login(he)

    answer = client.get(PAGE, days)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert "<table" not in answer.content.decode()


def test_days_without_payments_say_so(client: Client, two_stores: None, he: User) -> None:
    client.force_login(he)

    answer = client.get(PAGE, {"day_from": "2020-11-01", "day_to": "2020-11-02"})

    assert answer.status_code == 200
    assert "s-empty" in answer.content.decode()


def test_what_does_not_fit_is_said(client: Client, two_stores: None, gu: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce.views.reconciliation.MOST", 1)
    client.force_login(gu)

    text = client.get(PAGE).content.decode()

    assert "s-info soon" in text
    assert "<tfoot>" not in text, "a sum of a part would be a wrong sum"


def test_the_page_costs_the_same_however_many(
    client: Client, west_lake: Store, gu: User, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        paid(west_lake, f"C{n}", 100 + n, timezone.localdate() - timedelta(days=n % 6), till=f"T{n}")
    client.force_login(gu)

    with django_assert_max_num_queries(12):
        assert "T19" in client.get(PAGE).content.decode()


def test_others_are_shown_the_door(client: Client, ke: User) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(ke)

    assert client.get(PAGE).status_code == 403
