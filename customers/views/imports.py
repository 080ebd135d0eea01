"""Loading a file by hand: choose, map, try, run; each step its own address, so that back never loses anything."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.import_forms import MapForm, UploadForm
from customers.loading import failed_rows
from customers.loading.trouble import LoadTrouble
from customers.models import ImportRun
from customers.tasks import run_import
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door
from staff.models import audit

State = ImportRun.State
MOVING = {State.CHECKING, State.RUNNING}


@door("import.run")
def index(request: StaffRequest) -> HttpResponse:
    runs = ImportRun.objects.select_related("started_by").defer("mapping")
    page = page_of(runs, order=["-id"], cursor=request.GET.get("after"))
    return render(request, "customers/imports/index.html", {"page": page})


@door("import.run")
def new(request: StaffRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        run = form.save(by=request.user)
        audit("import.uploaded", by=request.user, of=run, kind=run.kind, source=run.source)
        return redirect("imports:map", run.pk)
    return render(request, "customers/imports/new.html", {"form": form}, status=422 if form.errors else 200)


@door("import.run")
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    run = _run(pk, State.DRAFT, State.CHECKED, State.CHECKING, State.FAILED)
    try:
        form = MapForm(run, request.POST or None)
    except LoadTrouble as trouble:
        return render(request, "customers/imports/unreadable.html", {"run": run, "trouble": trouble}, status=422)
    if request.method == "POST" and form.is_valid():
        form.save()
        if request.POST.get("then") == "check":
            _start(request, run, dry=True)
            return redirect("imports:check", run.pk)
        return redirect("imports:map", run.pk)
    context = {"run": run, "form": form, "step": 2}
    return render(request, "customers/imports/map.html", context, status=422 if form.errors else 200)


@door("import.run")
def check(request: StaffRequest, pk: int) -> HttpResponse:
    return render(request, "customers/imports/check.html", _told(_run(pk)) | {"step": 3})


@door("import.run")
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """GET: how far it came. POST: begin, or go on where it stopped."""
    one = _run(pk)
    if request.method == "POST":
        if one.state not in (State.CHECKED, State.STOPPED, State.FAILED):
            return HttpResponse(_("This import is not ready to run."), status=422)
        _start(request, one, dry=False)
        return redirect("imports:run", pk)
    return render(request, "customers/imports/run.html", _told(one) | {"step": 5 if one.state == State.DONE else 4})


@door("import.run")
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    one = _run(pk)
    answer = render(request, "customers/imports/_progress.html", _told(one))
    if one.state not in MOVING:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@door("import.run")
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    one = _run(pk)
    if ImportRun.objects.filter(pk=pk, state__in=MOVING).update(stop_asked=True):
        audit("import.stopped", by=request.user, of=one)
    return HttpResponseRedirect(reverse("imports:run", args=[pk]))


@door("import.run")  # type: ignore[arg-type] # a file is streamed
def failed(request: StaffRequest, pk: int) -> FileResponse:
    one = _run(pk)
    path = failed_rows.path_of(one)
    if not path.exists():
        raise Http404
    audit("import.failed_rows_taken", by=request.user, of=one, rows=one.failed)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"failed-{one.kind}-{one.pk}.csv")


def _run(pk: int, *states: str) -> ImportRun:
    rows = ImportRun.objects.select_related("started_by")
    return get_object_or_404(rows.filter(state__in=states) if states else rows, pk=pk)


def _start(request: StaffRequest, one: ImportRun, *, dry: bool) -> None:
    # Of two clicks one starts it: the other finds another state.
    begun = ImportRun.objects.filter(pk=one.pk, state=one.state).update(
        state=State.CHECKING if dry else State.RUNNING, dry=dry, stop_asked=False, started_by=request.user
    )
    if begun:
        audit("import.tried" if dry else "import.started", by=request.user, of=one, live=one.live)
        run_import.apply_async(args=(one.pk,), queue="bulk")


def _told(one: ImportRun) -> dict[str, object]:
    share = min(100, one.bytes_read * 100 // one.bytes_total) if one.bytes_total else 0
    seconds = ((one.seen_at or one.started_at) - one.started_at).total_seconds()
    reasons: dict[str, list[int]] = {}
    for line, reason in one.row_errors.order_by("line").values_list("line", "reason")[:2000]:
        reasons.setdefault(reason, []).append(line)
    return {
        "run": one, "share": share, "moving": one.state in MOVING,
        "per_second": round(one.read / seconds) if seconds > 1 else None,
        "reasons": sorted(
            ((reason, len(lines), lines[0]) for reason, lines in reasons.items()), key=lambda row: -row[1]
        )[:20],
        "has_failed": Path(settings.IMPORTS_ROOT).exists() and failed_rows.path_of(one).exists(),
        "notes": one.row_errors.filter(warning=True).count(),
    }  # fmt: skip
