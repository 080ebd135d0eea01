"""The counter: home, search results, the customer in front of us, and the same page turned towards them."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.panels import facts_of, glance, identities_of, matters, memory
from customers.queries import find
from customers.timeline import timeline_of
from staff.doors import StaffRequest, door
from touchpoints.matching import matches
from touchpoints.models import Visit
from touchpoints.queries import just_seen, open_visits


@door("counter.receive")
def home(request: StaffRequest) -> HttpResponse:
    store = request.user.counter_store
    if store is None:
        return render(request, "counter/no_store.html")
    context = {"store": store, "visits": open_visits(store, first=request.user), "seen": just_seen(request.user, store)}
    return render(request, "counter/home.html", context)


@door("counter.receive")
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """Results as one types; a POST, since a phone or a name must not stand in an address."""
    store = request.user.counter_store
    if store is None:
        return redirect("counter:home")
    found = find(request.user, request.POST.get("q", ""))
    part = "counter/_results.html" if request.htmx else "counter/search.html"
    return render(request, part, {"found": found, "store": store})


@door("counter.receive")
def scan(request: StaffRequest) -> HttpResponse:
    return render(request, "counter/scan.html")


@door("counter.receive")
def code(request: StaffRequest, token: str) -> HttpResponse:
    """A member code that was scanned: looking changes nothing, the button receives."""
    return render(request, "counter/code.html", {"token": token})


@door("counter.receive")
def show(request: StaffRequest, number: str) -> HttpResponse:
    customer = visible_customer(request, number)
    store = request.user.counter_store
    visit = Visit.objects.filter(customer=customer, store=store, left_at=None).first() if store else None
    context = {
        "customer": customer,
        "visit": visit,
        "store": store,
        "offered": matches(customer, store, facts_of(request, customer)) if store else None,
        "phone": next((each for each in identities_of(request, customer) if each.kind == "phone"), None),
        "item": matters(request, customer),
        "memory": memory(request, customer),
        "lately": timeline_of(customer, size=4)["page"].rows,
        "metrics": getattr(customer, "metrics", None),
        "open": glance(request, customer, "cases"),
        "glance": glance(request, customer, "talk", "wallet"),
    }
    return render(request, "counter/show.html", context)


@door("counter.receive")
def turned(request: StaffRequest, number: str) -> HttpResponse:
    """What the customer may see: built without anything that is for staff only."""
    customer = visible_customer(request, number)
    if customer.erased_at:
        raise Http404
    orders = timeline_of(customer, group="order", size=3)["page"].rows
    context = {"customer": customer, "facts": facts_of(request, customer), "orders": orders}
    return render(request, "counter/turned.html", context)
