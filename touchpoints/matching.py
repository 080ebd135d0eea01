"""Pieces worth showing to who stands in the store: the line they looked at, their size, on the shelf here."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.models import OrderLine, Product, Stock
from customers.models import Browse, Consent, Customer, Fact, Purpose
from staff.models import Store
from staff.names import store_name
from touchpoints.ingredients import avoided, holds
from touchpoints.models import MatchAnswer, Trial
from touchpoints.models.match import REST
from touchpoints.sizes import told_sizes

LOOKED = timedelta(days=14)
CLICKS, CANDIDATES, SHOWN, ELSEWHERE = 200, 40, 3, 2


@dataclass(frozen=True)
class Match:
    """One piece with its reasons; `line` is what was looked at, in how many sittings of this week and in all."""

    product: Product
    quantity: int
    line: str
    this_week: int
    sittings: int
    seen: bool  # this very piece
    bought_line: bool
    avoids: bool

    @property
    def reason(self) -> str:
        if self.this_week:
            return ngettext(
                "Looked at %(line)s once this week", "Looked at %(line)s %(n)s times this week", self.this_week
            ) % {"line": self.line, "n": self.this_week}
        return ngettext(
            "Looked at %(line)s once in two weeks", "Looked at %(line)s %(n)s times in two weeks", self.sittings
        ) % {"line": self.line, "n": self.sittings}


@dataclass(frozen=True)
class Away:
    """A piece that was looked at and is not here: the nearest stores that have it."""

    product: Product
    stores: list[tuple[str, int]]


@dataclass(frozen=True)
class Matches:
    """What the counter shows. `allowed` is None where nobody ever asked, False where it was refused."""

    allowed: bool | None
    allowed_at: datetime | None = None
    looked: bool = False
    sizes: dict[str, str] = field(default_factory=dict)
    pieces: list[Match] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    seen: list[Product] = field(default_factory=list)  # what was looked at, the newest first

    @property
    def empty(self) -> str:
        """Why there is nothing to show, and what would help."""
        if self.allowed is None:
            return _("Nobody has asked yet. Ask: “May we use what you look at online to advise you here?”")
        if not self.allowed:
            return _("The customer does not want this. Do not ask again today.")
        if not self.looked:
            return _("Nothing was looked at online in the last two weeks.")
        if not self.sizes:
            return _("No size is told yet: ask for it once, write it down, and it is offered here.")
        return _("Nothing of that line is here in this size that is not bought, tried or answered already.")


@dataclass
class _Looks:
    """How often each category was looked at, and which pieces."""

    store: Store
    sittings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    recent: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    products: list[Product] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)  # of one piece

    @property
    def categories(self) -> list[str]:
        return sorted(self.sittings, key=lambda code: (-len(self.recent[code]), -len(self.sittings[code]), code))[:3]


def matches(customer: Customer, store: Store, facts: Iterable[Fact]) -> Matches:
    """In three queries, whatever was looked at; in one, and without a look at it, when it was not allowed."""
    consent: Any = _consent_with_clicks(customer)
    if consent is None or not consent.given:
        return Matches(allowed=None if consent is None else False)
    facts = list(facts)
    sizes, avoid = told_sizes(facts), avoided(facts)
    looks = _looks(consent.clicks, store)
    pieces = _pieces(customer, store, looks, sizes, avoid) if looks.sittings else []
    away = _away(looks, sizes, avoid) if len(pieces) < SHOWN else []
    return Matches(True, consent.at, bool(looks.sittings), sizes, pieces, away, looks.products)


def _consent_with_clicks(customer: Customer) -> Consent | None:
    """The last word on advice from what was looked at; the clicks are read only where it is a yes."""
    now = timezone.now()
    clicks = Browse.objects.filter(customer_id=customer.pk, at__gte=now - LOOKED).order_by("-at")
    recent = ExpressionWrapper(Q(at__gte=now - timedelta(days=7)), output_field=BooleanField())
    told = clicks.values(click=JSONObject(session="session", category="category", product="product", recent=recent))
    read = Case(When(given=True, then=ArraySubquery(told[:CLICKS])), output_field=ArrayField(JSONField()))
    words = Consent.objects.filter(customer=customer, purpose=Purpose.PROFILING, channel="")
    return words.annotate(clicks=read).order_by("-at", "-id").first()


def _looks(clicks: list[dict[str, Any]], store: Store) -> _Looks:
    codes = list(dict.fromkeys(click["product"] for click in clicks if click["product"]))[:40]
    held = Stock.objects.filter(product=OuterRef("pk"), quantity__gte=1, store__closed_on=None)
    near = Case(
        When(store=store, then=Value(0)), When(store__city=store.city, then=Value(1)),
        When(store__region=store.region_id, then=Value(2)), default=Value(3), output_field=IntegerField(),
    )  # fmt: skip
    held = held.annotate(near=near).order_by("near", "-quantity", "store__code")
    rows = Product.objects.filter(code__in=codes).select_related("category") if codes else Product.objects.none()
    rows = rows.annotate(held=ArraySubquery(held.values(one=JSONObject(store="store_id", n="quantity"))[:ELSEWHERE]))
    found = {one.code: one for one in rows}
    looks = _Looks(store, products=[found[code] for code in codes if code in found])
    for click in clicks:
        looks.times[click["product"]] += 1
        product = found.get(click["product"])
        category = product.category.code if product and product.category else click["category"]
        if category:
            looks.sittings[category].add(click["session"])
            if click["recent"]:
                looks.recent[category].add(click["session"])
    return looks


def _in_size(sizes: dict[str, str], prefix: str = "product__") -> Q:
    """In a told size of where it is worn; what has no size fits everybody."""
    fits = Q(**{f"{prefix}size": ""})
    for worn, size in sizes.items():
        fits |= Q(**{f"{prefix}attributes__worn": worn, f"{prefix}size": size})
    return fits


def _pieces(
    customer: Customer, store: Store, looks: _Looks, sizes: dict[str, str], avoid: list[str]
) -> list[Match]:  # fmt: skip
    if not sizes:
        return []
    bought = OrderLine.objects.filter(order__customer=customer)
    since = timezone.now() - REST
    answered = MatchAnswer.objects.filter(visit__customer=customer, at__gte=since)
    tried = Trial.objects.filter(visit__customer=customer, visit__arrived_at__gte=since, taken_back_at=None)
    codes = [product.code for product in looks.products]
    parents = [product.parent for product in looks.products if product.parent]
    near = Case(
        When(product__code__in=codes, then=Value(0)), When(product__parent__in=parents, then=Value(1)),
        default=Value(2), output_field=IntegerField(),
    )  # fmt: skip
    rows = (
        Stock.objects.filter(
            _in_size(sizes), store=store, quantity__gte=1, product__category__code__in=looks.categories,
            product__kind=Product.Kind.GOODS,
        )
        .exclude(product__in=bought.exclude(product=None).values("product"))
        .exclude(product__in=answered.values("product"))
        .exclude(product__in=tried.exclude(product=None).values("product"))
        .annotate(near=near, again=Exists(bought.filter(product__category=OuterRef("product__category"))))
        .select_related("product__category").order_by("near", "-quantity", "product__code")[:CANDIDATES]
    )  # fmt: skip
    shown: dict[str, Match] = {}
    for row in rows:
        product, category = row.product, row.product.category
        if holds(product, avoid) or category is None or (product.parent or product.code) in shown:
            continue
        shown[product.parent or product.code] = Match(
            product, int(row.quantity), str(category), len(looks.recent[category.code]),
            len(looks.sittings[category.code]), row.near == 0, row.again, bool(avoid),
        )  # fmt: skip
    order = looks.categories

    def rank(one: Match) -> tuple[int, int]:
        """What was looked at itself, the oftener the sooner; then its line."""
        assert one.product.category is not None
        return -looks.times[one.product.code], order.index(one.product.category.code)

    return sorted(shown.values(), key=rank)[:SHOWN]


def _away(looks: _Looks, sizes: dict[str, str], avoid: list[str]) -> list[Away]:
    """Of the pieces looked at in their size those that are not here, each with the nearest stores."""
    found = []
    for one in looks.products:
        held: list[dict[str, Any]] = one.held  # type: ignore[attr-defined]
        fits = not one.size or sizes.get(str(one.attributes.get("worn", ""))) == one.size
        if fits and held and held[0]["store"] != looks.store.pk and not holds(one, avoid):
            found.append(Away(one, [(store_name(each["store"]), int(each["n"])) for each in held]))
    return found[:SHOWN]
