"""Any sequence of verbs on our ledger and on a plain one in memory: the same sums, and every proof holds.

Forty sequences of up to fifty verbs each, the same ones every time. SCRM_EXAMPLES=100 takes a hundred, SCRM_FULL=1
twenty thousand.
"""

import os
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from customers.merging import merge, unmerge
from customers.models import Customer, MergeOperation
from loyalty.models import PointsAccount, PointsEntry, Programme
from loyalty.proofs import verify
from loyalty.tests.plain_ledger import PlainLedger, Refused
from scrm.kernel.refusals import TransitionRefused

Reason = PointsEntry.Reason
PEOPLE = 3
POINTS = st.integers(1, 60)
WHO = st.integers(0, PEOPLE - 1)
EXAMPLES = 20_000 if os.environ.get("SCRM_FULL") else int(os.environ.get("SCRM_EXAMPLES", 40))


class Rollback(Exception):
    """Ends one sequence; nothing of it stays."""


class LedgerMachine(RuleBasedStateMachine):
    deeds = Bundle("deeds")
    merges = Bundle("merges")

    def __init__(self) -> None:
        super().__init__()
        self.scope = transaction.atomic()
        self.scope.__enter__()
        self.clock = datetime(2030, 3, 2, 12, tzinfo=timezone.get_default_timezone())
        self.watch = mock.patch("django.utils.timezone.now", side_effect=lambda: self.clock)
        self.watch.start()
        self.programme = Programme.objects.main()
        self.people = [Customer.objects.create(number=f"SM{n}") for n in range(PEOPLE)]
        self.plain = PlainLedger([one.pk for one in self.people])
        self.n = self.steps = 0

    def teardown(self) -> None:
        try:
            assert verify().findings == []
        finally:
            self.watch.stop()
            self.scope.__exit__(Rollback, Rollback(), None)

    def key(self) -> str:
        self.n += 1
        return f"k{self.n}"

    def account(self, who: int) -> PointsAccount:
        return PointsAccount.objects.of(self.people[who], self.programme)

    def both(self, ours, plain):
        """Ours and the plain verb: both do it, or both refuse."""
        self.plain.now = self.clock
        try:
            with transaction.atomic():
                done = ours()
        except TransitionRefused:
            with pytest.raises(Refused):
                plain()
            return None
        return done, plain()

    @rule(target=deeds, who=WHO, points=st.integers(1, 90), days=st.sampled_from([0, 0, 0, 3, 7]),
          old=st.sampled_from([0, 0, 200, 360]))  # fmt: skip
    def earn(self, who, points, days, old):
        at = self.clock - timedelta(days=old)
        counts = at + timedelta(days=days)
        account, key = self.account(who), self.key()
        entry, deed = self.both(
            lambda: account.earn(
                points, reason=Reason.PURCHASE, source="m", key=key, at=at, pending_days=days, tells=False
            ),
            lambda: self.plain.earn(self.people[who].pk, points, counts, self.programme.lot_ends(counts), self.clock),
        )
        again = self.account(who).earn(points, reason=Reason.PURCHASE, source="m", key=key, at=at, pending_days=days,
                                       tells=False)  # fmt: skip
        assert again.pk == entry.pk
        return entry, deed, who

    @rule(target=deeds, who=WHO, points=POINTS)
    def spend(self, who, points):
        account, key = self.account(who), self.key()
        done = self.both(
            lambda: account.spend(points, reason=Reason.PAYMENT, source="m", key=key),
            lambda: self.plain.spend(self.people[who].pk, points, self.clock),
        )
        return (*done, who) if done else None

    @rule(deed=deeds, part=st.integers(1, 90))
    def take_back(self, deed, part):
        if deed is None:
            return
        entry, plain, who = deed
        account, key = self.account(who), self.key()
        self.both(
            lambda: account.reverse(entry, part, reason=Reason.REFUND, source="m", key=key),
            lambda: self.plain.take_back(plain, self.people[who].pk, part, self.clock),
        )

    @rule(who=WHO, other=WHO, points=POINTS)
    def give_on(self, who, other, points):
        Programme.objects.update(transfers=True)
        self.programme.transfers = True
        account, there, key = self.account(who), self.account(other), self.key()
        self.both(
            lambda: account.transfer_to(there, points, source="m", key=key, by=None),
            lambda: self.plain.give_on(self.people[who].pk, self.people[other].pk, points, self.clock),
        )

    @rule(days=st.sampled_from([1, 5, 40, 200]))
    def time_passes(self, days):
        self.clock += timedelta(days=days)
        for who in range(PEOPLE):
            account = self.account(who)
            account.confirm_due()
            self.plain.confirm(self.people[who].pk, self.clock)

    @rule(who=WHO)
    def the_nightly_work_ends_points(self, who):
        self.account(who).expire_due()
        self.plain.expire(self.people[who].pk, self.clock)

    # Joining moves the rows of every room: every other step is enough.
    @precondition(lambda self: self.steps % 2 == 0)
    @rule(target=merges, one=WHO, other=WHO)
    def records_are_joined(self, one, other):
        kept, joined = (Customer.objects.get(pk=self.people[each].pk) for each in (one, other))
        kept, joined = (Customer.objects.get(pk=each.merged_into_id or each.pk) for each in (kept, joined))
        if kept.pk == joined.pk:
            return None
        done = merge(kept, joined, by=None, reason="same", origin="batch")
        self.plain.merge(kept.pk, joined.pk)
        return done

    @precondition(lambda self: self.steps % 2 == 0)
    @rule(done=consumes(merges))
    def records_come_apart(self, done):
        if done is None:
            return
        self.plain.now = self.clock
        unmerge(MergeOperation.objects.get(pk=done.pk), by=None, reason="not the same")
        self.plain.unmerge(done.loser_id)

    @invariant()
    def the_sums_agree(self):
        self.steps += 1
        rows = dict.fromkeys((one.pk for one in self.people), (0, 0, 0))
        for account in PointsAccount.objects.filter(customer__in=self.people):
            rows[account.customer_id] = (account.available, account.pending, account.debt)
        assert rows == {one.pk: self.plain.shown(one.pk) for one in self.people}


def test_any_sequence_of_verbs_agrees_with_the_plain_ledger(db) -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=50, deadline=None, derandomize=True,
                          suppress_health_check=list(HealthCheck), print_blob=True),
    )  # fmt: skip
