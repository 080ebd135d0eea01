"""What is bought together: the list of pairs, those that hold and those that only seem to."""

from django.http import HttpResponse
from django.shortcuts import render

from commerce import pair_pages
from commerce.pairs import DAYS, FEWEST
from staff.doors import StaffRequest, door


@door("pairs.read")
def index(request: StaffRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:60]
    kind = request.GET.get("kind", "")
    kind = kind if kind in pair_pages.KINDS else ""
    page = pair_pages.lines_of(text, kind, request.GET.get("after"))
    context = {"page": page, "q": text, "kind": kind, "days": DAYS, "fewest": FEWEST}
    return render(request, "commerce/pairs/index.html", context)
