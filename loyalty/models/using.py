"""What is said about the use of a coupon: where, when, what it took off, under which key; and whether that can be."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from loyalty.baskets import Basket, Line, Rule, refused_at
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User

if TYPE_CHECKING:
    from loyalty.models.template import CouponTemplate


def unusable() -> TransitionRefused:
    """The one answer to a code that is wrong, somebody else's, used, over or held: none tells more than another."""
    return TransitionRefused(gettext("This code does not work. Ask to check it, or get a new one."))


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use. `basket` is the total before coupons and `off` what this one takes off it, minor units of `currency`;

    `rate` is what one unit of it is worth in the house currency. `checked` says that the whole basket was looked at
    line by line: then only what the database knows is checked again.
    """

    source: str
    key: str
    basket: int = 0
    off: int = 0
    currency: str = ""
    rate: Decimal | None = None
    store: Store | None = None
    channel: str = ""
    by: User | None = None
    order_source: str = ""
    order_ref: str = ""
    business_date: date | None = None
    holds: frozenset[str] = frozenset()
    checked: bool = False
    explanation: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.currency:
            object.__setattr__(self, "currency", self.store.currency if self.store else settings.BASE_CURRENCY)
        if not self.source or not self.key:
            raise ValueError("A use names its source and a key.")

    def check(self, template: "CouponTemplate", *, at: datetime | None = None) -> None:
        """Raises TransitionRefused for another place or time than the rule's, too little, or more off than it gives."""
        if self.off < 0 or self.basket < 0:
            raise TransitionRefused(gettext("Amounts are not below zero."))
        if self.checked:
            return
        basket = self._as_basket(template, at or timezone.now())
        if (against := refused_at(template.rule, basket)) is not None:
            raise TransitionRefused(str(against))
        most = most_off(template.rule, basket)
        if most is not None and self.off > most:
            raise TransitionRefused(gettext("That is more than this coupon takes off."))

    def columns(self, at: datetime) -> dict[str, Any]:
        """What of it the row holds."""
        return {
            "business_date": self.business_date or at.astimezone(self._zone).date(), "store": self.store,
            "channel": self.channel, "by": self.by, "source": self.source, "source_ref": self.key,
            "order_source": self.order_source, "order_ref": self.order_ref, "currency": self.currency,
            "off": self.off, "basket": self.basket, "explanation": self.explanation,
        }  # fmt: skip

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.store.zone if self.store else settings.TIME_ZONE)

    def _as_basket(self, template: "CouponTemplate", at: datetime) -> Basket:
        # A till that names no lines vouches for what lies in its basket; first order and rain it knows as well.
        return Basket(
            (Line("", self.basket),), at.astimezone(self._zone), currency=self.currency, rate=self.rate,
            store=self.store.code if self.store else "", scene=self.store.scene if self.store else "",
            channel=self.channel, holds=self.holds or frozenset(template.needs),
        )  # fmt: skip


def most_off(rule: Rule, basket: Basket) -> int | None:
    """What a rule takes off at most of a total; None where the total does not tell (a delivery, a piece)."""
    money = rule.in_money_of(basket)
    caps = [] if money.most_off is None else [money.most_off]
    if not rule.free_delivery:
        if rule.kind == "amount":
            caps += [money.amount, basket.total]
        elif rule.kind == "percent" or (rule.kind == "step" and rule.percent):
            caps.append((rule.percent * basket.total + 50) // 100)
        elif rule.kind != "delivery":
            caps.append(basket.total)
    return min(caps, default=None)
