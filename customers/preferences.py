"""What a customer sees and says on the page “how we reach you, what we remember”."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from customers.fact_names import fact_name
from customers.models import Consent, ConsentText, Customer, CustomerLink, Fact, Purpose
from customers.timeline import CHANNELS
from staff.models import User, audit

PURPOSE, UNSUBSCRIBE = "preferences", "unsubscribe"
LINK_DAYS = 30
FOR_EVER = timedelta(days=36_500)


def make_link(customer: Customer, *, by: User | None) -> str:
    """The token of a link to the page, readable this once."""
    _link, token = CustomerLink.make(customer, purpose=PURPOSE, until=timezone.now() + timedelta(days=LINK_DAYS), by=by)
    audit("preferences.link_made", by=by, of=customer)
    return token


def make_way_out(customer: Customer) -> str:
    """The token that stands in a mail: it leads to opting out and to nothing else, and does not end."""
    return CustomerLink.make(customer, purpose=UNSUBSCRIBE, until=timezone.now() + FOR_EVER)[1]


def preferences_of(customer: Customer) -> dict[str, Any]:
    """Built without anything that is for staff only: channels, other purposes, what was told."""
    standing = Consent.objects.standing_of(customer)
    texts = {text.purpose: text for text in ConsentText.objects.order_by("purpose", "-version").distinct("purpose")}
    facts = list(Fact.objects.live().filter(customer=customer).order_by("-pinned", "-told_at")[:40])
    for fact in facts:
        fact.name = fact_name(fact.key)  # type: ignore[attr-defined]
    return {
        "channels": [{"standing": one, "words": CHANNELS[one.channel]} for one in standing if one.channel],
        "purposes": [(one, texts.get(one.purpose)) for one in standing if not one.channel], "facts": facts,
        "marketing": texts.get(Purpose.MARKETING),
    }  # fmt: skip


def leave_mail(customer: Customer) -> None:
    """No more news by mail. A second time changes nothing."""
    Consent.objects.say(customer, Purpose.MARKETING, "mail", given=False, origin=Consent.Origin.UNSUBSCRIBE)
