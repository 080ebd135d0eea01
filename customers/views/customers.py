"""Customers: the list with its search, one customer's page, its panels and its timeline."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Lifecycle, Metrics
from customers.panels import identities_of
from customers.queries import find
from customers.timeline import timeline_of
from scrm.kernel.keyset import page_of
from scrm.kernel.registry import panels
from staff.doors import StaffRequest, door


@door("customer.read")
def index(request: StaffRequest) -> HttpResponse:
    """Customers in scope, newest first, or one stage or one cell of the picture."""
    rows = Customer.objects.visible_to(request.user).living().select_related("metrics", "home_store")
    chosen: dict[str, Any] = {}
    if (stage := request.GET.get("stage", "")) in Lifecycle.values:
        chosen["metrics__lifecycle"] = stage
    for letter in ("r", "f"):
        if (value := request.GET.get(letter, "")) in {"1", "2", "3", "4", "5"}:
            chosen[f"metrics__{letter}"] = int(value)
    # Through the narrow table the index gives the chosen rows in order.
    order = "-metrics__customer_id" if chosen else "-pk"
    page = page_of(rows.filter(**chosen), order=(order,), cursor=request.GET.get("after"))
    context = {"page": page, "stage": stage, "r": chosen.get("metrics__r"), "f": chosen.get("metrics__f"),
               "stages": Lifecycle.choices[1:]}  # fmt: skip
    return render(request, "customers/customers/index.html", context)


@door("customer.read")
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """The results of a search; a POST, since a phone or a name must not stand in an address."""
    found = find(request.user, request.POST.get("q", ""))
    part = "_results.html" if request.htmx else "search.html"
    return render(request, f"customers/customers/{part}", {"found": found})


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    if customer.erased_at:
        return render(request, "customers/customers/erased.html", {"customer": customer})
    places: dict[str, list[dict[str, Any]]] = {"chips": [], "head": [], "left": [], "middle": [], "right": []}
    for panel in sorted(panels.all(), key=lambda panel: panel.order):
        content = panel.context(request, customer)
        if content is not None:
            places[panel.place].append({"panel": panel, **content})
    phone = next((each for each in identities_of(request, customer) if each.kind == "phone"), None)
    context = {"customer": customer, "places": places, "phone": phone, "metrics": _metrics(customer)}
    return render(request, "customers/customers/show.html", context)


@door("customer.read")
def panel(request: StaffRequest, number: str, name: str) -> HttpResponse:
    """One block again, after a nudge said that it is stale."""
    customer = visible_customer(request, number)
    found = panels.get(name)
    content = found.context(request, customer) if found else None
    if found is None or content is None:
        raise Http404
    return render(request, found.template, {"customer": customer, "item": {"panel": found, **content}})


@door("customer.read")
def timeline(request: StaffRequest, number: str) -> HttpResponse:
    """One page of the timeline: the whole block for a filter, only the rows for an older page."""
    customer = visible_customer(request, number)
    asked = request.GET
    content = timeline_of(
        customer, group=asked.get("group", ""), phase=asked.get("phase", ""), after=asked.get("after")
    )
    part = "_timeline_rows.html" if asked.get("after") else "_timeline.html"
    context = {"customer": customer, "item": {"panel": panels.get("timeline"), **content}}
    return render(request, f"customers/panels/{part}", context)


@door("customer.read")
def moved(request: StaffRequest, number: str) -> HttpResponse:
    """Asked by an open page after a merge: a joined record leads to its holder, one that stands is loaded again."""
    visible_customer(request, number)
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


def _metrics(customer: Customer) -> Metrics | None:
    return getattr(customer, "metrics", None)
