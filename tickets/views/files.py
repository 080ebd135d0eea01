"""A file of a case, handed to who may read the entry it belongs to."""

from django.http import HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from staff.doors import StaffRequest, door
from tickets.doors import visible_ticket
from tickets.models import Entry, files_of
from touchpoints.downloads import handed


@door("cases.read")  # type: ignore[arg-type] # a file is streamed
def show(request: StaffRequest, number: int, file_id: int) -> HttpResponseBase:
    ticket = visible_ticket(request, number)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    files = files_of(Entry.objects.filter(ticket=ticket).read_by(request.user)).select_related("key")
    return handed(request, get_object_or_404(files, pk=file_id))
