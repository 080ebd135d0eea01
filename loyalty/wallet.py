"""What somebody holds, as the counter, the customer and a machine are shown it; and what staff do to it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerLink
from loyalty import levels, privileges
from loyalty.models import Coupon, CouponTemplate, Level, PointsAccount, PointsEntry, PointsLot
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit
from staff.names import staff_name, store_name

MONTH_SHOWN = timedelta(days=31)  # what is over stays so long with its reason
MOST_COUPONS = 60


@dataclass(frozen=True)
class Wallet:
    """Everything on a wallet's page."""

    account: PointsAccount
    usable: int
    worth: int
    ending: list[tuple[datetime | None, int]]
    arriving: list[tuple[datetime, int]]
    standing: levels.Standing
    privileges: list[privileges.PrivilegeLeft]
    coupons: list[Coupon]
    past_coupons: list[Coupon]
    entries: Page[PointsEntry]

    @property
    def next_end(self) -> tuple[datetime, int] | None:
        """What ends within a year and first of all."""
        return next(((ends, points) for ends, points in self.ending if ends is not None), None)


def wallet_of(customer: Customer, *, after: str | None = None, size: int = 25) -> Wallet:
    account, now = PointsAccount.objects.shown_of(customer), timezone.now()
    lots = _lots_of(account)
    ending = _ending(lots, now)
    usable = sum(points for _ends, points in ending)
    standing = levels.standing_of(customer, account.programme)
    coupons = _coupons_of(customer)
    live = [one for one in coupons if one.state in ("issued", "reserved", "frozen") and not _is_over(one, now)]
    arriving = sorted((counts, points) for state, counts, _ends, points in lots if state == PointsLot.State.PENDING)
    return Wallet(
        account, usable, account.programme.worth(usable), ending, arriving[:12], standing,
        privileges.privileges_of(customer, standing.level), live, [one for one in coupons if one not in live],
        _entries(account, after, size),
    )  # fmt: skip


Lots = list[tuple[str, datetime, datetime | None, int]]  # state, counts from, ends, points


def _lots_of(account: PointsAccount) -> Lots:
    if account.pk is None:
        return []
    rows = PointsLot.objects.filter(account=account, remaining__gt=0).values_list("state", "counts_at", "ends_at")
    return list(rows.annotate(points=Sum("remaining")).order_by())


def ending_of(account: PointsAccount) -> list[tuple[datetime | None, int]]:
    """Usable points by the moment they end, soonest first; those that never end last."""
    return _ending(_lots_of(account), timezone.now())


def _ending(lots: Lots, at: datetime) -> list[tuple[datetime | None, int]]:
    sums: dict[datetime | None, int] = defaultdict(int)
    for state, counts, ends, points in lots:
        if state == PointsLot.State.OPEN and counts <= at and (ends is None or ends > at):
            sums[ends] += points
    return sorted(sums.items(), key=lambda one: (one[0] is None, one[0] or at))


def _coupons_of(customer: Customer) -> list[Coupon]:
    """What can be used, and for a month what cannot any more."""
    since = timezone.now() - MONTH_SHOWN
    rows = Coupon.objects.filter(customer=customer).exclude(state=Coupon.State.MINTED)
    live = Q(state__in=["issued", "reserved", "frozen"]) & (Q(valid_until=None) | Q(valid_until__gt=since))
    lately = Q(state="expired", valid_until__gt=since) | Q(state="redeemed", redemptions__at__gt=since)
    rows = rows.filter(live | lately | Q(state="cancelled", valid_until__gt=timezone.now()))
    found = rows.select_related("template").order_by("valid_until", "pk").distinct()[:MOST_COUPONS]
    return list(found)


def _is_over(coupon: Coupon, now: datetime) -> bool:
    return coupon.valid_until is not None and coupon.valid_until <= now


def _entries(account: PointsAccount, after: str | None, size: int) -> Page[PointsEntry]:
    rows = PointsEntry.objects.filter(account=account.pk).exclude(kind=PointsEntry.Kind.CONFIRM)
    page = page_of(rows.select_related("rule"), order=("-pk",), cursor=after, size=size)
    for entry in page.rows:
        entry.store_name = store_name(entry.store_id)  # type: ignore[attr-defined]
        entry.actor_name = staff_name(entry.actor_id)  # type: ignore[attr-defined]
    return page


def usable_coupon(customer: Customer, pk: int) -> Coupon | None:
    return Coupon.objects.usable().filter(customer=customer, pk=pk).select_related("template").first()


def coupon_of(customer: Customer, pk: int) -> Coupon | None:
    return Coupon.objects.filter(customer=customer, pk=pk).select_related("template").first()


# What staff do


@transaction.atomic
def correct(customer: Customer, *, points: int, reason: str, note: str, key: Any, by: User) -> str:
    """Points up or down by hand, with a reason and a word. Raises TransitionRefused."""
    if not points:
        raise TransitionRefused(_("Give a whole number of points, above or below zero."))
    account = PointsAccount.objects.of(customer)
    entry = account.adjust(points, reason=reason, source="page", key=str(key), by=by, note=note)
    audit("points.corrected", by=by, of=customer, points=points, entry=entry.pk)
    return _("Noted: %(points)s points, %(balance)s now.") % {
        "points": f"{points:+,}", "balance": f"{entry.balance_after:,}"}  # fmt: skip


def give_level(customer: Customer, *, level: Level, until: date, reason: str, by: User) -> str:
    levels.give(customer, level, by=by, reason=reason, until=until)
    return _("The level is %(level)s now.") % {"level": level}


def give_coupon(customer: Customer, *, template: CouponTemplate, reason: str, key: Any, by: User) -> str:
    store = by.counter_store
    coupon = template.issue_to(customer, by=by, channel="store", source="page", key=str(key), reason=reason,
                               store=store.pk if store else None)  # fmt: skip
    return _("Given: %(coupon)s.") % {"coupon": coupon.template}


def use_privilege(customer: Customer, code: str, *, by: User) -> str:
    use = privileges.use_privilege(customer, code, by=by, store=by.counter_store)
    return _("Used, the %(nth)s. time this year.") % {"nth": use.nth}


@transaction.atomic
def make_link(customer: Customer, *, by: User, until: datetime) -> str:
    """The token of a wallet link, readable this once."""
    _link, token = CustomerLink.make(customer, purpose="wallet", until=until, by=by)
    audit("wallet.link_made", by=by, of=customer)
    return token
