"""The nightly work in sets does what the verbs do, account by account."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from loyalty.models import PointsAccount, PointsEntry, PointsLot
from loyalty.proofs import verify
from loyalty.upkeep import confirm_everything, expire_everything, give_many


def account_of(n: int) -> PointsAccount:
    return PointsAccount.objects.of(Customer.objects.create(number=f"U{n}"))


def sums() -> list[tuple[int, int, int]]:
    return list(PointsAccount.objects.order_by("customer__number").values_list("available", "pending", "debt"))


def lines() -> list[tuple]:
    rows = PointsEntry.objects.order_by("account__customer__number", "pk")
    return list(rows.values_list("account__customer__number", "kind", "delta", "debt_delta", "balance_after", "reason"))


@pytest.fixture
def many(db) -> list[PointsAccount]:
    now = timezone.now()
    accounts = [account_of(n) for n in range(8)]
    for n, account in enumerate(accounts):
        for part in range(n % 4):
            account.open_with(10 + part, source="old", key=f"o{n}-{part}", at=now - timedelta(days=400),
                              ends_at=now - timedelta(days=3 - part))  # fmt: skip
        first = account.earn(40 + n, reason="purchase", source="t", key=f"a{n}", at=now - timedelta(hours=20),
                             pending_days=1)  # fmt: skip
        account.earn(7, reason="purchase", source="t", key=f"b{n}", at=now - timedelta(hours=19), pending_days=1)
        if n % 3 == 1:
            account.earn(5, reason="campaign", source="t", key=f"c{n}", at=now - timedelta(days=1))
            account.spend(5, reason="payment", source="t", key=f"s{n}")
            account.reverse(PointsEntry.objects.get(key=f"c{n}"), reason="refund", source="t", key=f"r{n}")
        assert first.delta == 40 + n
    return accounts


def test_in_sets_and_one_by_one_write_the_same(many) -> None:
    from django.db import transaction

    later = timezone.now() + timedelta(days=2)
    begun = transaction.savepoint()
    points = confirm_everything(at=later), expire_everything(at=later)
    in_sets = sums(), lines()
    assert verify().findings == []
    transaction.savepoint_rollback(begun)

    one_by_one = sum(account.confirm_due(at=later) for account in many), sum(a.expire_due(at=later) for a in many)

    assert points == one_by_one
    assert (sums(), lines()) == in_sets
    assert any(debt for _a, _p, debt in sums()) is False


def test_a_second_night_does_nothing(many) -> None:
    later = timezone.now() + timedelta(days=2)
    assert confirm_everything(at=later) > 0
    assert expire_everything(at=later) > 0
    before = lines()

    assert (confirm_everything(at=later), expire_everything(at=later)) == (0, 0)
    assert lines() == before
    assert not PointsLot.objects.filter(state="pending", remaining__gt=0).exists()


def test_points_for_many_count_once_and_repay_what_is_owed(many) -> None:
    rows = [(account.customer_id, 100, f"g{n}") for n, account in enumerate(many)]
    owed = sum(debt for _a, _p, debt in sums())
    assert owed > 0

    assert give_many(rows, reason="campaign", source="bulk") == len(rows)
    assert give_many(rows[:3], reason="campaign", source="bulk") == 0

    assert sum(debt for _a, _p, debt in sums()) == 0
    assert verify().findings == []
    again = many[0].earn(100, reason="campaign", source="bulk", key="g0")
    assert PointsEntry.objects.filter(key="g0").get() == again
