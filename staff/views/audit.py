"""Who did what, newest first."""

from django.http import HttpResponse
from django.shortcuts import render

from scrm.kernel.keyset import page_of
from staff.audit_words import words_of
from staff.doors import StaffRequest, door
from staff.models import AuditEntry


@door("audit.read")
def index(request: StaffRequest) -> HttpResponse:
    rows = AuditEntry.objects.select_related("who")
    what = request.GET.get("what", "")
    if what in words_of:
        rows = rows.filter(what=what)
    page = page_of(rows, order=("-at", "-id"), cursor=request.GET.get("after"), size=50)
    for entry in page.rows:
        entry.words = words_of.get(entry.what, entry.what)  # type: ignore[attr-defined]
    context = {"page": page, "what": what, "kinds": words_of.items()}
    return render(request, "staff/audit/index.html", context)
