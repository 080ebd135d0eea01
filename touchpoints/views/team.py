"""The lead's day: who received whom, what was sold, who is in the store."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.pictures import bars
from customers.facts import asked_twice
from staff.doors import StaffRequest, door
from staff.names import staff_name
from touchpoints.queries import team_day

DAYS = 7


@door("team.read")
def show(request: StaffRequest) -> HttpResponse:
    day = team_day(request.user.store_ids, on=timezone.localdate())
    for row in day.people:
        row["name"] = staff_name(row["received_by"])
    says = _("Sales per day of the last fourteen days, numbers in the table below")
    columns = bars([(f"{row['day']:%m-%d}", row["total"]) for row in day.days], says=says, every=3)
    context = {
        "day": day, "columns": columns, "store": request.user.counter_store,
        "twice": asked_twice(stores=list(request.user.store_ids), days=DAYS), "twice_days": DAYS,
    }  # fmt: skip
    return render(request, "counter/team.html", context)
