"""The blocks of the customer page that purchases own: the small pictures, the last orders."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from commerce.models import Order
from commerce.pictures import bars, cells, rhythm
from customers.models import Customer, LifecycleChange, MetricsRun
from scrm.kernel.registry import Panel, panels
from scrm.kernel.templatetags.scrm_ui import amount
from staff.names import store_name

# Net of refunds, in the base currency, per day of business.
DAILY = """
select day, sum(orders)::int, sum(amount)::bigint from (
  select business_date as day, 1 as orders, base_total as amount
    from commerce_order where customer_id = %(id)s and state = 'paid' and business_date >= %(since)s
  union all
  select o.business_date, 0, -r.base_amount
    from commerce_order o join commerce_refund r on r.order_id = o.id
   where o.customer_id = %(id)s and o.state = 'paid' and o.business_date >= %(since)s
) as moves group by day order by day
"""


def picture(request: Any, customer: Customer) -> dict[str, Any] | None:
    """How recently, how often, how much: twelve months of spending, the rhythm, the cell, and why each."""
    from commerce.metrics import why

    metrics = getattr(customer, "metrics", None)
    if metrics is None:
        return {"metrics": None}
    today = timezone.localdate()
    since = _month(today, -11)
    with connection.cursor() as cursor:
        cursor.execute(DAILY, {"id": customer.pk, "since": since})
        daily: list[tuple[date, int, int]] = cursor.fetchall()
    months: dict[date, int] = defaultdict(int)
    for day, _orders, net in daily:
        months[day.replace(day=1)] += net
    shown = [_month(today, -step) for step in range(11, -1, -1)]
    spent = [(f"{month.month}", max(0, months[month])) for month in shown]
    run = MetricsRun.objects.order_by("-pk").first()
    shares = run.picture.get("cells", {}) if run else {}
    return {
        "metrics": metrics,
        "reasons": why(metrics, run),
        "run": run,
        "bars": bars(spent, says=_("Spending per month over twelve months, numbers in the table below")),
        "months": format_html_join(
            "", '<tr><td class="num">{}</td><td class="r">{}</td></tr>',
            ((f"{month:%Y-%m}", amount(months[month])) for month in reversed(shown)),
        ),
        "rhythm": rhythm(
            [day for day, orders, _amount in daily if orders], today=today, usual_gap=metrics.rhythm_days,
            says=_("Days of purchase over twelve months"),
        ),
        "cells": cells(
            shares, r=metrics.r, f=metrics.f,
            says=_("Recency class %(r)s of 5, frequency class %(f)s of 5") % {"r": metrics.r, "f": metrics.f},
        ),
        "changes": LifecycleChange.objects.filter(customer=customer).order_by("-on", "-id")[:5],
        "headline": _headline(metrics, today),
    }  # fmt: skip


def orders(request: Any, customer: Customer) -> dict[str, Any]:
    rows = list(
        Order.objects.filter(customer=customer)
        .only("source_ref", "placed_at", "total", "currency", "state", "store_id", "customer_id")
        .order_by("-placed_at", "-id")[:4]
    )
    for order in rows:
        order.store_name = store_name(order.store_id)  # type: ignore[attr-defined]
    return {"orders": rows}


def register() -> None:
    for panel in (
        Panel("picture", "right", 20, "commerce/panels/_picture.html", picture, ("order.", "refund.")),
        Panel("orders", "right", 30, "commerce/panels/_orders.html", orders, ("order.", "refund.")),
    ):
        panels.add(panel.name, panel)


def _headline(metrics: Any, today: date) -> str:
    away, usual = (today - metrics.last_on).days, metrics.rhythm_days
    if usual and away > 2 * usual:
        return _("Away longer than usual: %(away)s days, usually every %(usual)s.") % {"away": away, "usual": usual}
    if usual:
        return _("Comes about every %(usual)s days; the last time was %(away)s days ago.") % {
            "usual": usual, "away": away,
        }  # fmt: skip
    return _("Bought once so far, %(away)s days ago.") % {"away": away}


def _month(day: date, step: int) -> date:
    month = day.month - 1 + step
    return date(day.year + month // 12, month % 12 + 1, 1)
