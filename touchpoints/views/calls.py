"""The card of who rings."""

from django.http import HttpResponse
from django.shortcuts import render

from staff.doors import StaffRequest, door
from touchpoints.calls import card_of


@door("talk.answer")
def show(request: StaffRequest) -> HttpResponse:
    return render(request, "touchpoints/calls/_card.html", {"cards": card_of(request.user)})
