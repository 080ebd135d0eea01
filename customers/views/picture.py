"""The picture of all customers: stages and the grid of recency × frequency, from the last computation."""

from django.http import HttpResponse
from django.shortcuts import render

from customers.models import Lifecycle, MetricsRun
from staff.doors import StaffRequest, door


@door("metrics.read")
def show(request: StaffRequest) -> HttpResponse:
    """Counts stand in the run's own row: the page never reads the big table."""
    run = MetricsRun.objects.order_by("-pk").first()
    stages, cells = [], []
    if run is not None:
        counted = run.picture.get("stages", {})
        most = max(counted.values(), default=0) or 1
        stages = [
            {"code": code, "name": name, "people": counted.get(code, 0), "share": counted.get(code, 0) / most}
            for code, name in Lifecycle.choices
            if code != Lifecycle.NONE
        ]
        grid = run.picture.get("cells", {})
        top = max(grid.values(), default=0) or 1
        cells = [
            {"f": f, "cells": [{"r": r, "f": f, "people": grid.get(f"{r}{f}", 0), "share": grid.get(f"{r}{f}", 0) / top}
                               for r in range(1, 6)]}
            for f in range(5, 0, -1)
        ]  # fmt: skip
    return render(request, "customers/picture/show.html", {"run": run, "stages": stages, "cells": cells})
