"""Loading a file by hand: choose, map, try, run; each step its own address, so that back never loses anything."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from customers.import_forms import MapForm, UploadForm
from customers.loading import failed_rows
from customers.loading.engine import is_at_work
from customers.loading.trouble import LoadTrouble
from customers.models import ImportRun
from customers.tasks import run_import
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door
from staff.models import audit

SILENT = timedelta(minutes=1)
State = ImportRun.State
MOVING = {State.CHECKING, State.RUNNING}


@door("import.run")
def index(request: StaffRequest) -> HttpResponse:
    runs = ImportRun.objects.select_related("started_by").defer("mapping")
    page = page_of(runs, order=["-id"], cursor=request.GET.get("after"))
    rows = [
        {"run": run, "place": _place_of(run), "failed_file": run.failed and failed_rows.path_of(run).exists()}
        for run in page.rows
    ]
    return render(request, "customers/imports/index.html", {"rows": rows, "page": page})


@door("import.run")
def new(request: StaffRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        run = form.save(by=request.user)
        audit("import.uploaded", by=request.user, of=run, kind=run.kind, source=run.source)
        return redirect("imports:map", run.pk)
    sources = sorted(set(ImportRun.objects.order_by("-pk").values_list("source", flat=True)[:200]))
    context = {"form": form, "sources": sources}
    return render(request, "customers/imports/new.html", context, status=422 if form.errors else 200)


@door("import.run")
def mapping(request: StaffRequest, pk: int) -> HttpResponse:
    run = _run(pk)
    if run.state in MOVING or run.state == State.DONE:
        return _elsewhere(request, run)
    try:
        form = MapForm(run, request.POST or None)
    except LoadTrouble as trouble:
        return render(request, "customers/imports/unreadable.html", {"run": run, "trouble": trouble}, status=422)
    if request.method == "POST" and form.is_valid():
        if not form.save():
            return _elsewhere(request, _run(pk))
        if request.POST.get("then") == "check":
            _start(request, run, dry=True)
            return redirect("imports:check", run.pk)
        return redirect("imports:map", run.pk)
    context = {"run": run, "form": form, "step": 2}
    return render(request, "customers/imports/map.html", context, status=422 if form.errors else 200)


@door("import.run")
def check(request: StaffRequest, pk: int) -> HttpResponse:
    one = _run(pk)
    if _page_of(one) != "check":
        return redirect(_place_of(one))
    return render(request, "customers/imports/check.html", _told(one) | {"step": 3})


@door("import.run")
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """GET: how far it came. POST: begin, or go on where it stopped."""
    one = _run(pk)
    if request.method == "POST":
        if one.state == State.CHECKED or one.may_go_on or (one.state == State.RUNNING and _left_alone(one)):
            _start(request, one, dry=False)
            return redirect("imports:run", pk)
        return _elsewhere(request, one)
    if _page_of(one) != "run":
        return redirect(_place_of(one))
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
def again(request: StaffRequest, pk: int) -> HttpResponse:
    """Try once more what was stopped or broke off while it was tried."""
    one = _run(pk)
    if _page_of(one) != "check" or (one.state in MOVING and not _left_alone(one)) or one.state == State.CHECKED:
        return _elsewhere(request, one)
    _start(request, one, dry=True)
    return redirect("imports:check", pk)


@require_POST
@door("import.run")
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    one = _run(pk)
    if ImportRun.objects.filter(pk=pk, state__in=MOVING).update(stop_asked=True):
        audit("import.stopped", by=request.user, of=one)
    return redirect(_place_of(one))


@door("import.run")  # type: ignore[arg-type] # a file is streamed
def failed(request: StaffRequest, pk: int) -> FileResponse:
    one = _run(pk)
    path = failed_rows.path_of(one)
    if not path.exists():
        raise Http404
    audit("import.failed_rows_taken", by=request.user, of=one, rows=one.failed)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"failed-{one.kind}-{one.pk}.csv")


def _run(pk: int) -> ImportRun:
    return get_object_or_404(ImportRun.objects.select_related("started_by"), pk=pk)


def _page_of(one: ImportRun) -> str:
    """Which step shows this import as it stands."""
    if one.state == State.DRAFT:
        return "map"
    if one.state in (State.CHECKING, State.CHECKED):
        return "check"
    return "check" if one.dry else "run"


def _place_of(one: ImportRun) -> str:
    return reverse(f"imports:{_page_of(one)}", args=[one.pk])


def _elsewhere(request: StaffRequest, one: ImportRun) -> HttpResponseRedirect:
    """In another window, or with a second click, it went on meanwhile: show how it stands."""
    messages.info(request, _("This import has gone on meanwhile: this is how it stands."))
    return HttpResponseRedirect(_place_of(one))


def _left_alone(one: ImportRun) -> bool:
    """Whether it should move and nobody moves it: its worker died."""
    seen = one.seen_at or one.started_at
    return one.state in MOVING and timezone.now() - seen > SILENT and not is_at_work(one)


def _start(request: StaffRequest, one: ImportRun, *, dry: bool) -> None:
    # Of two clicks one starts it: the other finds another state.
    begun = ImportRun.objects.filter(pk=one.pk, state=one.state, seen_at=one.seen_at).update(
        state=State.CHECKING if dry else State.RUNNING,
        dry=dry,
        stop_asked=False,
        trouble="",
        started_by=request.user,
        seen_at=timezone.now(),
    )
    if begun:
        try:
            run_import.apply_async(args=(one.pk,), queue="bulk")
        except OperationalError:
            ImportRun.objects.filter(pk=one.pk).update(state=one.state, dry=one.dry)
            messages.error(request, _("The background work cannot be reached: nothing was started. Try again soon."))
            return
        audit("import.tried" if dry else "import.started", by=request.user, of=one, live=one.live)


def _told(one: ImportRun) -> dict[str, object]:
    share = min(100, one.bytes_read * 100 // one.bytes_total) if one.bytes_total else 0
    seconds = ((one.seen_at or one.started_at) - one.started_at).total_seconds()
    reasons: dict[str, list[int]] = {}
    for line, reason in one.row_errors.order_by("line").values_list("line", "reason")[:2000]:
        reasons.setdefault(reason, []).append(line)
    return {
        "run": one, "alone": _left_alone(one), "share": share, "moving": one.state in MOVING,
        "per_second": round(one.read / seconds) if seconds > 1 else None,
        "reasons": sorted(
            ((reason, len(lines), lines[0]) for reason, lines in reasons.items()), key=lambda row: -row[1]
        )[:20],
        "has_failed": Path(settings.IMPORTS_ROOT).exists() and failed_rows.path_of(one).exists(),
        "loads": one.created + one.updated, "left": _left(one, share, seconds), "took": _took(one),
        "notes": one.row_errors.filter(warning=True).count(),
    }  # fmt: skip


def _left(one: ImportRun, share: int, seconds: float) -> str:
    return _span(seconds * (100 - share) / share) if one.state == State.RUNNING and share and seconds > 2 else ""


def _took(one: ImportRun) -> str:
    return _span((one.ended_at - one.started_at).total_seconds()) if one.ended_at else ""


def _span(seconds: float) -> str:
    if seconds < 90:
        return ngettext("%(count)s second", "%(count)s seconds", round(seconds)) % {"count": round(seconds)}
    minutes = round(seconds / 60)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
