"""The shapes of sales and returns in the schema; commerce/receipts.py reads them and names every mistake."""

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from commerce.models import Order, Payment, Product

DECIMAL = {"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,6})?$", "example": "2"}
MINOR = {"type": "integer", "minimum": 0, "maximum": 10**15}


@extend_schema_field(DECIMAL)
class Quantity(serializers.CharField):
    """A decimal number in quotes."""


@extend_schema_field(MINOR)
class Minor(serializers.IntegerField):
    """Money in minor units."""


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 60, "minLength": 1}, {"type": "integer"}]})
class LineName(serializers.CharField):
    """A line's own number or name."""


class NamedCustomer(serializers.Serializer):
    kind = serializers.CharField(max_length=10)
    value = serializers.CharField(max_length=120)


class SaleLine(serializers.Serializer):
    line = LineName()
    sku = serializers.CharField(max_length=60, required=False)
    name = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(choices=Product.Kind.choices, required=False)
    quantity = Quantity()
    unit_price = Quantity(required=False)
    discount = serializers.IntegerField(required=False)
    total = serializers.IntegerField()


class SalePayment(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Payment.Kind.choices)
    amount = serializers.IntegerField()
    ref = serializers.CharField(max_length=120, required=False)
    reference = serializers.CharField(max_length=120, required=False)
    captured_at = serializers.DateTimeField(required=False)


class SaleDiscount(serializers.Serializer):
    kind = serializers.CharField(max_length=20)
    code = serializers.CharField(max_length=40, required=False)
    amount = Minor(required=False)


class _Told(serializers.Serializer):
    source_ref = serializers.CharField(max_length=120)
    store = serializers.CharField(max_length=40, required=False)
    till = serializers.CharField(max_length=40, required=False)
    business_date = serializers.DateField()
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217.")
    rate = Quantity(required=False, help_text="House currency per one of `currency`; needed for a foreign one.")


class Sale(_Told):
    """A sale: `order.placed`, `order.paid` or `order.cancelled`."""

    revision = serializers.IntegerField(min_value=1, required=False)
    channel = serializers.CharField(max_length=10, required=False)
    customer = NamedCustomer(required=False)
    placed_at = serializers.DateTimeField()
    lines = serializers.ListField(child=SaleLine(), max_length=500)
    discount = Minor(required=False)
    discounts = serializers.ListField(child=SaleDiscount(), required=False, max_length=500)
    total = Minor()
    payments = serializers.ListField(child=SalePayment(), required=False, max_length=500)


class ReturnedLine(serializers.Serializer):
    line = LineName()
    quantity = Quantity()
    amount = Minor()


class ReturnPayment(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Payment.Kind.choices)
    amount = Minor()


class Return(_Told):
    """A return: `refund.made`."""

    order = serializers.CharField(max_length=120, required=False)
    order_source = serializers.CharField(max_length=60, required=False)
    refunded_at = serializers.DateTimeField()
    lines = serializers.ListField(child=ReturnedLine(), required=False, max_length=500)
    payments = serializers.ListField(child=ReturnPayment(), max_length=500)
    reason = serializers.CharField(max_length=200, required=False)


class OrderMessage(serializers.Serializer):
    """The whole message, as the till's events are."""

    type = serializers.ChoiceField(choices=["order.placed", "order.paid", "order.cancelled", "refund.made"])
    data = serializers.JSONField(help_text="A Sale or a Return.")  # type: ignore[assignment] # the message's own name


class _Recorded(serializers.Serializer):
    state = serializers.ChoiceField(choices=["recorded", "replaced", "unchanged", "ignored", "waiting"])
    flags = serializers.ListField(child=serializers.CharField())


class PointsOfOrder(serializers.Serializer):
    """What the purchase earned; `pending_until` is empty when the points count at once."""

    earned = serializers.IntegerField()
    pending_until = serializers.DateTimeField(allow_null=True)
    balance = serializers.IntegerField()


class CouponOfOrder(serializers.Serializer):
    code = serializers.CharField()
    state = serializers.CharField()


class RecordedOrder(_Recorded):
    order = serializers.CharField()
    points = PointsOfOrder(required=False, allow_null=True)
    coupons = serializers.ListField(child=CouponOfOrder(), required=False)


class RecordedRefund(_Recorded):
    refund = serializers.CharField()


class RefundOfOrder(serializers.Serializer):
    source_ref = serializers.CharField()
    amount = serializers.IntegerField()
    business_date = serializers.DateField()


@extend_schema_serializer(component_name="Order")
class OrderState(serializers.Serializer):
    """One sale as it stands."""

    order = serializers.CharField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Order.State.choices)
    total = serializers.IntegerField()
    currency = serializers.CharField()
    business_date = serializers.DateField()
    flags = serializers.ListField(child=serializers.CharField())
    lines = serializers.IntegerField()
    guest = serializers.BooleanField()
    refunds = RefundOfOrder(many=True)
