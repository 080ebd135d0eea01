"""Finding a customer, and reading what stands on the customer's page."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, F, Func, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Fact, Identity, VisitGrant
from customers.models.customer import CustomerQuerySet
from customers.models.identity import FULL_WIDTH
from scrm.kernel.registry import finders
from staff.models import User

LONGEST = 80
AT_MOST = 20
CANDIDATES = 60
FEW = 1000


@dataclass
class Hit:
    """One customer found: by what, and whether it lies in the finder's scope or only a visit grant opens it."""

    customer: Customer
    how: str
    needs_grant: bool = False
    phone: str = ""
    safety: list[str] = field(default_factory=list)


@dataclass
class Found:
    """What a search brought: the hits, whether there are more, and a sentence when the text asks for too little."""

    text: str
    hits: list[Hit]
    more: bool = False
    advice: str = ""


def find(user: User, text: str) -> Found:
    """Customers by phone tail, full number, member number, code, order number or name.

    Parts (tail, name) are looked for in the user's scope only; a complete strong identifier finds anybody, marked
    `needs_grant` outside the scope when the user receives at a counter, and nothing at all when not.
    """
    text = " ".join(text.translate(FULL_WIDTH).replace("\x00", "").split())
    if not text:
        return Found(text, [])
    if len(text) > LONGEST:
        return Found(text[:LONGEST], [], advice=_("That is too long for a name or a number."))
    if text.isdigit() and len(text) < 4:
        return Found(text, [], advice=_("Type the last four digits of the phone."))
    hits = _by_strong_identifier(user, text)
    more = False
    if not hits:
        how, matches = _by_part(user, text)
        rows = list(matches.select_related("metrics", "home_store").order_by()[: CANDIDATES + 1])
        more = len(rows) > AT_MOST
        here = _in_the_store_now(user, rows)
        rows.sort(key=lambda row: _likelihood(row, user, here), reverse=True)
        hits = [Hit(customer, how) for customer in rows[:AT_MOST]]
    _complete(hits, tail=text if text.isdigit() and len(text) == 4 else "")
    return Found(text, hits, more)


def _by_strong_identifier(user: User, text: str) -> list[Hit]:
    how_of: dict[int, str] = {}
    compact = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"\+?\d{7,15}", compact):
        for customer_id in Identity.objects.holding("phone", compact).values_list("customer_id", flat=True):
            how_of.setdefault(customer_id, "phone")
    if re.fullmatch(r"[\w-]{5,40}", text):
        for customer_id in Customer.objects.filter(number__iexact=text).values_list("pk", flat=True):
            how_of.setdefault(customer_id, "code")
    if re.fullmatch(r"[\w-]{16,64}", text):
        for customer_id in Identity.objects.holding("qr", text).values_list("customer_id", flat=True):
            how_of.setdefault(customer_id, "qr")
    for finder in finders.all():
        for customer_id in finder(text):
            how_of.setdefault(customer_id, "order")
    if not how_of:
        return []
    anybody = Customer.objects.living().filter(pk__in=how_of).select_related("metrics", "home_store")
    visible = set(Customer.objects.visible_to(user).filter(pk__in=how_of).values_list("pk", flat=True))
    hits = [Hit(customer, how_of[customer.pk], needs_grant=customer.pk not in visible) for customer in anybody]
    return [hit for hit in hits if not hit.needs_grant or user.may("counter.receive")]


def _by_part(user: User, text: str) -> tuple[str, CustomerQuerySet]:
    scope = Customer.objects.visible_to(user).living()
    if text.isdigit() and len(text) == 4:
        held = Identity.objects.live().filter(tail=text, kind="phone", shared=False)
        return "tail", _among(scope, held.values_list("customer_id", flat=True))
    if len(text) == 1:
        return "name", scope.filter(display_name__startswith=text)
    named = Customer.objects.filter(name_holds(text), display_name__icontains=text)
    return "name", _among(scope, named.values_list("pk", flat=True))


def _among(scope: CustomerQuerySet, candidates: Any) -> CustomerQuerySet:
    """Those candidates that lie in the scope: few are asked one by one, which spares reading the whole scope."""
    few = list(candidates[: FEW + 1])
    return scope.filter(pk__in=few if len(few) <= FEW else candidates)


def name_holds(text: str) -> Func:
    """Whether the name holds all pairs of neighbouring characters of the text (by index); recheck with LIKE."""
    pairs = Func(F("display_name"), function="cjk_bigrams", output_field=BooleanField())
    asked = Func(Value(text), function="cjk_bigrams_asked", output_field=BooleanField())
    return Func(pairs, asked, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def _in_the_store_now(user: User, rows: list[Customer]) -> set[int]:
    grants = VisitGrant.objects.filter(customer__in=rows, store__in=user.store_ids, until__gt=timezone.now())
    return set(grants.values_list("customer_id", flat=True)) if rows and user.store_ids else set()


def _likelihood(customer: Customer, user: User, here: set[int]) -> tuple[bool, bool, str, int]:
    """Who is meant most probably: who was received today, then the own store's, then who bought last."""
    metrics = getattr(customer, "metrics", None)
    last = metrics.last_on.isoformat() if metrics else ""
    return (customer.pk in here, customer.home_store_id in user.store_ids, last, customer.pk)


def _complete(hits: list[Hit], *, tail: str) -> None:
    """Add the masked phone and the safety line of each hit: two queries whatever their number."""
    ids = [hit.customer.pk for hit in hits]
    phones: dict[int, str] = {}
    held = Identity.objects.live().filter(customer__in=ids, kind="phone", shared=False)
    for customer_id, hint, its_tail in held.order_by("pk").values_list("customer_id", "hint", "tail"):
        if customer_id not in phones or its_tail == tail:
            phones[customer_id] = hint
    safety: dict[int, list[str]] = {}
    told = Fact.objects.live().filter(customer__in=ids, concern="safety", pinned=True)
    for customer_id, value in told.order_by("pk").values_list("customer_id", "value"):
        safety.setdefault(customer_id, []).append(value)
    for hit in hits:
        hit.phone = phones.get(hit.customer.pk, "")
        hit.safety = safety.get(hit.customer.pk, [])
