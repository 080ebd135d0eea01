"""What tills without a line took: honoured if it was in time by the till's clock, once if two took the same."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from customers.models import Customer
from loyalty.models import Coupon, Redemption, Use
from loyalty.models.using import unusable
from staff.models import audit

LATEST = timedelta(hours=24)  # after its end by our clock
CONFLICT = "conflict"


@transaction.atomic
def take_offline(coupon: Coupon, use: Use, *, till_at: datetime, at: datetime) -> Redemption:
    """Enter a use that already happened: `till_at` by the till's clock, `at` corrected by ours.

    Two tills that took the same coupon: the earlier by corrected time stands (then by source and key), in whatever
    order they report; the other is a row that says “conflict”: the store pays, the customer keeps the goods. The same
    source and key give the first row again. Raises TransitionRefused for a coupon that may not be taken without a
    line or was not in time, OtherPayload.
    """
    if coupon.record is not None:
        Customer.objects.holder_of(coupon.record)
    coupon = Coupon.objects.select_for_update(of=("self",)).select_related("template").get(pk=coupon.pk)
    if (before := Redemption.objects.same(coupon, use)) is not None:
        return before
    if not _honoured(coupon, till_at, at):
        raise unusable()
    person, record = coupon._person()
    standing = coupon.redemptions.filter(undone_at=None).first()
    withdrawn = coupon.state in (Coupon.State.FROZEN, Coupon.State.CANCELLED)
    if withdrawn or (standing is not None and _order(standing) < (at, use.source, use.key)):
        audit("coupon.conflict", by=None, of=coupon, template=coupon.template.code, tail=coupon.tail)
        return coupon._write_use(use, person, record, at=at, lost=CONFLICT)
    if standing is not None:
        audit("coupon.conflict", by=None, of=coupon, template=coupon.template.code, tail=coupon.tail)
        standing.lose(CONFLICT)
    coupon._move(Q(), state=Coupon.State.REDEEMED)
    return coupon._write_use(use, person, record, at=at)


def _honoured(coupon: Coupon, till_at: datetime, at: datetime) -> bool:
    if coupon.state == Coupon.State.MINTED or not coupon.template.offline:
        return False
    if coupon.valid_from is not None and till_at < coupon.valid_from:
        return False
    end = coupon.valid_until
    return end is None or (till_at < end and at < end + LATEST)


def _order(standing: Redemption) -> tuple[datetime, str, str]:
    return standing.at, standing.source, standing.source_ref
