"""Money: integer minor units and a currency, rounded once, half up."""

from decimal import ROUND_HALF_UP, Decimal

# Digits after the point; every other currency has two (ISO 4217).
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}
SIGNS = {"CNY": "¥", "HKD": "HK$", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "TWD": "NT$"}


def digits(currency: str) -> int:
    return DIGITS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """A decimal amount as minor units, half up: 5.725 CNY → 573."""
    return int((amount * 10 ** digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-digits(currency))


def convert(minor: int, rate: Decimal, *, source: str, target: str) -> int:
    """Minor units of one currency in another; `rate` is target per one unit of source, rounded half up once."""
    return to_minor(to_major(minor, source) * rate, target)


def written(minor: int, currency: str, *, exact: bool = False) -> str:
    """“¥1,240”; with the minor digits where money changes hands (`exact`) or where they are not zero."""
    value = to_major(abs(minor), currency)
    places = digits(currency) if exact or value != value.to_integral_value() else 0
    sign = "−" if minor < 0 else ""
    return f"{sign}{SIGNS.get(currency, currency + ' ')}{value:,.{places}f}"
