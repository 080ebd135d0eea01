"""Amounts in the currency of the house."""

from decimal import Decimal

from django.conf import settings

from scrm.kernel import money


def in_base(amount: int, currency: str, rate: Decimal) -> int:
    base = settings.BASE_CURRENCY
    return amount if rate == 1 else money.convert(amount, rate, source=currency, target=base)
