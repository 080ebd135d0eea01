"""A file of a conversation, handed to who may see the customer."""

from django.http import HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from customers.doors import visible_customer
from staff.doors import StaffRequest, door
from touchpoints.downloads import handed
from touchpoints.models import Attachment


@door("talk.answer")  # type: ignore[arg-type] # a file is streamed
def show(request: StaffRequest, number: str, file_id: int) -> HttpResponseBase:
    customer = visible_customer(request, number)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    files = Attachment.objects.visible_to(request.user).filter(customer=customer).select_related("key")
    return handed(request, get_object_or_404(files, pk=file_id))
