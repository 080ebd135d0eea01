"""A basket as the rules of coupons see it: articles, categories, the store's clock, the customer's standing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from commerce.models import Category, Order, Product
from customers.models import Customer
from loyalty.baskets import Basket, Line
from loyalty.best import Best, best
from loyalty.models import Coupon
from loyalty.models.giving import levels_of
from staff.models import Store


@dataclass(frozen=True)
class Scanned:
    """What lies on the counter: `amount` is minor units for all pieces, net of the line's own discount."""

    sku: str
    amount: int
    quantity: Decimal = Decimal(1)


def basket_of(
    rows: Iterable[Scanned], *, customer: Customer | None = None, store: Store | None = None, channel: str = "",
    at: datetime | None = None, currency: str = "", rate: Decimal | None = None, delivery_fee: int = 0,
    holds: Iterable[str] = (), assessed: int = 0, products: dict[str, Product] | None = None, level: str | None = None,
) -> Basket:  # fmt: skip
    """Fill in what the database knows. `holds` is what only the counter sees, such as “rain”; `products` and `level`
    are given by who has read them already."""
    rows = list(rows)
    if products is None:
        products = {product.code: product for product in Product.objects.filter(code__in=[row.sku for row in rows])}
    above = _categories() if any(product.category_id for product in products.values()) else {}
    lines = []
    for row in rows:
        product = products.get(row.sku)
        categories = above.get(product.category_id or 0, frozenset()) if product else frozenset()
        lines.append(Line(row.sku, row.amount, row.quantity, product.parent if product else "", categories))
    zone = ZoneInfo(store.zone if store else settings.TIME_ZONE)
    held = set(holds)
    if customer and store and customer.home_store and store.city and store.city != customer.home_store.city:
        held.add("away")
    has_bought: bool | None = None
    if customer is not None:
        level = min(levels_of(customer.pk), default="") if level is None else level
        has_bought = Order.objects.filter(customer=customer).exclude(state=Order.State.CANCELLED).exists()
    return Basket(
        tuple(lines), (at or timezone.now()).astimezone(zone), delivery_fee=delivery_fee, rate=rate, assessed=assessed,
        currency=currency or (store.currency if store else settings.BASE_CURRENCY), store=store.code if store else "",
        scene=store.scene if store else "", channel=channel, level=level, has_bought=has_bought, holds=frozenset(held),
    )  # fmt: skip


def best_for(customer: Customer, basket: Basket) -> Best:
    """The best of what this customer holds; nothing is held or used by looking."""
    coupons = Coupon.objects.usable().filter(customer=customer).select_related("template").order_by("pk")
    return best([coupon.held for coupon in coupons], basket)


def _categories() -> dict[int, frozenset[str]]:
    """For each category its own code and those above it."""
    rows = {pk: (code, parent) for pk, code, parent in Category.objects.values_list("pk", "code", "parent")}
    found: dict[int, frozenset[str]] = {}
    for pk in rows:
        codes, at = set(), pk
        while at in rows and rows[at][0] not in codes:
            codes.add(rows[at][0])
            at = rows[at][1] or 0
        found[pk] = frozenset(codes)
    return found
