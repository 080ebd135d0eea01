"""What the cast bought, to the yuan."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from commerce.models import Order, OrderLine, Payment, Product, Refund, RefundLine
from customers.models import Customer
from scrm.demo.cast_people import Buy, Person
from staff.models import Store

WAYS = {  # source, prefix, channel, till
    "till": ("pos", "A-", "store", "{store}-T1"), "coffee": ("pos", "C-", "store", "{store}-C1"),
    "app": ("shop", "W-", "app", "SHOP"), "mini": ("shop", "W-", "mini", "SHOP"), "web": ("shop", "W-", "web", "SHOP"),
    "plat": ("plat", "P-", "web", "PLAT"), "b2b": ("b2b", "B-", "phone", "B2B"),
}  # fmt: skip
TAKEN = {"77120", "77816"}
FIRST_NUMBER = 70_001
RATE = Decimal("0.92")


class Book:
    """Gives every order of the cast its number and writes it with all that hangs on it."""

    def __init__(self, end: date, stores: dict[str, Store], goods: dict[str, Product]) -> None:
        self.end, self.stores, self.goods = end, stores, goods
        self.next = FIRST_NUMBER

    def write(self, customer: Customer, person: Person, event: Callable[..., Any]) -> list[tuple[Store, date]]:
        """All orders of a person; where they were at which day."""
        ties = []
        for buy in sorted(person.buys, key=lambda buy: -buy.ago):
            order = self._order(customer, person, buy)
            lines = self._lines(order, buy)
            self._payments(order, buy)
            first = lines[0].product
            event(
                customer, "order.paid", order.placed_at, order.channel,
                {"order": order.pk, "number": order.source_ref, "total": order.total, "currency": order.currency,
                 "pieces": int(sum(line.quantity for line in lines)), "first": first.name if first else ""},
                store=order.store_id,
            )  # fmt: skip
            if order.store is not None:
                ties.append((order.store, order.business_date))
            if buy.back:
                self._back(customer, order, lines, buy.back, event)
        return ties

    def _order(self, customer: Customer, person: Person, buy: Buy) -> Order:
        source, prefix, channel, till = WAYS[buy.way]
        code = buy.store or person.store or "HZ01"
        store = self.stores[code] if buy.way in ("till", "coffee") else None
        currency = "HKD" if store is not None and store.currency == "HKD" else "CNY"
        rate = RATE if currency == "HKD" else Decimal(1)
        gross = sum(self._price(sku) * count for sku, count in self._picked(buy))
        total = buy.total * 100 or gross
        placed = _moment(self.end, buy)
        return Order.objects.create(
            customer=customer, source=source, source_ref=buy.number or self._number(prefix), store=store,
            till=till.format(store=code), channel=channel, placed_at=placed, business_date=self._day(buy),
            currency=currency, rate=rate, total=total, discount=gross - total, base_total=int(total * rate),
        )  # fmt: skip

    def _number(self, prefix: str) -> str:
        while str(self.next) in TAKEN:
            self.next += 1
        self.next += 1
        return f"{prefix}{self.next - 1}"

    def _price(self, sku: str) -> int:
        return self.goods[sku].price or 0

    def _day(self, buy: Buy) -> date:
        return self.end - timedelta(days=buy.ago)

    def _picked(self, buy: Buy) -> list[tuple[str, int]]:
        """Goods and how many: as written, or as many of those named as the sum asks for."""
        wanted = [(sku, int(count or 1)) for sku, _star, count in (part.partition("*") for part in buy.what.split())]
        if not buy.fits:
            return wanted
        picked: dict[str, int] = {}
        left = buy.total * 100
        while left > 0:
            fitting = [(sku, count) for sku, count in wanted if self._price(sku) * count <= left]
            unused = [one for one in fitting if one[0] not in picked]
            # Nothing fits the rest: the cheapest is taken and becomes the discount.
            sku, count = (unused or fitting or [min(wanted, key=lambda one: self._price(one[0]) * one[1])])[0]
            picked[sku] = picked.get(sku, 0) + count
            left -= self._price(sku) * count
        return list(picked.items())

    def _lines(self, order: Order, buy: Buy) -> list[OrderLine]:
        lines = []
        left = order.discount
        picked = self._picked(buy)
        gross_all = order.total + order.discount
        for number, (sku, count) in enumerate(picked, 1):
            product = self.goods[sku]
            gross = (product.price or 0) * count
            off = left if number == len(picked) else order.discount * gross // gross_all // 100 * 100
            left -= off
            lines.append(OrderLine(
                order=order, line_ref=str(number), product=product, sku=sku, name=product.name["zh-hans"],
                kind=product.kind, quantity=count, unit_price=Decimal(product.price or 0).scaleb(-2), discount=off,
                total=gross - off,
            ))  # fmt: skip
        return OrderLine.objects.bulk_create(lines)

    def _payments(self, order: Order, buy: Buy) -> None:
        tenders = buy.tenders or {{"b2b": "account", "plat": "wallet"}.get(buy.way, "wechat_pay"): order.total // 100}
        Payment.objects.bulk_create(
            Payment(order=order, ref=str(number), kind=kind, captured_at=order.placed_at + timedelta(seconds=31),
                    amount=yuan * 100 if buy.tenders else order.total)
            for number, (kind, yuan) in enumerate(tenders.items(), 1)
        )  # fmt: skip

    def _back(
        self, customer: Customer, order: Order, lines: list[OrderLine], back: tuple[int, str, str],
        event: Callable[..., Any],
    ) -> None:  # fmt: skip
        ago, sku, reason = back
        line = next(line for line in lines if line.sku == sku)
        moment = order.placed_at + (self.end - timedelta(days=ago) - order.business_date)
        refund = Refund.objects.create(
            order=order, order_ref=order.source_ref, customer=customer, source=order.source,
            source_ref=f"T-{order.source_ref[2:]}", store=order.store, till=order.till, refunded_at=moment,
            business_date=self.end - timedelta(days=ago), currency=order.currency, amount=line.total,
            base_amount=int(line.total * order.rate), tender="wechat_pay", reason=reason,
        )  # fmt: skip
        RefundLine.objects.create(
            refund=refund, order_line=line, line_ref=line.line_ref, quantity=line.quantity, amount=line.total
        )
        event(
            customer, "refund.made", moment, order.channel,
            {"refund": refund.pk, "number": refund.source_ref, "order": order.source_ref, "amount": refund.amount,
             "currency": refund.currency, "reason": reason},
            store=order.store_id,
        )  # fmt: skip


def _moment(end: date, buy: Buy) -> datetime:
    """Some time of the afternoon of that day in Shanghai, never a round one."""
    day = end - timedelta(days=buy.ago)
    begin = datetime(day.year, day.month, day.day, 10, 12, 9 + buy.ago % 47, tzinfo=ZoneInfo("Asia/Shanghai"))
    return begin + timedelta(minutes=(buy.ago * 37 + len(buy.what) * 11) % 560)
