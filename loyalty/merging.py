"""How points, levels and coupons go along in a merge and come back.

Points go by entries, never by changing rows: each lot keeps its record and its end. What one side's purchases took of
the other's lots while the records were joined is put back when they come apart, and booked to who spent it.
"""

from collections import defaultdict
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.merging.giving_way import Yield
from customers.merging.moves import Apart, Journal, Move, RePoint
from customers.merging.moves import register as register_moves
from customers.merging.rows import Row
from customers.models import Customer, MergeOperation
from loyalty.models import PointsAccount, PointsEntry, PointsLot
from loyalty.models.account import HOUSE
from loyalty.models.posting import Line as Posting
from loyalty.models.posting import NewLot, Use, take

Kind, Reason = PointsEntry.Kind, PointsEntry.Reason


class Points(Move):
    """Each record keeps its account; what lies in the loser's goes over by entries, and home the same way."""

    amount = "sum(available + pending - debt)"

    def merge(self, operation: MergeOperation) -> Journal:
        return {"points": self._bring(operation.loser_id, operation.survivor_id, f"merge:{operation.pk}")}

    def strays(self) -> list[int]:
        held = PointsAccount.objects.exclude(available=0, pending=0, debt=0).exclude(customer__merged_into=None)
        return list(held.values_list("customer", flat=True).distinct())

    def gather(self, operation: MergeOperation, journal: Journal, holder: int) -> int:
        last = (
            PointsEntry.objects.filter(record=operation.loser_id).order_by("-pk").values_list("pk", flat=True).first()
        )
        moved = self._bring(operation.loser_id, holder, f"gather:{operation.pk}:{last}")
        journal["points"] += moved
        return 1 if moved else 0

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        loser, holder = apart.operation.loser_id, apart.holder
        for theirs, ours in self._pairs(loser, holder):
            _Apart(theirs, ours, set(apart.with_loser), f"unmerge:{apart.operation.pk}").settle()

    def _bring(self, loser: int, holder: int, key: str) -> int:
        """Everything that lies in the loser's accounts goes over; how many points."""
        moved = 0
        for theirs, ours in self._pairs(loser, holder):
            moved += theirs.balance
            carry(theirs, ours, lots=list(_lying(theirs)), debts=_debts(theirs), key=key)
        return moved

    def _pairs(self, loser: int, holder: int) -> list[tuple[PointsAccount, PointsAccount]]:
        """The two records' accounts per programme, both locked."""
        pairs = []
        programmes = PointsAccount.objects.filter(customer__in=[loser, holder]).values_list("programme", flat=True)
        for programme in sorted(set(programmes)):
            both = {
                each: PointsAccount.objects.get_or_create(customer_id=each, programme_id=programme)[0]
                for each in sorted((loser, holder))
            }
            for account in sorted(both.values(), key=lambda one: one.pk):
                account._lock_row()
            pairs.append((both[loser], both[holder]))
        return pairs


def _lying(account: PointsAccount) -> Any:
    return PointsLot.objects.filter(account=account, remaining__gt=0).order_by("pk")


def _debts(account: PointsAccount, records: set[int] | None = None) -> dict[int, int]:
    """What is owed in an account, by the record that owes it."""
    if not account.debt:
        return {}
    rows = PointsEntry.objects.filter(account=account).values_list("record").annotate(owed=Sum("debt_delta"))
    owed = {record: amount for record, amount in rows if amount > 0}
    left, shared = account.debt, {}
    for record in sorted(owed):
        shared[record] = min(owed[record], left)
        left -= shared[record]
    if left:
        shared[account.customer_id] = shared.get(account.customer_id, 0) + left
    return {record: amount for record, amount in shared.items() if amount and (records is None or record in records)}


def carry(
    start: PointsAccount, end: PointsAccount, *, lots: list[PointsLot], debts: dict[int, int], key: str
) -> None:  # fmt: skip
    """Lots and debts go from one account to another: per record one line here and one there."""
    now = timezone.now()
    by_record: dict[int, list[PointsLot]] = defaultdict(list)
    for lot in lots:
        by_record[lot.record].append(lot)
    for record in sorted({*by_record, *debts}):
        mine, debt = by_record.get(record, []), debts.get(record, 0)
        uses: list[Use] = [(lot.pk, lot.remaining, lot.state == PointsLot.State.PENDING) for lot in mine]
        start._post(Posting(Kind.MERGE_OUT, Reason.MERGE, record, now, HOUSE, f"{key}:out:{start.pk}:{record}",
                            debt=-debt, uses=uses))  # fmt: skip
        born = [NewLot(lot.remaining, lot.counts_at, lot.ends_at, record, lot.state == PointsLot.State.PENDING,
                       lot.origin_id or lot.pk) for lot in mine]  # fmt: skip
        end._post(Posting(Kind.MERGE_IN, Reason.MERGE, record, now, HOUSE, f"{key}:in:{end.pk}:{record}",
                          debt=debt, lots=born))  # fmt: skip


