"""Product sheets side by side."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from staff.doors import StaffRequest, door
from tickets.sheets import MOST, compared, offered


@door("article.read")
def compare(request: StaffRequest) -> HttpResponse:
    """Which ones stand in the address, so that a comparison can be passed on."""
    codes = [code[:60].replace("\0", "") for code in request.GET.getlist("sheet")[:MOST]]
    found = compared(request.user, codes, locale=get_language() or "")
    beside = found.sheets[0].product if found.sheets else ""
    context = {"found": found, "chosen": {one.article.code for one in found.sheets}, "most": MOST,
               "sheets": offered(request.user, beside=beside)}  # fmt: skip
    return render(request, "tickets/knowledge/compare.html", context)
