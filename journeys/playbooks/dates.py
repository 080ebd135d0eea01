"""Who comes in because a day has come: birthday, anniversary, the usual time to buy, some days after a purchase."""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.rhythm import SHORTEST_RHYTHM
from journeys.models import Playbook
from journeys.playbooks.enrolling import enrol
from journeys.playbooks.news import only

CATCH_UP = 7  # days a house may have been down without missing anybody
ONE_DATES = "select pg_advisory_xact_lock(7052042)"
# The 29th of February is kept on the 28th in other years.
BORN = """
select id from customers_customer where merged_into_id is null and erased_at is null
 and (birth_month, birth_day) in (select * from unnest(%(months)s::int[], %(days)s::int[]))
"""
WHO = {
    "first_order": "select customer_id from customers_metrics where first_on < %(day)s and "
                   "(extract(month from first_on), extract(day from first_on)) in "
                   "(select * from unnest(%(months)s::int[], %(days)s::int[]))",
    "refill": "select customer_id from customers_metrics where days > 1 and last_on < %(day)s and "
              f"last_on + greatest((last_on - first_on) / (days - 1), {SHORTEST_RHYTHM}) = %(day)s",
    "bought": "select customer_id from customers_metrics where last_on = %(day)s",
    "birthday": BORN,
}  # fmt: skip


def take_in(today: date | None = None) -> int:
    """Whose day has come since the last time, a week back at most; how many came in. Safe to repeat."""
    today = today or timezone.localdate()
    came = 0
    for playbook in Playbook.objects.filter(hears__startswith="date:", state__in=("live", "paused")).order_by("pk"):
        came += _of(playbook, today)
    return came


@transaction.atomic
def _of(playbook: Playbook, today: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ONE_DATES)
    playbook.refresh_from_db()
    version = playbook.running
    if version is None or not playbook.takes_in:
        return 0
    trigger = version.content["trigger"]
    last = playbook.dated_on or today - timedelta(days=1)
    day, came = max(last, today - timedelta(days=CATCH_UP)) + timedelta(days=1), 0
    while day <= today:
        ids = only(trigger, whose(trigger, day))
        came += len(enrol(playbook, ids, why={"date": trigger["of"], "on": day.isoformat()}, version=version))
        day += timedelta(days=1)
    if last < today:
        Playbook.objects.filter(pk=playbook.pk).update(dated_on=today)
    return came


def whose(trigger: dict[str, Any], today: date) -> list[int]:
    """The customers for whom today is so many days before their day; after it, for the last purchase."""
    days = timedelta(days=trigger.get("days", 0))
    day = today - days if trigger["of"] == "bought" else today + days
    dates = [(day.month, day.day)]
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).day == 1:
        dates.append((2, 29))
    with connection.cursor() as cursor:
        cursor.execute(WHO[trigger["of"]], {
            "day": day, "months": [month for month, _day in dates], "days": [one for _month, one in dates],
        })  # fmt: skip
        return [row[0] for row in cursor.fetchall()]
