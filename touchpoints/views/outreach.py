"""Contacts that were planned, sent or not, each with its reason."""

from django.http import HttpResponse
from django.shortcuts import render

from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door
from touchpoints.models import Outreach, OutreachScene


@door("outreach.read")
def index(request: StaffRequest) -> HttpResponse:
    """Every contact that was planned, the refused ones among them, with the reason of each."""
    asked = request.GET
    rows = Outreach.objects.select_related("customer", "scene", "planned_by")
    state, scene = asked.get("state", ""), asked.get("scene", "")
    if state == "stopped":
        rows = rows.filter(state__in=("held", "refused"))
    elif state in Outreach.State.values:
        rows = rows.filter(state=state)
    if scene:
        rows = rows.filter(scene__code=scene)
    page = page_of(rows, order=["-planned_at", "-pk"], cursor=asked.get("after"), size=25)
    context = {"page": page, "state": state, "scene": scene, "scenes": list(OutreachScene.objects.all()[:60])}
    return render(request, "touchpoints/channels/outreach.html", context)
