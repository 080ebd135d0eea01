"""The kinds of file this room takes in."""

from django.utils.translation import gettext_lazy as _

from commerce.loading import goods, lines, orders, refunds
from commerce.models import Order, Payment, Product
from customers.loading.kinds import CHANNEL, KEY, STORE
from scrm.kernel.loading import Field, LoadKind
from scrm.kernel.registry import load_kinds

GUEST = Field("customer", _("Customer"), "customer", length=120)
TILL = Field("till", _("Till"), length=40)
CURRENCY = Field("currency", _("Currency"), length=3)
DAY = Field("business_date", _("Business day"), "date")
SALE = Field("order", _("Order"), required=True, length=120)
LINE_KINDS = tuple(str(kind) for kind in Product.Kind)
TENDERS = tuple(str(kind) for kind in Payment.Kind)

KINDS = (
    LoadKind(
        "products", _("Products"),
        (
            Field("code", _("Product code"), required=True, length=60),
            Field("name", _("Name"), length=200),
            Field("name_hant", _("Name, traditional"), length=200),
            Field("name_en", _("Name, English"), length=200),
            Field("parent", _("Article it is a variant of"), length=60),
            Field("category", _("Category"), length=60),
            Field("parent_category", _("Category above"), length=60),
            Field("kind", _("Kind of product"), "choice", choices=LINE_KINDS),
            Field("brand", _("Brand"), length=80),
            Field("price", _("Price"), "money", least=0),
            Field("size", _("Size"), length=40),
        ),
        goods.products, key=("code",), open_under="attributes",
    ),
    LoadKind(
        "stock", _("Stock"),
        (
            Field("store", _("Store"), required=True, length=40),
            Field("product", _("Product code"), required=True, length=60),
            Field("quantity", _("Quantity"), "decimal", required=True),
            Field("counted_at", _("Counted"), "moment"),
        ),
        goods.stock, key=("store", "product"),
    ),
    LoadKind(
        "orders", _("Orders"),
        (
            KEY, GUEST,
            Field("placed_at", _("Bought"), "dated", required=True),
            Field("total", _("Total"), "money", required=True, least=0),
            Field("discount", _("Discount"), "money", least=0),
            Field("state", _("State"), "choice", choices=tuple(str(state) for state in Order.State)),
            STORE, TILL, CHANNEL, CURRENCY,
            Field("rate", _("Rate to the house currency"), "decimal", least=0),
            DAY,
        ),
        orders.orders, tables=("commerce_order", "customers_event", "customers_storetie"), batch=20_000,
    ),
    LoadKind(
        "order_lines", _("Order lines"),
        (
            SALE,
            Field("line_ref", _("Line"), required=True, length=60),
            Field("sku", _("Product code"), length=60),
            Field("name", _("Name"), length=200),
            Field("kind", _("Kind of line"), "choice", choices=LINE_KINDS),
            Field("quantity", _("Quantity"), "decimal", required=True),
            Field("unit_price", _("Unit price"), "decimal"),
            Field("discount", _("Discount"), "money"),
            Field("total", _("Line total"), "money"),
        ),
        lines.order_lines, key=("order", "line_ref"),
        tables=("commerce_order", "commerce_orderline", "customers_event"),
    ),
    LoadKind(
        "payments", _("Payments"),
        (
            SALE,
            Field("ref", _("Payment"), required=True, length=120),
            Field("kind", _("Tender"), "choice", required=True, choices=TENDERS),
            Field("amount", _("Amount"), "money", required=True),
            Field("captured_at", _("Captured"), "moment"),
            Field("reference", _("Reference"), length=120),
        ),
        lines.payments, key=("order", "ref"), tables=("commerce_payment",),
    ),
    LoadKind(
        "refunds", _("Refunds"),
        (
            KEY,
            Field("order", _("Order"), length=120),
            GUEST,
            Field("refunded_at", _("Paid back"), "dated", required=True),
            Field("amount", _("Amount"), "money", required=True, least=0),
            Field("tender", _("Tender"), "choice", choices=TENDERS),
            Field("reason", _("Reason"), length=200),
            STORE, TILL, CURRENCY, DAY,
        ),
        refunds.refunds, tables=("commerce_order", "commerce_refund"),
    ),
)  # fmt: skip


def register() -> None:
    for kind in KINDS:
        load_kinds.add(kind.name, kind)
