"""Each proof holds on a busy ledger, and each planted fault turns its own proof red."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation

from loyalty.models import CouponTemplate, PointsAccount, PointsEntry
from loyalty.proofs import PROOFS, verify

Reason = PointsEntry.Reason


@pytest.fixture
def busy(mei) -> PointsAccount:
    """An account with a line of every kind that one person alone can have."""
    account = PointsAccount.objects.of(mei)
    mine = account.earn(333, reason=Reason.PURCHASE, source="till", key="a", qualifying=33300, source_ref="A-1")
    account.open_with(50, source="old", key="o", at=timezone.now() - timedelta(days=10))
    spent = account.spend(250, reason=Reason.PAYMENT, source="till", key="s")
    account.reverse(mine, 169, reason=Reason.REFUND, source="till", key="r", qualifying=16900)
    account.earn(100, reason=Reason.PURCHASE, source="till", key="b", pending_days=1)
    account.confirm_due(at=timezone.now() + timedelta(days=2))
    account.reverse(spent, 200, reason=Reason.REFUND, source="till", key="x")
    account.adjust(-5, reason=Reason.CORRECTION, source="page", key="m", by=None)
    return account


def broken() -> set[str]:
    return {finding["proof"] for finding in verify().findings}


def test_all_proofs_hold_on_a_busy_ledger(busy) -> None:
    result = verify()

    assert result.findings == []
    assert result.entries == PointsEntry.objects.count() >= 9


GUARD = "alter table loyalty_{0} disable trigger user"
FAULTS = {
    "a balance set by hand": ("update loyalty_pointsaccount set available = available + 1", {"sums", "entries"}),
    "a lot that lost points": (
        "update loyalty_pointslot set remaining = remaining - 1 where id = (select max(id) from loyalty_pointslot where remaining > 0)",
        {"sums", "lots"},
    ),
    "a line that was changed": (
        GUARD.format("pointsentry") + "; update loyalty_pointsentry set delta = delta + 1 where kind = 'spend'",
        {"entries", "chain", "covered", "guards"},
    ),
    "a line that was removed": (
        "delete from loyalty_pointsentry where kind = 'adjust'",
        {"entries"},
    ),
    "a use that was removed": (
        "delete from loyalty_lotuse where id = (select max(id) from loyalty_lotuse)",
        {"lots", "covered"},
    ),
    "a debt forgiven in silence": ("update loyalty_pointsaccount set debt = debt + 7", {"entries"}),
    "a balance that jumps": (
        GUARD.format("pointsentry") + "; update loyalty_pointsentry set balance_after = balance_after + 1 where kind = 'earn'",
        {"chain", "guards"},
    ),
    "a unique key dropped": ("alter table loyalty_pointsentry drop constraint points_entry_once", {"guards"}),
    "the one earn per purchase dropped": ("drop index points_earned_once", {"guards"}),
    "the guard of lines dropped": ("drop trigger loyalty_entry_only_added on loyalty_pointsentry", {"guards"}),
    "a check dropped": (
        "alter table loyalty_pointsaccount drop constraint points_available_not_negative", {"guards"},
    ),
    "more taken back than was given": (
        GUARD.format("pointsentry") + "; update loyalty_pointsentry set undone = 900 where kind = 'reverse'",
        {"reversals", "guards"},
    ),
    "a point spent after its end": (
        GUARD.format("pointslot") + "; update loyalty_pointslot set ends_at = now() - interval '1 year'",
        {"in_time", "guards"},
    ),
    "points that stay pending": (
        GUARD.format("pointslot") + "; update loyalty_pointslot set state = 'pending', counts_at = now() - interval '3 days' where remaining > 0",
        {"holds", "sums", "guards"},
    ),
    "levels moved by something else": (
        GUARD.format("pointsentry") + "; alter table loyalty_pointsentry drop constraint points_qualifying_by_purchases;"
        "update loyalty_pointsentry set qualifying = 5 where kind = 'spend'",
        {"qualifying", "guards"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_turns_its_proof_red(busy, fault: str) -> None:
    statement, expected = FAULTS[fault]
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")
        if "removed" in fault:
            cursor.execute("set local session_replication_role = replica")
        for each in statement.split(";"):
            cursor.execute(each)

    found = broken()

    assert expected <= found, f"{fault}: {found}"


def test_more_coupons_than_stock_or_than_are_counted_is_seen(mei) -> None:
    template = CouponTemplate.objects.create(code="X", kind="amount", group="amount", amount=100, issued=3, stock=5)
    assert broken() == {"coupons"}

    CouponTemplate.objects.filter(pk=template.pk).update(issued=0)
    assert broken() == set()


def test_a_line_of_the_proof_is_a_sentence_for_people() -> None:
    assert len(PROOFS) >= 15
    assert all(str(proof.words).endswith("。") for proof in PROOFS)
    with translation.override("en"):
        assert all(str(proof.words).endswith(".") for proof in PROOFS)


def test_the_command_names_what_is_broken_and_fails(busy, capsys) -> None:
    call_command("verify_ledger")
    assert "all holds" in capsys.readouterr().out

    PointsAccount.objects.update(debt=5)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger")

    assert ended.value.code == 1
    assert "BROKEN  entries" in capsys.readouterr().out
