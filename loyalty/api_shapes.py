"""The shapes of the loyalty commands in the schema, and what they read."""

from decimal import Decimal, InvalidOperation
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from customers.actions import holder_named
from customers.models import Customer
from staff.models import Store

MOST = 10**9
QUANTITY = {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,6})?$", "example": "2"}
# What a machine may give points for; purchases earn by themselves, the rest has its own verbs.
EARNS = ("welcome", "birthday", "review", "referral", "campaign", "goodwill", "habit", "other")


class WhoseIdentity(serializers.Serializer):
    """A complete strong identity, or `member_no` with the member number."""

    kind = serializers.CharField(max_length=10)
    value = serializers.CharField(max_length=120)


class OfCustomer(serializers.Serializer):
    customer = WhoseIdentity()
    store = serializers.CharField(max_length=40, required=False, help_text="The store's code.")

    def validate_customer(self, named: dict[str, str]) -> Customer:
        if "\0" in named["value"] or (found := holder_named(named["kind"], named["value"])) is None:
            raise ValidationError("Nobody has this identity.", code="unknown")
        return Customer.objects.get(pk=found[1] or found[0])

    def validate_store(self, code: str) -> Store:
        return store_of(code)


def store_of(code: str) -> Store:
    store = None if "\0" in code else Store.objects.select_related("calendar").filter(code=code).first()
    if store is None:
        raise ValidationError("This store is not known.", code="unknown")
    return store


class EarnPoints(OfCustomer):
    points = serializers.IntegerField(min_value=1, max_value=MOST)
    reason = serializers.ChoiceField(choices=[(one, one) for one in EARNS])
    source_ref = serializers.CharField(max_length=120, required=False, allow_blank=True)
    pending_days = serializers.IntegerField(min_value=0, max_value=400, required=False)


class SpendPoints(OfCustomer):
    """`bill` in minor units lets the programme's share and steps be checked; `order` is the sale they pay."""

    points = serializers.IntegerField(min_value=1, max_value=MOST)
    order = serializers.CharField(max_length=120, required=False, allow_blank=True)
    bill = serializers.IntegerField(min_value=0, max_value=10**15, required=False)


class ReversePoints(serializers.Serializer):
    """`entry` is the number an earn or a spend of this client's own was answered with; without `points` all of it."""

    entry = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    points = serializers.IntegerField(min_value=1, max_value=MOST, required=False)


class ShownPoints(serializers.Serializer):
    entry = serializers.IntegerField()
    points = serializers.IntegerField(help_text="How much the balance changed.")
    worth = serializers.IntegerField(help_text="What they pay, in minor units of the house currency.")
    available = serializers.IntegerField()
    pending = serializers.IntegerField()
    debt = serializers.IntegerField()


class ShownEnding(serializers.Serializer):
    points = serializers.IntegerField()
    ends_at = serializers.DateTimeField(allow_null=True)


class ShownWallet(serializers.Serializer):
    number = serializers.CharField()
    available = serializers.IntegerField()
    pending = serializers.IntegerField()
    debt = serializers.IntegerField()
    worth = serializers.IntegerField()
    level = serializers.CharField(allow_null=True)
    ending = serializers.ListField(child=ShownEnding())


class IssueCoupon(OfCustomer):
    template = serializers.CharField(max_length=40)


@extend_schema_field(QUANTITY)
class Quantity(serializers.CharField):
    """A decimal number in quotes."""


class BasketLine(serializers.Serializer):
    sku = serializers.CharField(max_length=60)
    amount = serializers.IntegerField(min_value=0, max_value=10**12)
    quantity = Quantity(max_length=20, required=False)

    def validate_quantity(self, text: str) -> Decimal:
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise ValidationError("This must be a decimal number in quotes.", code="not_a_decimal") from None
        if not found.is_finite() or not 0 < found < 10**9 or round(found, 6) != found:
            raise ValidationError("This must be a decimal number above zero, at most six places.", code="not_a_decimal")
        return found


class WithBasket(serializers.Serializer):
    """Amounts are minor units; what rules look at beside the goods is optional."""

    lines = serializers.ListField(child=BasketLine(), required=False, max_length=200)
    total = serializers.IntegerField(min_value=0, max_value=10**15, required=False)
    delivery_fee = serializers.IntegerField(min_value=0, max_value=10**9, required=False)
    channel = serializers.CharField(max_length=10, required=False, allow_blank=True)
    store = serializers.CharField(max_length=40, required=False, help_text="The store's code.")
    holds = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=10)

    def validate_store(self, code: str) -> Store:
        return store_of(code)


class BestCoupons(WithBasket, OfCustomer):
    """What the customer may use on this basket."""


class HeldCode(serializers.Serializer):
    """`hold` is the till's own name for the basket: only who holds a coupon may use or release it."""

    code = serializers.CharField(max_length=40)
    hold = serializers.CharField(max_length=80)


class ReserveCoupon(HeldCode):
    minutes = serializers.IntegerField(min_value=1, max_value=120, required=False)


class RedeemCoupon(WithBasket):
    code = serializers.CharField(max_length=40)
    hold = serializers.CharField(max_length=80, required=False, allow_blank=True)
    order = serializers.CharField(max_length=120, required=False, allow_blank=True)
    off = serializers.IntegerField(min_value=0, max_value=10**12, required=False)


class ShownCoupon(serializers.Serializer):
    code = serializers.CharField()
    state = serializers.CharField()
    name = serializers.CharField()
    valid_until = serializers.DateTimeField(allow_null=True)
    held_until = serializers.DateTimeField(allow_null=True, required=False)
    off = serializers.IntegerField(required=False)


class ShownChoice(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    usable = serializers.BooleanField()
    off = serializers.IntegerField()
    why = serializers.CharField(allow_blank=True)


class ShownBest(serializers.Serializer):
    off = serializers.IntegerField()
    chosen = serializers.ListField(child=ShownChoice())
    others = serializers.ListField(child=ShownChoice())


class ClaimDrop(serializers.Serializer):
    customer = WhoseIdentity()

    def validate_customer(self, named: dict[str, str]) -> Any:
        return OfCustomer().validate_customer(named)


class ShownClaim(serializers.Serializer):
    """`won` with the coupon's code, `gone` with the place and by how many it missed, or `closed`."""

    outcome = serializers.ChoiceField(choices=["won", "gone", "closed"])
    code = serializers.CharField(required=False)
    place = serializers.IntegerField(required=False)
    missed_by = serializers.IntegerField(required=False)
