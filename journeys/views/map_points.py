"""One place of a map: how it feels, what hurts and delights, by what it is measured."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from journeys.map_forms import DropForm, FeelingForm, MeasureForm, NoteForm
from journeys.maps.pages import figures, shown, signed
from journeys.models import MapChange, MapNote, MapPoint, Overtaken
from journeys.views.maps import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("map.read")
def show(request: StaffRequest, code: str, point_id: int) -> HttpResponse:
    return _page(request, _point(code, point_id))


@door("map.change")
@require_POST
def feel(request: StaffRequest, code: str, point_id: int) -> HttpResponse:
    """From the place's own page or, by key or button, from the map."""
    point, form = _point(code, point_id), FeelingForm(request.POST)
    return _done(request, point, form, lambda said: point.feel(form.tenths, by=request.user, version=said["version"]))


@door("map.change")
@require_POST
def note(request: StaffRequest, code: str, point_id: int) -> HttpResponse:
    point, form = _point(code, point_id), NoteForm(request.POST)
    return _done(request, point, form, lambda said: point.note(
        said["kind"], said["words"], by=request.user, verbatim=said["verbatim"], version=said["version"]))  # fmt: skip


@door("map.change")
@require_POST
def drop(request: StaffRequest, code: str, point_id: int) -> HttpResponse:
    point, form = _point(code, point_id), DropForm(request.POST)
    notes = MapNote.objects.filter(point=point)
    return _done(request, point, form, lambda said: point.drop(
        get_object_or_404(notes, pk=said["note"]), by=request.user, version=said["version"]))  # fmt: skip


@door("map.change")
@require_POST
def measure(request: StaffRequest, code: str, point_id: int) -> HttpResponse:
    point, form = _point(code, point_id), MeasureForm(request.POST)
    return _done(request, point, form, lambda said: point.measure(
        said["touchpoints"], said["topics"], by=request.user, version=said["version"]))  # fmt: skip


def _point(code: str, point_id: int) -> MapPoint:
    if point_id >= 2**63:
        point_id = 0
    return get_object_or_404(MapPoint.objects.select_related("stage__map", "felt_by"), pk=point_id,
                             stage__map__code=code)  # fmt: skip


def _done(request: StaffRequest, point: MapPoint, form: forms.Form, deed: Callable[[Any], object]) -> HttpResponse:
    on_map = request.POST.get("from") == "map"
    if not form.is_valid():
        trouble = str(next(iter(form.errors.values()))[0])
        return page_of(request, point.stage.map, trouble=trouble) if on_map else _page(request, point, form, trouble)
    try:
        deed(form.cleaned_data)
    except Overtaken as refusal:
        conflict = _conflict(request, _point(point.stage.map.code, point.pk), str(refusal))
        return page_of(request, point.stage.map, conflict=conflict) if on_map else _page(
            request, conflict["point"], form, conflict=conflict)  # fmt: skip
    except TransitionRefused as refusal:
        return _page(request, _point(point.stage.map.code, point.pk), form, str(refusal))
    if on_map and request.htmx:
        return page_of(request, point.stage.map)
    name, arguments = ("journeys:map", [point.stage.map.code]) if on_map else (
        "journeys:map_point", [point.stage.map.code, point.pk])  # fmt: skip
    return redirect(name, *arguments)


def _conflict(request: StaffRequest, point: MapPoint, says: str) -> dict[str, Any]:
    """Both are kept: what the other left, and what was sent, which may be sent again over it."""
    last = point.changes.select_related("by").first()
    sent = [(name, value) for name, values in request.POST.lists() for value in values
            if name not in ("version", "csrfmiddlewaretoken")]  # fmt: skip
    mine = request.POST.get("feeling") or request.POST.get("words", "")
    return {
        "point": point, "says": says, "last": last, "sent": sent[:80], "mine": mine[:300], "to": request.path,
        "theirs": signed(point.feeling) if point.feeling is not None else "",
    }  # fmt: skip


def _page(
    request: StaffRequest, point: MapPoint, form: forms.Form | None = None, trouble: str = "",
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """What was typed and refused stands in its form."""
    counted, at = figures()
    version = {"version": point.version}
    point.notes_standing = list(point.notes.filter(removed_at=None).select_related("by"))  # type: ignore[attr-defined]
    felt = {"feeling": point.feeling / 10} if point.feeling is not None else {}
    typed = {type(form): form} if form is not None and trouble else {}
    context = {
        "map": point.stage.map, "point": point, "one": shown([point], counted, request.user)[0], "at": at,
        "counts": request.user.sees_whole_brand, "conflict": conflict, "trouble": trouble,
        "may_change": request.user.may("map.change"), "kinds": MapNote.Kind.choices,
        "feels": signed(point.feeling) if point.feeling is not None else "",
        "feeling_form": typed.get(FeelingForm) or FeelingForm(initial=felt | version, auto_id="f_%s"),
        "note_form": typed.get(NoteForm) or NoteForm(initial=version, auto_id="n_%s"),
        "measure_form": typed.get(MeasureForm) or MeasureForm(
            initial={"touchpoints": point.touchpoints, "topics": point.topics} | version, auto_id="m_%s"),
        "changes": _told(point),
    }  # fmt: skip
    status = 409 if conflict else 422 if trouble else 200
    return render(request, "journeys/maps/point.html", context, status=status)


def _told(point: MapPoint) -> list[tuple[MapChange, str]]:
    rows = point.changes.select_related("by", "note")[:20]
    return [(row, signed(row.after["feeling"]) if "feeling" in row.after else str(row.note or "")) for row in rows]
