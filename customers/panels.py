"""The blocks of the customer page that this room owns."""

from typing import Any

from django.db.models import Prefetch

from customers.fact_names import fact_keys, fact_name
from customers.models import Customer, Fact
from customers.timeline import timeline_of
from scrm.kernel.registry import Panel, panels


def matters(request: Any, customer: Customer) -> dict[str, Any]:
    """What matters to the customer: safety first, then own words, sizes, the rest."""
    facts = facts_of(request, customer)
    pinned = [fact for fact in facts if fact.pinned]
    return {
        "safety": [fact for fact in pinned if fact.concern == "safety"],
        "words": [fact for fact in pinned if fact.concern == "words"],
        "sizes": [fact for fact in pinned if fact.concern == "sizes"],
        "contact": [fact for fact in pinned if fact.concern in ("contact", "other")],
        "told_last": max((fact.told_at for fact in facts), default=None),
        "facts": len(facts),
    }


def memory(request: Any, customer: Customer) -> dict[str, Any]:
    """Everything told, what stands first already apart; the kinds nothing is known of yet are offered to be filled."""
    facts = facts_of(request, customer)
    known = {fact.key for fact in facts if fact.concern != Fact.Concern.WORDS}
    return {
        "facts": [fact for fact in facts if not fact.pinned], "first": [fact for fact in facts if fact.pinned],
        "kinds": [kind for kind in fact_keys().values() if kind.code not in known],
        "may_write": request.user.may("fact.write"), "me": request.user.pk,
    }  # fmt: skip


def identities(request: Any, customer: Customer) -> dict[str, Any]:
    may = request.user.may
    return {
        "identities": identities_of(request, customer), "may_reveal": may("customer.reveal"),
        "may_merge": may("customer.merge"), "may_forget": may("customer.forget"),
    }  # fmt: skip


def timeline(request: Any, customer: Customer) -> dict[str, Any]:
    return timeline_of(customer, group=request.GET.get("group", ""), phase=request.GET.get("phase", ""))


def segments(request: Any, customer: Customer) -> dict[str, Any] | None:
    return {} if request.user.may("segment.read") else None


def facts_of(request: Any, customer: Customer) -> list[Fact]:
    """The customer's live facts, read once per request for all panels."""
    if not hasattr(request, "_facts"):
        told = Fact.objects.live().filter(customer=customer).select_related("heard_by")
        former = Prefetch("former", Fact.objects.filter(taken_back_at=None))
        request._facts = list(told.prefetch_related(former).order_by("-told_at")[:60])
        for fact in request._facts:
            fact.name = fact_name(fact.key)
            if (kind := fact_keys().get(fact.key)) is not None:
                fact.shelf_days = kind.shelf_days
    return request._facts  # type: ignore[no-any-return]


def identities_of(request: Any, customer: Customer) -> list[Any]:
    if not hasattr(request, "_identities"):
        fields = ("kind", "hint", "verified_at", "shared", "customer_id")
        request._identities = list(customer.identities.live().only(*fields).order_by("kind", "pk")[:40])
    return request._identities  # type: ignore[no-any-return]


def glance(request: Any, customer: Customer, *names: str) -> list[dict[str, Any]]:
    """Blocks of other rooms by name, for a page that shows a few; a block nobody registered is left out."""
    found = []
    for name in names:
        panel = panels.get(name)
        content = panel.context(request, customer) if panel else None
        if panel is not None and content is not None:
            found.append({"panel": panel, **content})
    return found


def register() -> None:
    for panel in (
        Panel("matters", "head", 10, "customers/panels/_matters.html", matters, ("fact.",)),
        Panel("memory", "left", 10, "customers/panels/_memory.html", memory, ("fact.",)),
        # Their rows come with a request of their own.
        Panel("steps", "left", 20, "customers/panels/_steps.html", lambda request, customer: {}, ("need.", "task.")),
        Panel("tags", "left", 30, "customers/panels/_tags.html", lambda request, customer: {}, ("tag.",)),
        Panel("segments", "left", 35, "customers/panels/_segments.html", segments),
        Panel("records", "left", 40, "customers/panels/_records.html", lambda request, customer: {}),
        Panel("circle", "left", 80, "customers/panels/_circle.html", lambda request, customer: {}),
        Panel("consents", "left", 85, "customers/panels/_consents.html", lambda request, customer: {}),
        Panel("identities", "left", 90, "customers/panels/_identities.html", identities),
        Panel("timeline", "middle", 50, "customers/panels/_timeline.html", timeline, ("",)),
    ):
        panels.add(panel.name, panel)
