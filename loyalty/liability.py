"""What points still stand out, what they are worth, when they end, how many end unused: computed once a night."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from loyalty.models import BudgetShard, Campaign, LiabilityDay, Programme

SUMS = """
select count(*) filter (where available + pending > 0), coalesce(sum(available), 0), coalesce(sum(pending), 0),
       coalesce(sum(debt), 0)
from loyalty_pointsaccount where programme_id = %(programme)s
"""
BY_MONTH = """
select to_char(l.ends_at at time zone %(zone)s - interval '1 second', 'YYYY-MM'), sum(l.remaining)::bigint
from loyalty_pointslot l join loyalty_pointsaccount a on a.id = l.account_id and a.programme_id = %(programme)s
where l.remaining > 0 and l.state = 'open' group by 1 order by 1 nulls last
"""
FLOW = """
select coalesce(sum(e.delta) filter (where e.kind in ('earn', 'adjust', 'opening')), 0),
       coalesce(-sum(e.delta) filter (where e.kind = 'spend'), 0),
       coalesce(-sum(e.delta) filter (where e.kind = 'expire'), 0)
from loyalty_pointsentry e join loyalty_pointsaccount a on a.id = e.account_id and a.programme_id = %(programme)s
where e.at >= %(since)s
"""
BROKEN = """
select coalesce(sum(l.amount), 0),
       coalesce(sum((select sum(u.amount) from loyalty_lotuse u join loyalty_pointsentry e on e.id = u.entry_id
                     where u.lot_id = l.id and e.kind = 'expire')), 0)
from loyalty_pointslot l join loyalty_pointsaccount a on a.id = l.account_id and a.programme_id = %(programme)s
where l.ends_at >= %(since)s and l.ends_at < now()
"""


@transaction.atomic
def compute(programme: Programme) -> LiabilityDay:
    """Today's row, made anew when there is one."""
    today = timezone.localdate()
    values: dict[str, Any] = {"programme": programme.pk, "since": timezone.now() - timedelta(days=365),
                              "zone": settings.TIME_ZONE}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '128MB'; set local jit = off")
        cursor.execute(SUMS, values)
        accounts, available, pending, debt = cursor.fetchone()
        cursor.execute(BY_MONTH, values)
        by_month = [[month or "", int(points)] for month, points in cursor.fetchall()]
        cursor.execute(FLOW, values)
        earned, spent, expired = cursor.fetchone()
        cursor.execute(BROKEN, values)
        ended, broken = cursor.fetchone()
    row, _made = LiabilityDay.objects.update_or_create(
        programme=programme, on=today,
        defaults={"accounts": accounts, "available": available, "pending": pending, "debt": debt,
                  "by_month": by_month, "earned": earned, "spent": spent, "expired": expired, "ended": ended,
                  "broken": broken, "computed_at": timezone.now()},
    )  # fmt: skip
    return row


def budgets() -> list[tuple[Campaign, int, int]]:
    """Campaigns with a cap that are not over: (campaign, given, left), in minor units."""
    running = Campaign.objects.exclude(budget=None).exclude(state=Campaign.State.ENDED).order_by("code")[:50]
    left = dict(BudgetShard.objects.filter(campaign__in=running).values_list("campaign").annotate(left=Sum("left")))
    return [(one, (one.budget or 0) - left.get(one.pk, 0), left.get(one.pk, 0)) for one in running]
