"""Reading what a till sends: integer minor units, decimal strings, and a pointer to whatever is wrong."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from django.conf import settings

from commerce.models import Payment, Product

LARGEST = 10**15
Data = dict[str, Any]


class Unreadable(Exception):
    """The body breaks the contract; `errors` name each place by its JSON pointer."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Line:
    ref: str
    sku: str
    name: str
    kind: str
    quantity: Decimal
    unit_price: Decimal | None
    discount: int
    total: int


@dataclass(frozen=True)
class Tender:
    ref: str
    kind: str
    amount: int
    captured_at: datetime | None
    reference: str


@dataclass(frozen=True)
class Receipt:
    """One sale as the till tells it."""

    source_ref: str
    revision: int
    state: str
    store: str
    till: str
    channel: str
    customer: tuple[str, str] | None
    placed_at: datetime
    business_date: date
    currency: str
    rate: Decimal
    discount: int
    total: int
    lines: list[Line]
    payments: list[Tender]
    digest: bytes
    coupons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ReturnedLine:
    ref: str
    quantity: Decimal
    amount: int


@dataclass(frozen=True)
class Return:
    """Money that goes back, as the till tells it; `order` is empty for a return without a known sale."""

    source_ref: str
    order: str
    order_source: str
    store: str
    till: str
    refunded_at: datetime
    business_date: date
    currency: str
    rate: Decimal
    amount: int
    tender: str
    reason: str
    digest: bytes
    lines: list[ReturnedLine] = field(default_factory=list)
    by_points: int = 0


def digest_of(data: Data) -> bytes:
    """The same content in any order of its keys; when it was sent does not belong to it."""
    said = {name: value for name, value in data.items() if name not in ("sent_at", "clock_set_at")}
    return blake2b(json.dumps(said, sort_keys=True, ensure_ascii=False).encode(), digest_size=16).digest()


def read_receipt(data: Data, *, state: str) -> Receipt:
    """Raises Unreadable."""
    read = _Reader(data)
    customer = data.get("customer")
    pair = None
    if customer is not None:
        inner = read.below("customer", customer, "/customer")
        pair = (inner.text("kind", 10, needed=True), inner.text("value", 120, needed=True))
    lines = [_line(one) for one in read.each("lines")]
    payments = [_tender(one, place) for place, one in enumerate(read.each("payments", needed=False), start=1)]
    receipt = Receipt(
        source_ref=read.text("source_ref", 120, needed=True), revision=read.whole("revision", default=1, least=1),
        state=state, store=read.text("store", 40), till=read.text("till", 40), channel=read.text("channel", 10),
        customer=pair, placed_at=read.moment("placed_at"), business_date=read.day("business_date"),
        currency=read.currency(), rate=read.rate(needed=True), discount=read.whole("discount", default=0, least=0),
        total=read.whole("total", least=0), lines=lines, payments=payments, digest=digest_of(data),
        coupons=[one.text("code", 40, needed=True) for one in read.each("discounts", needed=False)
                 if one.data.get("kind") == "coupon"],
    )  # fmt: skip
    read.unique("lines", [line.ref for line in lines])
    read.finish()
    return receipt


def read_return(data: Data) -> Return:
    """Raises Unreadable."""
    read = _Reader(data)
    lines = [
        ReturnedLine(one.name_of("line"), one.number("quantity", least=Decimal(0)), one.whole("amount", least=0))
        for one in read.each("lines", needed=False)
    ]
    payments = [
        (one.choice("kind", Payment.Kind.values), one.whole("amount", least=0)) for one in read.each("payments")
    ]
    found = Return(
        source_ref=read.text("source_ref", 120, needed=True), order=read.text("order", 120),
        order_source=read.text("order_source", 60), store=read.text("store", 40), till=read.text("till", 40),
        refunded_at=read.moment("refunded_at"), business_date=read.day("business_date"),
        currency=read.currency(), rate=read.rate(needed=not data.get("order")),
        amount=sum(amount for _kind, amount in payments),
        tender=payments[0][0] if payments else Payment.Kind.OTHER, reason=read.text("reason", 200),
        digest=digest_of(data), lines=lines, by_points=sum(amount for kind, amount in payments if kind == "points"),
    )  # fmt: skip
    if found.amount <= 0:
        read.wrong("payments", "Say how much was paid back.")
    read.unique("lines", [line.ref for line in lines])
    read.finish()
    return found


def _line(read: "_Reader") -> Line:
    return Line(
        ref=read.name_of("line"), sku=read.text("sku", 60), name=read.text("name", 200),
        kind=read.choice("kind", Product.Kind.values, default="goods"), quantity=read.number("quantity"),
        unit_price=read.number("unit_price", least=Decimal(0)) if "unit_price" in read.data else None,
        discount=read.whole("discount", default=0), total=read.whole("total"),
    )  # fmt: skip


