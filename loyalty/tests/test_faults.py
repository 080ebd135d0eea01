"""The drill's faults, each planted here before the few steps that show it.

The drill meets them under load, by chance; here the same replacement meets a fixed order of steps. Without the
fault the steps find nothing to complain of, with it they must.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from customers.models import Customer
from loyalty import drops, purchases
from loyalty.models import CouponTemplate, PointsAccount, PointsEntry, PointsLot, Programme, Redemption, Use
from loyalty.models import account as account_room
from loyalty.proofs import verify
from loyalty.tests.test_api import MEI, post, till  # noqa: F401 - a fixture
from loyalty.tests.test_drops import people, prepared
from loyalty.tests.test_earning import A, C, back, earns, empty, sale, tills  # noqa: F401 - a fixture
from loyalty.tests.test_races import account_of, at_once, fresh
from scrm.kernel import idempotency
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from scrm.local.drilling.faults import FAULTS
from staff.api import MachineView

Reason = PointsEntry.Reason
REPLACED: tuple[tuple[Any, str], ...] = (
    (PointsAccount, "_before"), (PointsAccount, "_lock"), (PointsAccount, "_back_from"), (PointsAccount, "_open"),
    (idempotency, "once"), (purchases.Settlement, "_follow"),
    (account_room, "post"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def put_back(monkeypatch) -> None:
    """What a fault replaces is itself again after the test."""
    for place, name in REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))


def plant(name: str) -> None:
    fault = FAULTS[name]
    with connection.cursor() as cursor:
        if fault.sql:
            cursor.execute(fault.sql)
    fault.patch()


def complaints() -> list[str]:
    return [finding["proof"] for finding in verify().findings]


def _one_key_twice() -> list[str]:
    account = account_of("A")
    for _time in range(2):
        account.earn(10, reason=Reason.CAMPAIGN, source="till", key="same")
    return [*complaints(), *(["earned twice"] if fresh(account).available != 10 else [])]


def _spent_and_refunded() -> list[str]:
    account = account_of("A")
    entry = account.earn(100, reason=Reason.PURCHASE, source="till", key="e")
    account.spend(100, reason=Reason.PAYMENT, source="till", key="s")
    account.reverse(entry, 100, reason=Reason.REFUND, source="till", key="r")
    return [*complaints(), *(["no debt"] if fresh(account).debt != 100 else [])]


def _two_ends() -> list[str]:
    account = account_of("A")
    for days in (10, 5, 20):
        account.open_with(50, source="old", key=f"{days}", at=timezone.now() - timedelta(days=300),
                          ends_at=timezone.now() + timedelta(days=days))  # fmt: skip
    account.spend(60, reason=Reason.PAYMENT, source="till", key="s")
    left = list(PointsLot.objects.order_by("ends_at").values_list("remaining", flat=True))
    return [*complaints(), *(["not the first to end"] if left != [0, 40, 50] else [])]


def _used_by_two() -> list[str]:
    template = CouponTemplate.objects.create(code="T", name=words("券"), kind="amount", group="amount", amount=500,
                                             state="published")  # fmt: skip
    coupon = template.issue_to(Customer.objects.create(number="A", display_name="A"), by=None, channel="api",
                               source="till", key="i")  # fmt: skip
    for n in range(2):
        try:
            coupon.redeem(Use(source="till", key=f"u{n}", basket=9000, off=500))
        except TransitionRefused:
            pass
    return [*complaints(), *(["used twice"] if Redemption.objects.filter(undone_at=None).count() != 1 else [])]


def _line_changed() -> list[str]:
    account_of("A", 10)
    try:
        with transaction.atomic():
            PointsEntry.objects.update(delta=11)
    except Error:
        return complaints()
    return [*complaints(), "a line was changed"]


def _below_zero() -> list[str]:
    account_of("A", 10)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("update loyalty_pointsaccount set available = -5")
    except Error:
        return complaints()
    return [*complaints(), "below zero"]


STEPS: dict[str, Callable[[], list[str]]] = {
    "key_dropped": _one_key_twice, "debt_forgotten": _spent_and_refunded, "last_end_first": _two_ends,
    "coupon_twice": _used_by_two, "guard_dropped": _line_changed, "check_dropped": _below_zero,
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_fault_is_seen(db, name: str) -> None:
    Programme.objects.main()
    with transaction.atomic():
        assert STEPS[name]() == []
        transaction.set_rollback(True)

    plant(name)

    assert STEPS[name]() != []


@pytest.mark.django_db(transaction=True)
def test_a_lock_removed_is_seen(monkeypatch) -> None:
    """Two take the same purchase back; neither writes before both have read what is left of it."""
    account = account_of("A")
    entry = account.earn(333, reason=Reason.PURCHASE, source="till", key="e")
    account.spend(333, reason=Reason.PAYMENT, source="till", key="s")
    account.earn(500, reason=Reason.CAMPAIGN, source="till", key="more")  # or a CHECK would refuse the second
    both, write = threading.Barrier(2), PointsAccount._post

    def together(self: PointsAccount, line: Any) -> PointsEntry:
        both.wait(10)
        return write(self, line)

    def taken_back(n: int) -> Any:
        try:
            return fresh(account).reverse(entry, 200, reason=Reason.REFUND, source="till", key=f"r{n}")
        except Error as error:
            return error

    FAULTS["lock_removed"].patch()
    monkeypatch.setattr(PointsAccount, "_post", together)
    at_once([lambda n=n: taken_back(n) for n in range(2)])

    assert complaints() != []


@pytest.mark.django_db(transaction=True)
def test_a_commit_in_two_is_seen(monkeypatch) -> None:
    """The process dies between the line and its lots."""

    class Dead(BaseException):
        pass

    def dies(*_how: Any) -> None:
        connection.close()
        raise Dead

    account = account_of("A", 100)
    FAULTS["commit_split"].patch()
    monkeypatch.setattr(random, "random", lambda: 0.0)
    monkeypatch.setattr(os, "kill", dies)

    with pytest.raises(BaseException):  # noqa: B017 - the process is gone
        account.spend(10, reason=Reason.PAYMENT, source="till", key="s")

    assert complaints() != []


def test_an_answer_before_its_commit_is_seen(monkeypatch, till) -> None:  # noqa: F811
    """The till holds an answer of 201 for points that are not there."""
    monkeypatch.setattr(MachineView, "once", MachineView.once)
    FAULTS["answer_before_commit"].patch()
    monkeypatch.setattr(random, "random", lambda: 0.0)

    answer = post(till, "points/earn/", {"customer": MEI, "points": 50, "reason": "campaign"})

    assert answer.status_code == 201
    assert not PointsEntry.objects.filter(pk=answer.json()["entry"]).exists()


@pytest.mark.usefixtures("tills")
def test_a_refund_that_takes_nothing_back_is_seen(mei) -> None:
    sale(A)
    back(C)
    due = earns(mei)
    empty()

    FAULTS["refund_forgets"].patch()
    sale(A)
    back(C)

    assert earns(mei) != due


@pytest.fixture
def whole_claim(transactional_db) -> Iterator[None]:
    """The function and the index of claims, put back whatever a test made of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_get_functiondef('loyalty_claim'::regproc), pg_get_indexdef('coupon_one_of_a_drop'::regclass)"
        )
        function, index = cursor.fetchone()
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from loyalty_coupon")
        cursor.execute(function)
        cursor.execute(index.replace("INDEX coupon_one_of_a_drop", "INDEX IF NOT EXISTS coupon_one_of_a_drop"))


def test_a_claim_without_its_lock_is_seen(whole_claim, gu) -> None:
    drops.arm(prepared(3), by=gu)
    plant("claim_unlocked")
    crowd = people(20)

    told = at_once([lambda who=who: drops.claim("night", who.pk) for who in crowd])

    winners = [one.code for one in told if one and one.outcome == "won"]
    assert complaints() != [] or len(winners) != len(set(winners)) or len(winners) > 3
