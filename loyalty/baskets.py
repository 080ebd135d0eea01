"""A basket, a coupon's rule, and whether the rule allows this basket: plain values, no database.

Amounts are minor units. Those of a rule are in the rule's currency, those of a basket in the basket's; `rate` is what
one unit of the basket's currency is worth in the rule's.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from scrm.kernel.money import convert, written


@dataclass(frozen=True)
class Line:
    """One line. `amount` is what it costs before coupons, all pieces, net of its own discount.

    `parent` is the article the sku is a size or colour of; `categories` holds its category's code and those above it.
    """

    sku: str
    amount: int
    quantity: Decimal = Decimal(1)
    parent: str = ""
    categories: frozenset[str] = frozenset()

    @property
    def pieces(self) -> int:
        """Whole pieces; what is weighed counts as one."""
        return int(self.quantity) if self.quantity >= 1 and self.quantity == int(self.quantity) else 1


@dataclass(frozen=True)
class Basket:
    """What is to be paid, where and when. `at` is aware and in the store's own zone: its wall clock counts.

    `holds` names circumstances that hold now (“rain”, “away”: see CouponTemplate.Need); `assessed` is what the old
    thing brought in was valued at.
    """

    lines: tuple[Line, ...]
    at: datetime
    currency: str = "CNY"
    delivery_fee: int = 0
    store: str = ""
    scene: str = ""
    channel: str = ""
    level: str | None = None  # None: not asked
    has_bought: bool | None = None
    holds: frozenset[str] = frozenset()
    assessed: int = 0
    rate: Decimal | None = None

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True)
class Rule:
    """What a template says, as plain values under the same names: see CouponTemplate."""

    code: str
    kind: str
    group: str
    currency: str = "CNY"
    amount: int = 0
    percent: int = 0
    threshold: int = 0
    most_off: int | None = None
    pieces: int = 1
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    not_products: frozenset[str] = frozenset()
    not_categories: frozenset[str] = frozenset()
    with_categories: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    store_scenes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    until_time: time | None = None
    not_with: frozenset[str] = frozenset()
    free_delivery: bool = False

    def covers(self, line: Line) -> bool:
        """Named products and named categories add up; what is excepted is out whatever names it."""
        if line.sku in self.not_products or line.parent in self.not_products:
            return False
        if line.categories & self.not_categories:
            return False
        if not self.products and not self.categories:
            return True
        return line.sku in self.products or line.parent in self.products or bool(line.categories & self.categories)

    def goes_with(self, other: "Rule") -> bool:
        return self.group != other.group and other.group not in self.not_with and self.group not in other.not_with

    def in_money_of(self, basket: Basket) -> "Money":
        return Money(self, basket)


class Money:
    """A rule's amounts in the basket's currency, each rounded once."""

    def __init__(self, rule: Rule, basket: Basket) -> None:
        same = rule.currency == basket.currency
        rate = Decimal(1) if same or basket.rate is None else 1 / basket.rate

        def here(minor: int) -> int:
            return minor if same else convert(minor, rate, source=rule.currency, target=basket.currency)

        self.amount, self.threshold = here(rule.amount), here(rule.threshold)
        self.most_off = None if rule.most_off is None else here(rule.most_off)


@dataclass(frozen=True)
class Held:
    """One coupon in somebody's hand: its id, its rule, and when it begins and ends."""

    id: int
    rule: Rule
    begins: datetime | None = None
    ends: datetime | None = None
    name: Any = field(default="", compare=False)  # plain, or Words


@dataclass(frozen=True)
class Why:
    """Why a coupon is not used: a code, and what its sentence names. The sentence is in the reader's language."""

    code: str
    names: tuple[tuple[str, Any], ...] = ()

    @property
    def missing(self) -> int:
        """For a threshold: minor units still to go."""
        return int(dict(self.names).get("missing", 0))

    def __str__(self) -> str:
        names = dict(self.names)
        if "currency" in names:
            for each in ("need", "missing", "less"):
                if each in names:
                    names[each] = written(names[each], names["currency"])
        return _SENTENCES[self.code]() % names


def why(code: str, **names: Any) -> Why:
    return Why(code, tuple(names.items()))


# One sentence each: what is missing and what to do next.
_SENTENCES = {
    "not_begun": lambda: _("Not yet: it begins on %(day)s."),
    "over": lambda: _("Its time was over on %(day)s."),
    "currency": lambda: _("It counts in %(currency)s. Enter the rate of the day."),
    "channel": lambda: _("Not here: use it in another channel."),
    "store": lambda: _("Not in this store: see its terms for where."),
    "level": lambda: _("Only for other levels: see its terms."),
    "weekday": lambda: _("Not today: see its terms for the days."),
    "hours": lambda: _("Only from %(start)s to %(end)s. Come back then."),
    "first_order": lambda: _("Only for a first order. Choose another coupon."),
    "rain": lambda: _("Only while it rains here. Keep it for then."),
    "away": lambda: _("Only in another city than the home store's. Keep it for the next trip."),
    "scope": lambda: _("Nothing here fits it. Add something it is made for."),
    "company": lambda: _("Add something it goes with: see its terms."),
    "pieces": lambda: _("Needs %(pieces)s pieces. %(left)s to go."),
    "threshold": lambda: _("Needs %(need)s. %(missing)s to go."),
    "no_delivery": lambda: _("There is no delivery to pay. Keep it for the next one."),
    "assess": lambda: _("Have the old one valued first."),
    "nothing_left": lambda: _("Nothing is left for it to take off. Keep it."),
    "stacking": lambda: _("Cannot be used with “%(other)s”. Using it instead saves %(less)s less."),
    "stacking_same": lambda: _("Cannot be used with “%(other)s”. Using it instead saves the same."),
    "covered": lambda: _("The others leave nothing for it to take off. Keep it."),
}  # fmt: skip


