"""What goodwill cost and what came of it."""

from django.http import HttpResponse
from django.shortcuts import render

from staff.doors import StaffRequest, door
from tickets.goodwill_report import month_of, report


@door("goodwill.report")
def goodwill(request: StaffRequest) -> HttpResponse:
    found = report(month_of(request.GET.get("month", "")), reader=request.user)
    return render(request, "tickets/goodwill/report.html", {"report": found})
