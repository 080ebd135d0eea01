"""Who did what, newest first; whether the seals hold."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from scrm.kernel.keyset import page_of
from staff import audit_seal
from staff.audit_forms import AuditSearch
from staff.audit_words import subjects, words_of
from staff.doors import StaffRequest, door
from staff.models import AuditEntry, AuditProof
from staff.tasks import prove_audit


@door("audit.read")
def index(request: StaffRequest) -> HttpResponse:
    form = AuditSearch(request.GET)
    rows = AuditEntry.objects.select_related("who").defer("salt", "digest", "written_by")
    rows = form.narrow(rows) if form.is_valid() else rows.none()
    page = page_of(rows, order=("-at", "-id"), cursor=request.GET.get("after"), size=50)
    _name_what_was_done(page.rows)
    last, waiting = audit_seal.not_sealed_yet()
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "page": page, "form": form, "kinds": words_of.items(), "filtered": any(kept.values()), "kept": kept.urlencode(),
        "last": last, "waiting": waiting,
        "proof": AuditProof.objects.select_related("asked_by").order_by("-pk").first(),
        "alarms": AuditEntry.objects.select_related("who").filter(
            what__in=["alarm.reveals", "alarm.codes"], at__gt=timezone.now() - timedelta(days=1)
        ).order_by("-at", "-id")[:5],
    }  # fmt: skip
    return render(request, "staff/audit/index.html", context, status=422 if form.errors else 200)


@require_POST
@door("audit.read")
def prove(request: StaffRequest) -> HttpResponse:
    """Check every row against its seal: now when that takes seconds, else by the worker."""
    if audit_seal.is_quickly_proved():
        audit_seal.check(by=request.user, address=request.META.get("REMOTE_ADDR"))
    else:
        try:
            prove_audit.apply_async(args=(request.user.pk,), queue="slow")
            messages.success(request, _("The check runs; its result will stand here in a few minutes."))
        except OperationalError:
            messages.error(request, _("The background work cannot be reached: nothing was started. Try again soon."))
    return redirect("staff:audit")


def _name_what_was_done(rows: list[AuditEntry]) -> None:
    wanted: dict[str, list[str]] = {}
    for entry in rows:
        wanted.setdefault(entry.object_kind, []).append(entry.object_id)
    names = {kind: subject.names(wanted[kind]) for kind, subject in subjects.items() if kind in wanted}
    for entry in rows:
        entry.words = words_of.get(entry.what, entry.what)  # type: ignore[attr-defined]
        subject = subjects.get(entry.object_kind)
        if subject:
            entry.subject = f"{subject.words} {names[entry.object_kind].get(entry.object_id, entry.object_id)}"  # type: ignore[attr-defined]
        elif entry.object_kind not in ("", "hour"):
            entry.subject = f"{entry.object_kind.partition('.')[2]} {entry.object_id}"  # type: ignore[attr-defined]
