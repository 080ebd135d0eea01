"""What a customer sees and says on the page “how we reach you, what we remember”."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from customers.fact_names import fact_name
from customers.models import Consent, ConsentText, Customer, CustomerLink, Fact, Preference, Purpose
from customers.timeline import CHANNELS
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import withdrawals
from staff.models import User, audit

PURPOSE, UNSUBSCRIBE = "preferences", "unsubscribe"
LINK_DAYS = 30
PAUSE = timedelta(days=30)
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
        "marketing": texts.get(Purpose.MARKETING), "hours": range(24),
        "said": Preference.objects.filter(customer=customer).first(),
    }  # fmt: skip


@transaction.atomic
def act(link: CustomerLink, said: Mapping[str, str]) -> tuple[str, str]:
    """Do what one button of the page says: (what to say about it, which fact may be remembered again).

    Raises TransitionRefused for what is not asked, or cannot be any more.
    """
    customer = link.customer
    if "not_mine" in said:
        link.end()
        return "", ""
    if "fact" in said or "remember" in said:
        return _fact(customer, said)
    if "pause" in said:
        until = timezone.now() + PAUSE if said["pause"] == "1" else None
        Preference.say(customer, paused_until=until)
        return (gettext("Quiet until %(day)s.") % {"day": f"{until:%Y-%m-%d}"} if until else gettext("Kept.")), ""
    if "quiet_from" in said:
        Preference.say(customer, quiet_from=_hour(said["quiet_from"]), quiet_to=_hour(said.get("quiet_to", "")))
        return gettext("Kept."), ""
    if "way" in said:
        Preference.say(customer, way=said["way"])
        return gettext("Kept."), ""
    given = said.get("given") == "1"
    purpose, channel = said.get("purpose", ""), said.get("channel", "")
    Consent.objects.say(customer, purpose, channel, given=given, origin=Consent.Origin.CENTRE)
    stopped = 0 if given else sum(stop(customer.pk, channel) for stop in withdrawals.all())
    if stopped:
        words = ngettext("%(n)s message on its way was stopped.", "%(n)s messages on their way were stopped.", stopped)
        return words % {"n": stopped}, ""
    return gettext("Kept."), ""


def _fact(customer: Customer, said: Mapping[str, str]) -> tuple[str, str]:
    number = said.get("fact") or said.get("remember") or ""
    fact = (
        Fact.objects.filter(customer=customer, pk=number).first() if number.isdecimal() and len(number) < 19 else None
    )
    if fact is None:
        raise TransitionRefused(gettext("This is not among what we ask."))
    if "remember" in said:
        fact.remember()
        return gettext("It is back."), ""
    fact.forget()
    return gettext("Forgotten, for everybody here."), str(fact.pk)


def _hour(text: str) -> time | None:
    if text == "":
        return None
    if not text.isdecimal() or not 0 <= int(text) <= 23:
        raise TransitionRefused(gettext("This is not among what we ask."))
    return time(int(text))


def leave_mail(customer: Customer) -> None:
    """No more news by mail. A second time changes nothing."""
    Consent.objects.say(customer, Purpose.MARKETING, "mail", given=False, origin=Consent.Origin.UNSUBSCRIBE)
