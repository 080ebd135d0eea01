"""What a purchase earns and why: the arithmetic alone, without writing anything."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from loyalty.models import EarnRule, Programme

NEVER_EARN = ("fee", "gift_card", "adjustment")
CONDITIONS = {
    "stores", "store_scenes", "categories", "products", "not_categories", "not_products", "channels", "weekdays",
    "from", "until", "levels", "birthday",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a purchase: its net amount in minor units of the programme's currency, after all discounts."""

    ref: str
    net: int
    sku: str = ""
    article: str = ""
    categories: frozenset[str] = frozenset()
    kind: str = "goods"


@dataclass(frozen=True)
class Purchase:
    """A purchase as the rules look at it. `unearning` is what was paid by tenders that earn nothing."""

    lines: tuple[Line, ...]
    unearning: int = 0
    at: datetime | None = None  # in the store's zone
    store: str = ""
    store_scene: str = ""
    channel: str = ""
    level: str = ""
    level_factor: Decimal = Decimal(1)
    birthday: tuple[int, int] | None = None

    @property
    def day(self) -> date | None:
        return self.at.date() if self.at else None


@dataclass(frozen=True)
class Part:
    """What one rule adds, and the numbers it comes from."""

    rule: EarnRule
    points: int
    because: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Earned:
    """All parts; `basis` in minor units is what earns, `left_out` what does not, by reason."""

    parts: tuple[Part, ...]
    basis: int
    left_out: dict[str, int]
    pending_days: int

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)


def earned(purchase: Purchase, rules: Iterable[EarnRule], programme: Programme) -> Earned:
    """Points of a purchase by the rules in force. Fractions are rounded once, over the whole purchase.

    Each line has one base rule (the one with the most conditions) and at most one multiplier (the highest).
    """
    rules = [rule for rule in rules if _fits(rule, purchase)]
    bases, left_out = _bases(purchase)
    told: dict[int, dict[str, Any]] = {}
    per_rule: dict[int, Decimal] = {}
    pending = [0]
    by_pk = {rule.pk: rule for rule in rules}
    for line, basis in bases:
        base = _base_rule(rules, line)
        if base is None or not basis:
            continue
        points = Decimal(basis) * base.points / base.per * purchase.level_factor
        _add(per_rule, told, base, points, basis)
        pending.append(programme.pending_days if base.pending_days is None else base.pending_days)
        best = max((rule for rule in rules if rule.kind == EarnRule.Kind.MULTIPLIER and _covers(rule, line)),
                   key=lambda rule: (rule.factor, rule.pk), default=None)  # fmt: skip
        if best is not None:
            _add(per_rule, told, best, points * (best.factor - 1), basis)
    parts, so_far, before = [], Decimal(0), 0
    ordered = sorted(per_rule, key=lambda pk: (by_pk[pk].kind != EarnRule.Kind.BASE, pk))
    for pk in ordered:
        so_far += per_rule[pk]
        whole = _rounded(so_far, programme)
        parts.append(Part(by_pk[pk], whole - before, _because(by_pk[pk], told[pk], purchase, programme)))
        before = whole
    for rule in rules:
        if rule.kind == EarnRule.Kind.BONUS and rule.occasion == EarnRule.Occasion.ORDER:
            mine = sum(basis for line, basis in bases if _covers(rule, line))
            if mine > 0:
                parts.append(Part(rule, rule.points, {"bonus": rule.points, "basis": mine}))
    return Earned(tuple(parts), sum(basis for _line, basis in bases), left_out, max(pending))


def _bases(purchase: Purchase) -> tuple[list[tuple[Line, int]], dict[str, int]]:
    """What of each line earns: tenders that earn nothing are shared out by largest remainder."""
    earning = [line for line in purchase.lines if line.kind not in NEVER_EARN and line.net > 0]
    all_of_it = sum(line.net for line in purchase.lines)
    whole = sum(line.net for line in earning)
    left_out = {"lines": all_of_it - whole} if all_of_it != whole else {}
    if not purchase.unearning or not whole:
        return [(line, line.net) for line in earning], left_out
    # Of a tender that earns nothing, the part that paid for earning lines.
    taken = min(whole, _half_up(Decimal(purchase.unearning) * whole / max(all_of_it, whole)))
    left_out["tenders"] = taken
    return list(zip(earning, _shared(taken, [line.net for line in earning]), strict=True)), left_out


