"""What a type of problem means: the page its address leads to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from scrm.kernel.problem import KINDS
from staff.doors import open_door


@open_door
def show(request: HttpRequest, slug: str) -> HttpResponse:
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404
    return render(request, "staff/problems/show.html", {"kind": kind})
