"""Clicks as they arrive: each sitting is kept, belongs to who signed in, and is one line of the timeline.

What a sitting says is worked out from its clicks and from who the visitor turned out to be, never added up from what
arrived: so any order of arrival ends the same.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import BrowseSession, Customer, Event, VisitorName

DAYS_KEPT = 90
MOST_CLICKS = 2000  # of one sitting: beyond that it is a machine


@transaction.atomic
def see(
    *, source: str, visitor: str, session: str, at: datetime, kind: str, category: str = "", product: str = "",
    channel: str = "",
) -> int | None:  # fmt: skip
    """One click of one visitor; whose it was, when that is known."""
    _one_at_a_time(source, visitor)
    if at > timezone.now() - timedelta(days=DAYS_KEPT):
        with connection.cursor() as cursor:
            cursor.execute("select customers_browse_month(%s)", [at.date()])
            cursor.execute(
                """insert into customers_browse
                     (at, customer_id, source, visitor, session, kind, category, product, channel)
                   values (%s, null, %s, %s, %s, %s, %s, %s, %s)""",
                [at, source, visitor, session, kind, category, product, channel],
            )
    sitting, _made = BrowseSession.objects.get_or_create(
        source=source, session=session,
        defaults={"visitor": visitor, "started_at": at, "ended_at": at, "channel": channel},
    )  # fmt: skip
    return _settle(sitting)


@transaction.atomic
def name(customer: Customer, *, source: str, visitor: str, at: datetime) -> None:
    """The visitor signed in: sittings that are nobody's, and those this tells better, are the customer's."""
    _one_at_a_time(source, visitor)
    VisitorName.objects.get_or_create(source=source, visitor=visitor, at=at, defaults={"customer": customer})
    for sitting in BrowseSession.objects.filter(source=source, visitor=visitor).order_by("started_at")[:500]:
        _settle(sitting)


def _one_at_a_time(source: str, visitor: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 5))", [f"{source} {visitor}"])


def _settle(sitting: BrowseSession) -> int | None:
    """Bring the sitting, its clicks and its line in line with what is known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select at, kind, category, product from customers_browse where source = %s and session = %s
               order by at, kind, category, product limit %s""",
            [sitting.source, sitting.session, MOST_CLICKS],
        )
        clicks = cursor.fetchall()
    if clicks:
        sitting.started_at, sitting.ended_at = clicks[0][0], clicks[-1][0]
        sitting.counts = dict(sorted(Counter(kind for _at, kind, _category, _product in clicks).items()))
    owner = _owner(sitting)
    moved = owner != sitting.customer_id
    former, sitting.customer_id = sitting.customer_id, owner
    sitting.save(update_fields=["started_at", "ended_at", "counts", "customer"])
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_browse set customer_id = %s where source = %s and session = %s "
            "and customer_id is distinct from %s",
            [owner, sitting.source, sitting.session, owner],
        )
    if moved and former is not None:
        _line_of(former, sitting).delete()
    if owner is not None:
        _tell(owner, sitting, clicks)
    return owner


def _owner(sitting: BrowseSession) -> int | None:
    """Who sat there: who signed in during it, last; else who signed in next; else who had signed in before."""
    names = list(
        VisitorName.objects.filter(source=sitting.source, visitor=sitting.visitor).order_by("at", "pk")
        .values_list("at", "customer")
    )  # fmt: skip
    if not names or not sitting.visitor:
        return sitting.customer_id
    during = [customer for at, customer in names if sitting.started_at <= at <= sitting.ended_at]
    after = [customer for at, customer in names if at > sitting.ended_at]
    return int(during[-1] if during else after[0] if after else names[-1][1])


def _line_of(customer: int, sitting: BrowseSession) -> Any:
    return Event.objects.filter(customer=customer, kind="browse.session", details__session=sitting.pk)


def _tell(owner: int, sitting: BrowseSession, clicks: list[Any]) -> None:
    categories = Counter(category for _at, _kind, category, _product in clicks if category)
    best = min(categories, key=lambda one: (-categories[one], one)) if categories else ""
    products = list(dict.fromkeys(product for _at, _kind, _category, product in clicks if product))
    details = {"category": best, "views": len(clicks), "products": products[:12], "session": sitting.pk}
    line = _line_of(owner, sitting).first()
    if line is not None:
        if line.details != details or line.at != sitting.started_at:
            Event.objects.filter(pk=line.pk).update(
                details=details, at=sitting.started_at, business_date=timezone.localdate(sitting.started_at)
            )
        return
    customer = Customer.objects.get(pk=owner)
    if customer.erased_at is None:
        Event.objects.record(
            customer=customer, kind="browse.session", at=sitting.started_at, channel=sitting.channel,
            source=sitting.source, source_ref=sitting.session, details=details,
        )  # fmt: skip