def _shared(taken: int, nets: list[int]) -> list[int]:
    whole = sum(nets)
    exact = [Decimal(taken) * net / whole for net in nets]
    shares = [int(share) for share in exact]
    by_rest = sorted(range(len(nets)), key=lambda place: (shares[place] - exact[place], place))
    for place in by_rest[: taken - sum(shares)]:
        shares[place] += 1
    return [net - share for net, share in zip(nets, shares, strict=True)]


def _base_rule(rules: list[EarnRule], line: Line) -> EarnRule | None:
    fitting = [rule for rule in rules if rule.kind == EarnRule.Kind.BASE and _covers(rule, line)]
    return max(fitting, key=lambda rule: (len(rule.conditions), rule.pk), default=None)


def _fits(rule: EarnRule, purchase: Purchase) -> bool:
    """Whether the conditions on where, when and who hold."""
    asks = rule.conditions
    at = purchase.at
    if at is not None:
        clock = f"{at:%H:%M}"
        if asks.get("weekdays") and at.weekday() not in asks["weekdays"]:
            return False
        if (asks.get("from") and clock < asks["from"]) or (asks.get("until") and clock >= asks["until"]):
            return False
    return (
        _among(asks, "stores", purchase.store)
        and _among(asks, "store_scenes", purchase.store_scene)
        and _among(asks, "channels", purchase.channel)
        and _among(asks, "levels", purchase.level)
        and (not asks.get("birthday") or _is_birthday(asks["birthday"], purchase))
    )


def _among(asks: dict[str, Any], name: str, value: str) -> bool:
    return not asks.get(name) or value in asks[name]


def _is_birthday(span: str, purchase: Purchase) -> bool:
    """“day”, “week” (three days before to three after) or “month” of the birthday; 29 February counts as 28."""
    if purchase.birthday is None or purchase.day is None:
        return False
    month, day = purchase.birthday
    if span == "month":
        return purchase.day.month == month
    days = 0 if span == "day" else 3
    for year in (purchase.day.year - 1, purchase.day.year, purchase.day.year + 1):
        try:
            that = date(year, month, day)
        except ValueError:
            that = date(year, 2, 28)
        if abs((that - purchase.day).days) <= days:
            return True
    return False


def _covers(rule: EarnRule, line: Line) -> bool:
    asks = rule.conditions
    if asks.get("categories") and not line.categories & set(asks["categories"]):
        return False
    if asks.get("products") and not {line.sku, line.article} & set(asks["products"]):
        return False
    if line.categories & set(asks.get("not_categories", ())):
        return False
    return not {line.sku, line.article} & set(asks.get("not_products", ()))


def _add(
    per_rule: dict[int, Decimal], told: dict[int, dict[str, Any]], rule: EarnRule, points: Decimal, basis: int
) -> None:
    per_rule[rule.pk] = per_rule.get(rule.pk, Decimal(0)) + points
    told.setdefault(rule.pk, {"basis": 0})["basis"] += basis


def _because(rule: EarnRule, told: dict[str, Any], purchase: Purchase, programme: Programme) -> dict[str, Any]:
    """The arithmetic as it is stored with the line of the ledger: numbers and codes, no prose."""
    said = {**told, "rule": rule.code, "version": rule.version, "rounding": programme.rounding}
    if rule.kind == EarnRule.Kind.BASE:
        said |= {"points": rule.points, "per": rule.per}
        if purchase.level_factor != 1:
            said |= {"level": purchase.level, "level_factor": str(purchase.level_factor)}
    else:
        said["factor"] = str(rule.factor)
    return said


def _rounded(points: Decimal, programme: Programme) -> int:
    way = ROUND_HALF_UP if programme.rounding == Programme.Rounding.HALF_UP else ROUND_FLOOR
    return int(points.quantize(Decimal(1), way))


def _half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
