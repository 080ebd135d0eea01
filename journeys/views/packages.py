"""Service packages: the list with the cells, one package, its draft, publishing, taking it out of use."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import packages
from journeys.grid import name_of
from journeys.models import ServicePackage
from journeys.package_forms import LineForm, PackageForm, TermsForm
from journeys.packages import drafting, pages
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("package.read")
def index(request: StaffRequest) -> HttpResponse:
    context = pages.listed() | {"counts": request.user.sees_whole_brand,
                                "may_change": request.user.may("package.change")}  # fmt: skip
    return render(request, "journeys/packages/index.html", context)


@door("package.change")
def create(request: StaffRequest) -> HttpResponse:
    """A new one, with an empty draft."""
    form = PackageForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            package = packages.make(form.cleaned_data["code"], form.name, by=request.user)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:edit_package", package.code)
    return render(request, "journeys/packages/new.html", {"form": form}, status=422 if form.errors else 200)


@door("package.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, get_object_or_404(ServicePackage, code=code))


@door("package.change")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """The draft: a line added, changed, moved or taken out; what is promised and for whom."""
    package = get_object_or_404(ServicePackage, code=code)
    if request.method != "POST":
        return _draft(request, package)
    said, key = request.POST, request.POST.get("key", "")[:12]
    do = said.get("do", "")
    terms, line = TermsForm(said if do == "terms" else None), LineForm.said(said if do == "line" else None, key)
    try:
        if do == "terms" and terms.is_valid():
            drafting.set_terms(package, terms.terms, terms.cleaned_data["cells"])
        elif do == "line" and line.is_valid():
            drafting.put_line(package, key, line.line)
        elif do == "remove":
            drafting.remove_line(package, key)
        elif do in ("up", "down"):
            drafting.move_line(package, key, -1 if do == "up" else 1)
        else:
            wrong = terms.errors or line.errors
            raise TransitionRefused(str(next(iter(wrong.values()))[0]) if wrong else _("This is not on offer."))
    except TransitionRefused as refusal:
        return _draft(request, package, trouble=str(refusal), terms=terms, line=line, key=key)
    return redirect("journeys:edit_package", code)


@door("package.change")
@require_POST
def publish(request: StaffRequest, code: str) -> HttpResponse:
    """Let the draft run; the form says which version ran when the publisher looked."""
    package = get_object_or_404(ServicePackage, code=code)
    number, seen = (_whole(request.POST.get(name, "")) for name in ("number", "instead_of"))
    try:
        packages.publish(package, number, by=request.user, instead_of=seen, move=request.POST.get("move") == "on",
                         note=request.POST.get("note", "").replace("\0", ""))  # fmt: skip
    except TransitionRefused as refusal:
        return _page(request, package, trouble=str(refusal))
    messages.success(request, _("Published. Its cells get it tonight."))
    return redirect("journeys:package", code)


@door("package.change")
@require_POST
def retire(request: StaffRequest, code: str) -> HttpResponse:
    package = get_object_or_404(ServicePackage, code=code)
    try:
        packages.retire(package, by=request.user)
    except TransitionRefused as refusal:
        return _page(request, package, trouble=str(refusal))
    return redirect("journeys:package", code)


def _page(request: StaffRequest, package: ServicePackage, *, trouble: str = "") -> HttpResponse:
    package.refresh_from_db()
    versions = list(package.versions.select_related("published_by"))
    runs = next((one for one in versions if one.number == package.version), None)
    draft = next((one for one in versions if one.state == "draft"), None)
    seen, share = runs or draft, pages.shares([package])[package.pk]
    context = {
        "package": package, "versions": versions, "runs": runs, "draft": draft, "share": share,
        "lines": pages.used_lines(seen, share), "promised": pages.promised(seen.terms) if seen else [],
        "cells": [name_of(cell) for cell in runs.cells] if runs else [],
        "page": pages.holders(package, request.user, cursor=request.GET.get("after")), "trouble": trouble,
        "counts": request.user.sees_whole_brand, "may_change": request.user.may("package.change"),
        "difference": pages.difference(draft, runs) if draft else [],
    }  # fmt: skip
    return render(request, "journeys/packages/show.html", context, status=422 if trouble else 200)


def _draft(
    request: StaffRequest, package: ServicePackage, *, trouble: str = "", terms: TermsForm | None = None,
    line: LineForm | None = None, key: str = "",
) -> HttpResponse:  # fmt: skip
    """The editor; what was typed and refused stands in its form."""
    package.refresh_from_db()
    runs = package.running
    draft = package.draft or runs
    typed = line if line is not None and line.is_bound else None
    lines: list[tuple[dict[str, Any], LineForm]] = [
        (one, typed if typed and one["key"] == key else LineForm.of(one)) for one in (draft.shown if draft else [])
    ]
    if terms is None or not terms.is_bound:
        terms = TermsForm(initial=draft.terms | {"cells": draft.cells} if draft else None)
    context = {
        "package": package, "draft": draft, "lines": lines, "trouble": trouble, "terms": terms,
        "new": typed if typed and not key else LineForm.said(None),
        "difference": pages.difference(draft, runs) if draft else [],
    }  # fmt: skip
    return render(request, "journeys/packages/edit.html", context, status=422 if trouble else 200)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
