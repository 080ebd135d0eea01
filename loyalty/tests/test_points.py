"""The verbs of an account: each point where it belongs, whatever happens to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from loyalty.models import LotUse, OtherPayload, PointsAccount, PointsEntry, PointsLot, Programme
from scrm.kernel.refusals import TransitionRefused

Reason = PointsEntry.Reason


@pytest.fixture
def account(mei) -> PointsAccount:
    return PointsAccount.objects.of(mei)


def now_of(account: PointsAccount) -> tuple[int, int, int]:
    return PointsAccount.objects.filter(pk=account.pk).values_list("available", "pending", "debt").get()


def earn(account: PointsAccount, points: int, key: str, **more) -> PointsEntry:
    return account.earn(points, reason=Reason.PURCHASE, source="till", key=key, **more)


def spend(account: PointsAccount, points: int, key: str, **more) -> PointsEntry:
    return account.spend(points, reason=Reason.PAYMENT, source="till", key=key, **more)


def test_points_are_earned_and_spent_soonest_end_first(account) -> None:
    later = earn(account, 100, "a")
    sooner = account.open_with(50, source="old", key="o", at=timezone.now(), ends_at=timezone.now() + timedelta(days=5))

    spent = spend(account, 60, "s")

    assert now_of(account) == (90, 0, 0)
    assert dict(spent.uses.values_list("lot__entry", "amount")) == {sooner.pk: 50, later.pk: 10}
    assert PointsEntry.objects.get(pk=spent.pk).balance_after == 90


def test_pending_points_cannot_be_spent_until_they_count(account) -> None:
    earn(account, 100, "a", pending_days=7)
    assert now_of(account) == (0, 100, 0)

    with pytest.raises(TransitionRefused):
        spend(account, 1, "s")
    assert account.confirm_due() == 0
    assert account.confirm_due(at=timezone.now() + timedelta(days=8)) == 100

    assert now_of(account) == (100, 0, 0)
    assert account.confirm_due(at=timezone.now() + timedelta(days=9)) == 0


def test_the_same_key_has_its_effect_once_and_refuses_another_content(account) -> None:
    first = earn(account, 100, "a")

    assert earn(account, 100, "a").pk == first.pk
    with pytest.raises(OtherPayload):
        earn(account, 101, "a")

    assert now_of(account) == (100, 0, 0)


def test_the_same_key_of_another_customer_is_another_content(account, west_lake) -> None:
    from customers.models import Customer

    other = PointsAccount.objects.of(Customer.objects.create(number="X"))
    earn(account, 100, "a")

    with pytest.raises(OtherPayload):
        earn(other, 100, "a")

    assert now_of(other) == (0, 0, 0)


def test_more_than_there_is_is_refused_and_changes_nothing(account) -> None:
    earn(account, 100, "a")

    with pytest.raises(TransitionRefused, match="1"):
        spend(account, 101, "s")

    assert now_of(account) == (100, 0, 0)


def test_what_has_ended_is_not_spent_however_late_the_nightly_work(account) -> None:
    account.open_with(50, source="old", key="o", at=timezone.now() - timedelta(days=400), ends_at=timezone.now())
    assert account.usable() == 0

    with pytest.raises(TransitionRefused):
        spend(account, 1, "s")
    with pytest.raises(TransitionRefused):
        spend(account, 1, "s", at=timezone.now() - timedelta(days=30))

    assert account.expire_due() == 50
    assert account.expire_due() == 0
    assert now_of(account) == (0, 0, 0)


def test_a_refund_takes_the_points_of_its_own_purchase_first(account) -> None:
    other = earn(account, 100, "a")
    mine = earn(account, 333, "b", qualifying=33393)

    back = account.reverse(mine, 169, reason=Reason.REFUND, source="till", key="r", qualifying=16926)

    assert now_of(account) == (264, 0, 0)
    assert PointsLot.objects.get(entry=other).remaining == 100
    assert (back.delta, back.undone, back.qualifying) == (-169, 169, -16926)


def test_a_refund_of_spent_points_becomes_debt_that_the_next_points_repay(account) -> None:
    mine = earn(account, 333, "b")
    spend(account, 233, "s")

    account.reverse(mine, 169, reason=Reason.REFUND, source="till", key="r")
    assert now_of(account) == (0, 0, 69)

    earn(account, 40, "c")
    assert now_of(account) == (0, 0, 29)
    earn(account, 40, "d", pending_days=3)
    assert now_of(account) == (0, 40, 29)
    account.confirm_due(at=timezone.now() + timedelta(days=4))
    assert now_of(account) == (11, 0, 0)


def test_what_ended_is_not_taken_a_second_time_by_a_refund(account) -> None:
    mine = earn(account, 100, "a", at=timezone.now() - timedelta(days=500))
    earn(account, 80, "b")
    assert account.expire_due() == 100

    first = account.reverse(mine, 60, reason=Reason.REFUND, source="till", key="r1")
    second = account.reverse(mine, 40, reason=Reason.REFUND, source="till", key="r2")

    assert (first.delta, second.delta) == (0, 0)
    assert now_of(account) == (80, 0, 0)


def test_partly_spent_partly_ended(account) -> None:
    mine = earn(account, 100, "a", at=timezone.now() - timedelta(days=300))
    spend(account, 30, "s")
    account.expire_due(at=timezone.now() + timedelta(days=500))

    back = account.reverse(mine, reason=Reason.REFUND, source="till", key="r")

    assert (back.undone, back.delta) == (100, -30)
    assert now_of(account) == (0, 0, 30)


def test_a_payment_goes_back_to_its_lots_with_their_old_end(account) -> None:
    earn(account, 100, "a")
    account.open_with(50, source="old", key="o", at=timezone.now(), ends_at=timezone.now() + timedelta(days=5))
    spent = spend(account, 120, "s")

    account.reverse(spent, 80, reason=Reason.REFUND, source="till", key="r1")
    assert sorted(PointsLot.objects.values_list("remaining", flat=True)) == [10, 100]
    account.reverse(spent, reason=Reason.REFUND, source="till", key="r2")

    assert sorted(PointsLot.objects.values_list("remaining", flat=True)) == [50, 100]
    with pytest.raises(TransitionRefused):
        account.reverse(spent, 1, reason=Reason.REFUND, source="till", key="r3")


def test_a_reversal_is_never_reversed(account) -> None:
    back = account.reverse(earn(account, 10, "a"), reason=Reason.REFUND, source="till", key="r")

    with pytest.raises(TransitionRefused):
        account.reverse(back, reason=Reason.REFUND, source="till", key="rr")


def test_a_payment_is_undone_at_the_counter_for_a_few_minutes_only(account, ke) -> None:
    earn(account, 200, "a", at=timezone.now() - timedelta(minutes=9))
    spent, old = spend(account, 100, "s"), spend(account, 100, "t", at=timezone.now() - timedelta(minutes=6))

    account.undo(spent, by=ke, key="u")
    with pytest.raises(TransitionRefused):
        account.undo(old, by=ke, key="v")

    assert now_of(account) == (100, 0, 0)


def test_points_are_given_on_only_where_the_programme_allows_it(account, west_lake) -> None:
    from customers.models import Customer

    other = PointsAccount.objects.of(Customer.objects.create(number="X"))
    earn(account, 100, "a")
    with pytest.raises(TransitionRefused):
        account.transfer_to(other, 50, source="page", key="t", by=None)

    Programme.objects.update(transfers=True)
    account, other = PointsAccount.objects.of(account.customer), PointsAccount.objects.of(other.customer)
    account.transfer_to(other, 50, source="page", key="t", by=None)

    assert (now_of(account), now_of(other)) == ((50, 0, 0), (50, 0, 0))
    assert PointsLot.objects.get(account=other).ends_at == PointsLot.objects.get(account=account).ends_at


@pytest.mark.parametrize("table", ["pointsentry", "lotuse"])
@pytest.mark.parametrize("verb", ["update loyalty_{0} set id = id", "delete from loyalty_{0}"])
def test_the_ledger_is_only_added_to(account, table: str, verb: str) -> None:
    earn(account, 100, "a")
    spend(account, 50, "s")

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(verb.format(table))


def test_a_lot_changes_what_remains_of_it_and_nothing_else(account) -> None:
    earn(account, 100, "a")

    with pytest.raises(IntegrityError):
        PointsLot.objects.update(amount=200)


def test_every_line_is_lots_born_less_what_was_taken(account) -> None:
    mine = earn(account, 333, "b")
    spent = spend(account, 233, "s")
    account.reverse(mine, 169, reason=Reason.REFUND, source="till", key="r")
    earn(account, 100, "c")
    account.reverse(spent, 200, reason=Reason.REFUND, source="till", key="x")
    account.adjust(-5, reason=Reason.CORRECTION, source="page", key="m", by=None, note="one too many")

    for entry in PointsEntry.objects.all():
        born = sum(entry.lots.values_list("amount", flat=True))
        taken = sum(LotUse.objects.filter(entry=entry).values_list("amount", flat=True))
        assert born - taken == entry.delta + entry.debt_delta, entry
