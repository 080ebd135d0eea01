"""The first start: what is ready can be opened while the rest loads; and whether the house stands."""

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from scrm.demo import progress
from scrm.demo.accounts import PASSWORD, PRINTED
from scrm.kernel.draining import draining
from staff.doors import open_door
from staff.models import Role, User

STEPS = {
    "staff": _("Stores, colleagues, goods, and customers we know by name"),
    "customers": _("Customers with their orders, visits and clicks"),
    "indexes": _("Order in the archive"),
    "figures": _("Who comes how often"),
}


@open_door
def show(request: HttpRequest) -> HttpResponse:
    """The demo's progress and its accounts; not there where the product is open to the world."""
    if settings.SECURE:
        raise Http404
    state = progress.read()
    names = list(STEPS)
    at = names.index(state["step"]) if state.get("step") in names else len(names)
    steps = [
        {"words": words, "state": "done" if place < at or state["state"] == "done" else "now" if place == at else ""}
        for place, words in enumerate(STEPS.values())
    ]
    people = {user.username: user for user in User.objects.filter(username__in=PRINTED).order_by("pk")}
    words = dict(Role.choices)
    accounts = [
        {"username": name, "user": user, "role": words.get(user.main_role or "", "") if user else ""}
        for name, user in ((name, people.get(name)) for name in PRINTED)
    ]
    context = {"state": state, "steps": steps, "accounts": accounts, "password": PASSWORD}
    part = "start/_progress.html" if request.headers.get("HX-Request") else "start/show.html"
    return render(request, part, context)


@open_door
def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"alive": True})


@open_door
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and every migration is in; 503 otherwise, and at once when we are to end."""
    if draining.is_set():
        return JsonResponse({"ready": False, "reason": "ending"}, status=503)
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Exception:  # noqa: BLE001 — any failure to answer means not ready
        return JsonResponse({"ready": False, "reason": "database"}, status=503)
    return JsonResponse({"ready": waiting == 0, "migrations": waiting}, status=200 if waiting == 0 else 503)
