"""How much one coupon takes off what is left to pay: plain integers, rounded once per coupon, half up.

What is left only shrinks as coupons are laid one on the other, and no coupon takes more off less: the search for the
best combination rests on this.
"""

from dataclasses import dataclass

from loyalty.baskets import Basket, Rule, is_handed_over, is_trade_in

# In which order coupons are laid on: whole pieces first, then less for several, then amounts, then percent of what is
# left, then the delivery. Thresholds and pieces are counted before any coupon.
ORDER = ("gift", "sample", "exchange", "upgrade", "step", "amount", "percent", "delivery")
# Kinds that are worth having though they take no money off: something is handed over.
HANDED_OVER = ("gift", "sample", "exchange", "upgrade")


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to pay: per line, and for the delivery."""

    lines: tuple[int, ...]
    fee: int

    def less(self, taken: "Taken") -> "Left":
        return Left(tuple(map(int.__sub__, self.lines, taken.lines)), self.fee - taken.fee)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one coupon takes off: per line (never more than is left of it), and of the delivery."""

    lines: tuple[int, ...]
    fee: int = 0

    @property
    def off(self) -> int:
        return sum(self.lines) + self.fee


def untouched(basket: Basket) -> Left:
    return Left(tuple(line.amount for line in basket.lines), basket.delivery_fee)


def take_off(rule: Rule, basket: Basket, left: Left) -> Taken:
    """What a rule that allows this basket takes off what is left of it."""
    return Taker(rule, basket).take(left)


class Taker:
    """One rule on one basket, looked up once: what it covers and its amounts here."""

    def __init__(self, rule: Rule, basket: Basket) -> None:
        self.rule, self.assessed, self.money = rule, basket.assessed, rule.in_money_of(basket)
        self.covered = [at for at, line in enumerate(basket.lines) if rule.covers(line)]
        self.counts = [line.pieces for line in basket.lines]

    def take(self, left: Left) -> Taken:
        rule, money, most = self.rule, self.money, self.money.most_off
        if rule.kind == "delivery":
            return Taken((0,) * len(left.lines), left.fee if most is None else min(left.fee, most))
        shares = self._shares(left.lines)
        wanted = sum(shares.values())
        if rule.kind == "percent" or (rule.kind == "step" and rule.percent):
            wanted = (rule.percent * wanted + 50) // 100
        elif rule.kind in ("amount", "upgrade"):
            wanted = min(money.amount, wanted)
        elif rule.kind == "exchange":
            wanted = min(max(self.assessed, money.amount), wanted) if is_trade_in(rule) else 0
        fee = left.fee if rule.free_delivery else 0
        if most is not None:
            wanted = min(wanted, most)
            fee = min(fee, most - wanted)
        off = [0] * len(left.lines)
        for at, part in _spread(wanted, shares).items():
            off[at] = part
        return Taken(tuple(off), fee)

    def _shares(self, lines: tuple[int, ...]) -> dict[int, int]:
        """Of which lines it takes, and at most how much of each."""
        rule, covered = self.rule, [at for at in self.covered if lines[at]]
        if rule.kind == "step" and not rule.percent:
            amount = self.money.amount
            return {at: sum(min(amount, piece) for piece in _pieces(lines[at], self.counts[at])) for at in covered}
        by_piece = rule.kind in ("gift", "sample", "upgrade") or (rule.kind == "percent" and rule.pieces > 1)
        if not by_piece:
            return {at: lines[at] for at in covered}
        if is_handed_over(rule):
            return {}
        dearest = sorted(
            ((piece, -at) for at in covered for piece in _pieces(lines[at], self.counts[at])), reverse=True
        )
        # A gift frees the dearest pieces it covers; “the second at half the price” is the second dearest.
        chosen = dearest[rule.pieces - 1 : rule.pieces] if rule.kind == "percent" else dearest[: rule.pieces]
        shares: dict[int, int] = {}
        for piece, at in chosen:
            shares[-at] = shares.get(-at, 0) + piece
        return shares


def _pieces(amount: int, count: int) -> list[int]:
    """An amount over pieces, to the unit."""
    each, more = divmod(amount, count)
    return [each + 1] * more + [each] * (count - more)


def _spread(amount: int, over: dict[int, int]) -> dict[int, int]:
    """An amount over lines by what they may bear, largest remainder first; no line bears more than it may."""
    whole = sum(over.values())
    if amount >= whole:
        return over
    parts = {at: amount * share // whole for at, share in over.items()}
    rest = amount - sum(parts.values())
    for at in sorted(over, key=lambda each: (-(amount * over[each] % whole), each))[:rest]:
        parts[at] += 1
    return parts
