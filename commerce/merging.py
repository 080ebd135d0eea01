"""How purchases go along in a merge, and how the metrics follow."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from commerce.metrics import refresh
from customers.merging.computed import SetAside
from customers.merging.moves import RePoint
from customers.merging.moves import register as register_moves
from customers.models import MetricsDirty


def _basis(record: int) -> Any:
    """What the metrics of a record stand on: the last run, its orders and refunds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select max(id) from customers_metricsrun),
                 (select array[count(*), sum(base_total), max(id)]::text from commerce_order
                  where customer_id = %(record)s),
                 (select array[count(*), sum(base_amount), max(id)]::text from commerce_refund
                  where customer_id = %(record)s)""",
            {"record": record},
        )
        return list(cursor.fetchone())


def _stale(record: int) -> bool:
    return MetricsDirty.objects.filter(customer=record).exists()


def _settled(record: int) -> None:
    MetricsDirty.objects.filter(customer=record).delete()


def _compute(records: list[int], at_once: bool) -> None:
    # Somebody may be looking at the page; a nightly run leaves it to the sweep.
    if at_once:
        refresh(records)
    else:
        MetricsDirty.objects.bulk_create([MetricsDirty(customer_id=each) for each in records], ignore_conflicts=True)


def register() -> None:
    register_moves(
        # First in a merge and last in an unmerge: what it stands on is read while the orders are at home.
        SetAside("customers.Metrics.customer", basis=_basis, stale=_stale, settled=_settled, compute=_compute),
        RePoint("commerce.Order.customer", words=lambda: _("Orders"), came_as=True),
        RePoint("commerce.Refund.customer", words=lambda: _("Refunds"), came_as=True),
    )
