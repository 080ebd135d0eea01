"""Events of other systems that this room takes in: people, what they looked at, what they allow, what they told."""

from typing import Any

from customers import sittings
from customers.actions import bring_customer, holder_named
from customers.models import Consent, Customer, Fact, FactKey, Identity, Purpose, SourceKey
from customers.models.consent import CHANNELS_OF
from customers.models.event import source_mark
from scrm.kernel.reading import Closed, Fields, Mistaken, Unnamed
from scrm.kernel.registry import Intake, intakes

KINDS = list(Identity.Kind.values)


def identified(data: dict[str, Any]) -> tuple[str, str] | None:
    """Whose a thing is that names its customer."""
    named = data.get("customer")
    if isinstance(named, dict) and isinstance(named.get("kind"), str) and isinstance(named.get("value"), str):
        return named["kind"], named["value"]
    return None


def by_visitor(data: dict[str, Any]) -> tuple[str, str] | None:
    visitor = data.get("visitor")
    return ("visitor", visitor) if isinstance(visitor, str) and visitor else None


def customer_of(data: dict[str, Any]) -> Customer:
    """The customer an event names. Raises Unnamed while nobody is known by that."""
    pair = Fields(data).pair("customer", KINDS)
    assert pair is not None
    named = holder_named(*pair)
    if named is None:
        raise Unnamed(*pair)
    customer = Customer.objects.get(pk=named[0])
    if customer.erased_at:
        raise Closed
    return customer


def brought(letter: Any) -> int:
    from customers.api import GivenCustomer  # the framework reads its settings while its shapes are being made

    given = GivenCustomer(data=letter.data)
    if not given.is_valid():
        raise Mistaken(f"data has mistakes in: {', '.join(sorted(given.errors))}.")
    refs = [given.validated_data["source_ref"], source_mark(letter.source, given.validated_data["source_ref"])]
    known = SourceKey.objects.filter(source=letter.source, kind="customers", source_ref__in=refs).first()
    if known and Customer.objects.filter(pk=known.object_id).exclude(erased_at=None).exists():
        raise Closed
    customer, _state = bring_customer(given.brought(), source=letter.source)
    return customer.pk


def seen(letter: Any) -> int | None:
    """One page or product looked at by an anonymous visitor."""
    said = Fields(letter.data)
    return sittings.see(
        source=letter.source, visitor=said.text("visitor", longest=80, needed=True),
        session=said.text("session", longest=80, needed=True), at=letter.at,
        kind=said.text("kind", longest=30) or "view", category=said.text("category", longest=60),
        product=said.text("product", longest=60), channel=said.text("channel", longest=10) or "web",
    )  # fmt: skip


def signed_in(letter: Any) -> int:
    """The shop vouches that a visitor is a customer."""
    customer = customer_of(letter.data)
    visitor = Fields(letter.data).text("visitor", longest=80, needed=True)
    sittings.name(customer, source=letter.source, visitor=visitor, at=letter.at)
    return customer.pk


def consent(letter: Any) -> int:
    said = Fields(letter.data)
    customer = customer_of(letter.data)
    purpose = said.choice("purpose", Purpose.values)
    channel = said.choice("channel", list(CHANNELS_OF[Purpose(purpose)]), default="")
    Consent.objects.say(
        customer, purpose, channel, given=said.yes_or_no("given"), origin=Consent.Origin.API, at=letter.at
    )
    return customer.pk


def told(letter: Any) -> int:
    """Something a customer told another system: offered from now on, not asked."""
    said = Fields(letter.data)
    customer = customer_of(letter.data)
    code = said.text("key", longest=60, needed=True)
    kind = FactKey.objects.filter(code=code).first()
    Fact.objects.hear(
        customer, code, said.text("value", longest=500, needed=True), by=None,
        channel=said.text("channel", longest=10), at=letter.at,
        concern=kind.concern if kind else Fact.Concern.OTHER, pinned=kind.pinned if kind else False,
    )  # fmt: skip
    return customer.pk


def register() -> None:
    for intake in (
        Intake("customer.brought", _of_brought, brought),
        Intake("browse.seen", by_visitor, seen),
        Intake("visitor.identified", by_visitor, signed_in),
        Intake("consent.said", identified, consent),
        Intake("fact.told", identified, told),
    ):
        intakes.add(intake.name, intake)


def _of_brought(data: dict[str, Any]) -> tuple[str, str] | None:
    for one in data.get("identities") or []:
        if isinstance(one, dict) and isinstance(one.get("kind"), str) and isinstance(one.get("value"), str):
            return one["kind"], one["value"]
    return None