CROSSED = """
select u.lot_id, sum(u.amount)::bigint, l.state = 'pending', e.record
from loyalty_lotuse u
join loyalty_pointsentry e on e.id = u.entry_id
join loyalty_pointslot l on l.id = u.lot_id
where e.account_id = %(account)s and (l.record = any(%(theirs)s)) <> (e.record = any(%(theirs)s))
group by u.lot_id, l.state, e.record
having sum(u.amount) > 0
order by e.record, u.lot_id
"""


class _Apart:
    """Two sides of one account coming apart: `theirs` gets what belongs to its records, `ours` keeps the rest."""

    def __init__(self, theirs: PointsAccount, ours: PointsAccount, records: set[int], key: str) -> None:
        self.theirs, self.ours, self.records, self.key = theirs, ours, records, key

    def settle(self) -> None:
        spent: dict[int, list[Use]] = defaultdict(list)
        for lot, amount, pending, record in self.crossed():
            spent[record].append((lot, -amount, pending))
        for record, uses in spent.items():
            self.ours._post(Posting(Kind.MERGE_IN, Reason.MERGE, record, timezone.now(), HOUSE,
                                    f"{self.key}:back:{self.ours.pk}:{record}", uses=uses))  # fmt: skip
        home = list(_lying(self.ours).filter(record__in=self.records))
        carry(self.ours, self.theirs, lots=home, debts=_debts(self.ours, self.records), key=self.key)
        for record, uses in spent.items():
            account = self.theirs if record in self.records else self.ours
            self._charge(account, -sum(amount for _lot, amount, _p in uses), record)

    def crossed(self) -> list[tuple[int, int, bool, int]]:
        """What one side took of the other's lots: (lot, amount, pending, the record that took it)."""
        with connection.cursor() as cursor:
            cursor.execute(CROSSED, {"account": self.ours.pk, "theirs": list(self.records)})
            return cursor.fetchall()

    def _charge(self, account: PointsAccount, points: int, record: int) -> None:
        """Booked to who spent it: from the own open lots first, the rest as debt."""
        now = timezone.now()
        open_lots = account._open(now).values_list("pk", "remaining")
        uses, debt = take(((lot, remaining, False) for lot, remaining in open_lots), points)
        account._post(Posting(Kind.MERGE_OUT, Reason.MERGE, record, now, HOUSE,
                              f"{self.key}:charge:{account.pk}:{record}", debt=debt, uses=uses))  # fmt: skip


def points_apart(operation: MergeOperation) -> dict[str, int]:
    """What an unmerge would put back, for its preview: points each side has spent of the other's."""
    loser = Customer.objects.get(pk=operation.loser_id)
    if loser.merged_into_id is None:
        return {}
    went_along = operation.journal.get("customers.Customer.merged_into", {}).get("rows", [])
    records = {loser.pk, *went_along}
    told = {"by_survivor": 0, "by_loser": 0}
    for account in PointsAccount.objects.filter(customer=loser.merged_into_id):
        for _lot, amount, _pending, record in _Apart(account, account, records, "").crossed():
            told["by_loser" if record in records else "by_survivor"] += amount
    return told


def _higher_level_stands(older: Row, newer: Row) -> tuple[Any, Row] | None:
    gives_way = older if (older["rank"], -older["id"]) < (newer["rank"], -newer["id"]) else newer
    return gives_way["id"], {"ended_on": timezone.localdate().isoformat()}


def register() -> None:
    register_moves(
        Points("loyalty.PointsAccount.customer", words=lambda: _("Points")),
        Yield(
            "loyalty.LevelMembership.customer",
            on=("programme_id",),
            stands=lambda row: row["ended_on"] is None,
            gives_way=_higher_level_stands,
            came_as=True,
            words=lambda: _("Levels"),
        ),
        RePoint("loyalty.Coupon.customer", words=lambda: _("Coupons"), came_as=True),
        RePoint("loyalty.PrivilegeUse.customer"),
        RePoint("loyalty.CampaignGrant.customer", came_as=True),
        RePoint("loyalty.GiftTaken.customer", came_as=True),
        RePoint("loyalty.Referral.referrer"),
        RePoint("loyalty.Referral.friend"),
    )
