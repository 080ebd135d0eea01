"""Using a coupon in one round trip: the function loyalty_redeem holds the order of the locks and the condition."""

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.extras import Json

from customers.models import Customer
from loyalty.models.account import OtherPayload
from loyalty.models.redemption import Redemption
from loyalty.models.using import Use, unusable

if TYPE_CHECKING:
    from loyalty.models.coupon import Coupon

CALL = """
select outcome, redemption, person, joined, erased from loyalty_redeem(
  %(coupon)s, %(record)s, %(holder)s, %(at)s, %(business_date)s, %(store)s, %(channel)s, %(by)s, %(source)s,
  %(source_ref)s, %(order_source)s, %(order_ref)s, %(currency)s, %(off)s, %(basket)s, %(said)s)
"""


def redeem_at_once(coupon: "Coupon", use: Use, holder: str) -> Redemption:
    """Inside the caller's transaction. Raises TransitionRefused, OtherPayload."""
    now = timezone.now()
    row = use.columns(now)
    store, by = row.pop("store"), row.pop("by")
    values: dict[str, Any] = {
        **row, "coupon": coupon.pk, "record": coupon.record, "holder": holder, "at": now,
        "store": store.pk if store else None, "by": by.pk if by else None, "said": Json(use.explanation),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CALL, values)
        outcome, pk, person, joined, erased = cursor.fetchone()
    if outcome == "before" and (before := Redemption.objects.same(coupon, use)) is not None:
        return before
    if outcome == "other":
        raise OtherPayload(_("This key was used for something else."))
    if outcome != "used":
        raise unusable()
    coupon.state, coupon.held_by, coupon.held_until, coupon.came_as = coupon.State.REDEEMED, "", None, joined
    made = Redemption(pk=pk, coupon=coupon, record=coupon.record or 0, at=now, store=store, by=by, **row)
    made._state.adding = False
    # The line of the timeline needs no more of the customer than this.
    coupon.tell_use(use, Customer(pk=person, erased_at=erased), made)
    return made