def refused(rule: Rule, basket: Basket) -> Why | None:
    """The first thing that stands against a rule in this basket, or None. Place and time first, then what is bought."""
    return (
        _elsewhere(rule, basket)
        or _another_time(rule, basket)
        or _not_this_person(rule, basket)
        or _short(rule, basket)
    )  # fmt: skip


def refused_at(rule: Rule, basket: Basket) -> Why | None:
    """Place, time and money alone: for a till that names no lines; `lines` then holds the total as one line."""
    return (
        _elsewhere(rule, basket)
        or _another_time(rule, basket)
        or _not_this_person(rule, basket)
        or _below(rule.in_money_of(basket).threshold, basket.total, basket)
    )


def refused_in_time(held: Held, at: datetime) -> Why | None:
    if held.begins is not None and at < held.begins:
        return why("not_begun", day=f"{held.begins.astimezone(at.tzinfo):%Y-%m-%d}")
    if held.ends is not None and at >= held.ends:
        return why("over", day=f"{held.ends.astimezone(at.tzinfo):%Y-%m-%d}")
    return None


def _elsewhere(rule: Rule, basket: Basket) -> Why | None:
    if basket.currency != rule.currency and not basket.rate:
        return why("currency", currency=rule.currency)
    if rule.channels and basket.channel not in rule.channels:
        return why("channel")
    if (rule.stores or rule.store_scenes) and not (
        basket.store in rule.stores or basket.scene in rule.store_scenes
    ):  # fmt: skip
        return why("store")
    return None


def _another_time(rule: Rule, basket: Basket) -> Why | None:
    clock, day = basket.at.time(), basket.at.weekday()
    start, end = rule.from_time, rule.until_time
    over_midnight = start is not None and end is not None and end <= start
    if over_midnight and end is not None and clock < end:
        day = (day - 1) % 7  # the small hours belong to the evening before
    if rule.weekdays and day not in rule.weekdays:
        return why("weekday")
    after, before = start is None or clock >= start, end is None or clock < end
    if not (after or before if over_midnight else after and before):
        return why("hours", start=f"{start or time.min:%H:%M}", end="24:00" if end is None else f"{end:%H:%M}")
    return None


def _not_this_person(rule: Rule, basket: Basket) -> Why | None:
    if rule.levels and basket.level is not None and basket.level not in rule.levels:
        return why("level")
    if "first_order" in rule.needs and basket.has_bought:
        return why("first_order")
    missing = rule.needs - basket.holds - {"first_order"}
    return why(min(missing)) if missing else None


def _short(rule: Rule, basket: Basket) -> Why | None:
    covered = [line for line in basket.lines if rule.covers(line)]
    if not covered and needs_lines(rule):
        return why("scope")
    beside = [line for line in basket.lines if rule.kind != "gift" or not rule.covers(line)]  # a gift is no company
    if rule.with_categories and not any(line.categories & rule.with_categories for line in beside):
        return why("company")
    money = rule.in_money_of(basket)
    if (short := _below(money.threshold, sum(line.amount for line in covered), basket)) is not None:
        return short
    pieces = sum(line.pieces for line in covered)
    if rule.kind in ("step", "percent") and pieces < rule.pieces:
        return why("pieces", pieces=rule.pieces, left=rule.pieces - pieces)
    if rule.kind == "delivery" and basket.delivery_fee <= 0:
        return why("no_delivery")
    if is_trade_in(rule) and basket.assessed <= 0:
        return why("assess")
    return None


def needs_lines(rule: Rule) -> bool:
    """Whether something it covers must lie in the basket: a sample, or a gift that is handed over, need not."""
    return rule.kind != "sample" and not is_handed_over(rule)


def is_trade_in(rule: Rule) -> bool:
    """Whether something old pays for the new: an exchange with a value; without one things are swapped freely."""
    return rule.kind == "exchange" and (rule.amount > 0 or rule.most_off is not None)


def is_handed_over(rule: Rule) -> bool:
    """Whether it gives something that is not sold here: a gift or sample that names no goods."""
    return rule.kind in ("gift", "sample") and not rule.products and not rule.categories


def _below(threshold: int, amount: int, basket: Basket) -> Why | None:
    if amount >= threshold:
        return None
    return why("threshold", need=threshold, missing=threshold - amount, currency=basket.currency)