def _tender(read: "_Reader", place: int) -> Tender:
    reference = read.text("reference", 120)
    return Tender(
        ref=read.text("ref", 120) or str(place), kind=read.choice("kind", Payment.Kind.values),
        amount=read.whole("amount"), reference=reference or read.text("redemption", 120),
        captured_at=read.moment("captured_at") if read.data.get("captured_at") else None,
    )  # fmt: skip


class _Reader:
    """One object of the body; collects what is wrong instead of stopping at the first."""

    def __init__(self, data: Any, pointer: str = "", errors: list[dict[str, str]] | None = None) -> None:
        self.errors: list[dict[str, str]] = [] if errors is None else errors
        self.pointer = pointer
        self.data: Data = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.errors.append({"pointer": pointer or "/", "detail": "This must be an object."})

    def wrong(self, name: str, detail: str) -> None:
        self.errors.append({"pointer": f"{self.pointer}/{name}", "detail": detail})

    def finish(self) -> None:
        if self.errors:
            raise Unreadable(self.errors)

    def below(self, name: str, data: Any, pointer: str) -> "_Reader":
        return _Reader(data, pointer, self.errors)

    def each(self, name: str, *, needed: bool = True) -> list["_Reader"]:
        rows = self.data.get(name, [])
        if not isinstance(rows, list) or (needed and not rows) or len(rows) > 500:
            self.wrong(name, "This must be a list of 1 to 500 objects.")
            return []
        return [_Reader(row, f"{self.pointer}/{name}/{place}", self.errors) for place, row in enumerate(rows)]

    def unique(self, name: str, refs: list[str]) -> None:
        if len(set(refs)) < len(refs):
            self.wrong(name, "Two lines have the same number.")

    def text(self, name: str, longest: int, *, needed: bool = False) -> str:
        value = self.data.get(name)
        if value is None or value == "":
            if needed:
                self.wrong(name, "This is missing.")
            return ""
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            self.wrong(name, f"This must be text of at most {longest} characters.")
            return ""
        return value

    def name_of(self, name: str) -> str:
        value = self.data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(name, 60, needed=True)

    def choice(self, name: str, choices: list[str], *, default: str = "") -> str:
        value = self.data.get(name, default)
        if value not in choices:
            self.wrong(name, f"This must be one of: {', '.join(choices)}.")
        return str(value)

    def whole(self, name: str, *, default: int | None = None, least: int = -LARGEST) -> int:
        value = self.data.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(name, "Amounts are integers in minor units; a number with a fraction is refused.")
            return 0
        if not least <= value <= LARGEST:
            self.wrong(name, f"This must be at least {least}." if value < least else "This is too large.")
        return value

    def number(self, name: str, *, least: Decimal | None = None) -> Decimal:
        value, found = self.data.get(name), None
        try:
            found = Decimal(value) if isinstance(value, str) and len(value) <= 30 else None
            # Compared before it is counted with: a tower of zeros is more than arithmetic holds.
            fits = found is not None and found.is_finite() and -(10**12) < found < 10**12 and round(found, 6) == found
        except ArithmeticError:
            fits = False
        if found is None or not fits:
            self.wrong(name, "This must be a decimal number in quotes, with at most six places.")
            return Decimal(0)
        if least is not None and found < least:
            self.wrong(name, f"This must be at least {least}.")
        return found

    def currency(self) -> str:
        found = self.text("currency", 3, needed=True)
        if found and not re.fullmatch("[A-Z]{3}", found):
            self.wrong("currency", "This must be a code of three capital letters (ISO 4217).")
        return found

    def rate(self, *, needed: bool) -> Decimal:
        """House currency per one of the given; a return of a known sale takes that sale's."""
        if "rate" in self.data:
            found = self.number("rate", least=Decimal(0))
            return found or Decimal(1)
        if needed and self.data.get("currency") not in (settings.BASE_CURRENCY, None):
            self.wrong("rate", f"Say how many {settings.BASE_CURRENCY} one of this currency is worth, in quotes.")
        return Decimal(1)

    def moment(self, name: str) -> datetime:
        found = self._parsed(name, datetime.fromisoformat)
        if found is None or found.tzinfo is None:
            if found is not None:
                self.wrong(name, "This moment has no offset.")
            return datetime.min
        return found

    def day(self, name: str) -> date:
        return self._parsed(name, date.fromisoformat) or date.min

    def _parsed(self, name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(self.data[name])
        except (KeyError, TypeError, ValueError):
            self.wrong(name, "This is missing, or is a day or moment that does not exist (ISO 8601).")
            return None
