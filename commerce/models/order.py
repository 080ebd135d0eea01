"""One purchase on one record, whatever till or shop it came from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commerce.models.product import Product
from customers.models import Customer
from staff.models import Store


class Order(models.Model):
    """A purchase. Amounts are minor units of `currency`; `base_total` is the total in the base currency.

    placed → paid, placed → cancelled. A guest's order has no customer until one claims it.
    """

    class State(models.TextChoices):
        PLACED = "placed", _("Placed")
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")

    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="orders", db_index=False)
    identity_id = models.BigIntegerField(null=True)
    claim = models.BinaryField(max_length=32, null=True)  # blind index of the identity it named, while nobody holds it
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    revision = models.PositiveIntegerField(default=1)
    digest = models.BinaryField(max_length=16, default=bytes)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    till = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.PAID)
    placed_at = models.DateTimeField()
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=12, decimal_places=6, default=1)
    total = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    base_total = models.BigIntegerField()
    flags = models.JSONField(default=list)
    coupons = models.JSONField(default=list)  # codes the till named as part of the discount

    class Meta:
        verbose_name, verbose_name_plural = _("order"), _("orders")
        constraints = [models.UniqueConstraint(fields=["source", "source_ref"], name="order_source_once")]
        indexes = [
            models.Index(fields=["customer", "-placed_at", "-id"], name="order_customer", condition=~Q(customer=None)),
            models.Index(fields=["source_ref"], name="order_number"),
            models.Index(fields=["claim"], name="order_claim", condition=~Q(claim=None)),
            models.Index(fields=["business_date", "store"], name="order_day"),
            # Metrics read this index alone, in the order of customers.
            models.Index(
                fields=["customer", "business_date"],
                include=["base_total"],
                name="order_metrics",
                condition=Q(customer__isnull=False) & ~Q(state="cancelled"),
            ),
        ]

    def __str__(self) -> str:
        return self.source_ref


class OrderLine(models.Model):
    """One line. Its total is rounded once, half up; the unit price keeps six decimals."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line_ref = models.CharField(max_length=60)
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    sku = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Product.Kind, default=Product.Kind.GOODS)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    discount = models.BigIntegerField(default=0)
    total = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "line_ref"], name="order_line_once")]

    def __str__(self) -> str:
        return f"{self.sku} × {self.quantity}"


class Payment(models.Model):
    """Money that came in for an order, by one tender."""

    class Kind(models.TextChoices):
        CASH = "cash", _("Cash")
        CARD = "card", _("Card")
        WECHAT_PAY = "wechat_pay", _("WeChat Pay")
        ALIPAY = "alipay", _("Alipay")
        WALLET = "wallet", _("Wallet")
        STORED = "stored", _("Stored value")
        GIFT_CARD = "gift_card", _("Gift card")
        POINTS = "points", _("Points")
        COUPON = "coupon", _("Coupon")
        ACCOUNT = "account", _("On account")
        OTHER = "other", _("Other")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments", db_index=False)
    ref = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField()
    captured_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=120, blank=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "ref"], name="payment_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Refund(models.Model):
    """Money that went back. `order` is null while the sale is not here yet (waiting) or is not known (blind).

    `customer` is the sale's; without a known sale it is whoever the till named, so that what was spent stays net.
    """

    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="refunds")
    order_ref = models.CharField(max_length=120, blank=True)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")
    came_as = models.BigIntegerField(null=True)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=16, default=bytes)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    till = models.CharField(max_length=40, blank=True)
    refunded_at = models.DateTimeField()
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()
    by_points = models.BigIntegerField(default=0)  # the part of the amount that goes back as points
    tender = models.CharField(max_length=10, choices=Payment.Kind, default=Payment.Kind.OTHER)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("refund"), _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="refund_source_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_not_negative"),
            models.CheckConstraint(
                condition=Q(by_points__gte=0) & Q(by_points__lte=models.F("amount")), name="refund_points_part"
            ),
        ]
        indexes = [
            models.Index(fields=["source", "order_ref"], name="refund_waiting", condition=Q(order=None)),
            models.Index(fields=["business_date", "store"], name="refund_day"),
            models.Index(fields=["customer"], name="refund_customer", condition=Q(customer__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.source_ref


class RefundLine(models.Model):
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, null=True, on_delete=models.PROTECT, related_name="refund_lines")
    line_ref = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["refund", "line_ref"], name="refund_line_once")]

    def __str__(self) -> str:
        return f"{self.line_ref} {self.amount}"
