"""The best combination of coupons for a basket: exact, and explained coupon by coupon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loyalty.baskets import Basket, Held, Rule, Why, refused, refused_in_time, why
from loyalty.taking_off import HANDED_OVER, ORDER, Left, Taken, Taker, take_off, untouched

_NEVER = datetime.max.replace(tzinfo=UTC)
Worth = tuple[int, int, int]  # money off, things handed over, and for ties how soon they end


@dataclass(frozen=True)
class Verdict:
    """One coupon on a basket: usable with what it takes off, or refused with why.

    `lines` is what it takes off each line of the basket, `fee` off the delivery; `loss` what choosing it in place of
    what stands in its way would lose.
    """

    coupon: Held
    usable: bool
    off: int = 0
    lines: tuple[int, ...] = ()
    fee: int = 0
    why: Why | None = None
    loss: int = 0


@dataclass(frozen=True)
class Best:
    """What to use, in the order it is laid on; what to leave, and why. `off` is minor units altogether."""

    chosen: tuple[Verdict, ...]
    others: tuple[Verdict, ...]
    off: int
    tried: int

    @property
    def lines(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*(each.lines for each in self.chosen), strict=True)))


def verdict(coupon: Held, basket: Basket) -> Verdict:
    """One coupon alone."""
    against = refused_in_time(coupon, basket.at) or refused(coupon.rule, basket)
    if against is None:
        taken = take_off(coupon.rule, basket, untouched(basket))
        if taken.off or coupon.rule.kind in HANDED_OVER:
            return Verdict(coupon, True, taken.off, taken.lines, taken.fee)
        against = why("nothing_left")
    return Verdict(coupon, False, why=against)


def best(coupons: Sequence[Held], basket: Basket) -> Best:
    """At most one coupon per stacking group, none with a group it excludes, so that most is taken off; then most is
    handed over; then what ends sooner is used first.
    """
    alone = [verdict(coupon, basket) for coupon in coupons]
    usable = [each for each in alone if each.usable]
    search = _Search(usable, basket)
    picked = search.run()
    chosen = _laid(picked, basket)
    off = sum(each.off for each in chosen)
    left_out = [each for each in usable if each.coupon.id not in {one.coupon.id for one in chosen}]
    tried = search.tried
    others = [_left_out(each, chosen, off, search, basket) for each in left_out]
    others.sort(key=lambda each: (each.loss, _end(each.coupon), each.coupon.id))
    closed = sorted((each for each in alone if not each.usable), key=lambda each: (_end(each.coupon), each.coupon.id))
    return Best(tuple(chosen), tuple(others + closed), off, tried)


def together(coupons: Sequence[Held], basket: Basket) -> list[Verdict]:
    """Exactly these coupons, in the order they are laid on; each usable with its part, or refused with why."""
    laid: list[Verdict] = []
    left = untouched(basket)
    for coupon in sorted(coupons, key=_order):
        one = verdict(coupon, basket)
        rival = next((each for each in laid if each.usable and not coupon.rule.goes_with(each.coupon.rule)), None)
        if one.usable and rival is not None:
            one = Verdict(coupon, False, why=why("stacking_same", other=rival.coupon.name))
        elif one.usable:
            taken = take_off(coupon.rule, basket, left)
            left = left.less(taken)
            one = Verdict(coupon, True, taken.off, taken.lines, taken.fee)
            if not taken.off and coupon.rule.kind not in HANDED_OVER:
                one = Verdict(coupon, False, why=why("covered"))
        laid.append(one)
    return laid


def _laid(picked: Sequence[Held], basket: Basket) -> list[Verdict]:
    return [each for each in together(picked, basket) if each.usable]


def _left_out(one: Verdict, chosen: list[Verdict], off: int, search: "_Search", basket: Basket) -> Verdict:
    """Why a usable coupon is not in the best combination, and what putting it there instead would lose."""
    rival = next((each for each in chosen if not one.coupon.rule.goes_with(each.coupon.rule)), None)
    if rival is None:
        return Verdict(one.coupon, False, why=why("covered"))
    loss = off - search.most_with(one.coupon)
    said = why("stacking_same", other=rival.coupon.name)
    if loss:
        said = why("stacking", other=rival.coupon.name, less=loss, currency=basket.currency)
    return Verdict(one.coupon, False, why=said, loss=loss)


def _end(coupon: Held) -> datetime:
    return coupon.ends or _NEVER


def _order(coupon: Held) -> tuple[int, str, int]:
    """By the rule alone: which of two coupons of one rule is used changes nothing of what is taken off."""
    return ORDER.index(coupon.rule.kind), coupon.rule.code, coupon.id


class _Search:
    """Branch and bound over the coupons in the order they are laid on: each is used or not.

    No coupon takes more off when less is left, so what each would take now bounds what it takes later, and per group
    only the best of these counts. A branch that cannot beat what was found is cut.
    """

    def __init__(self, usable: list[Verdict], basket: Basket) -> None:
        by_end = sorted((each.coupon for each in usable), key=lambda coupon: (_end(coupon), coupon.id))
        # Powers of two: the set with the soonest end wins a tie, and no two sets are alike.
        self.sooner = {coupon.id: 1 << (len(by_end) - at) for at, coupon in enumerate(by_end)}
        self.alone = {each.coupon.id: each.off for each in usable}
        self.takers = {coupon.id: Taker(coupon.rule, basket) for coupon in by_end}
        self.groups = sorted({coupon.rule.group for coupon in by_end})
        self.start = untouched(basket)
        distinct: set[Rule] = set()
        self.rows: list[Held] = []
        for coupon in by_end:  # of two with one rule the one that ends sooner is as good
            if coupon.rule not in distinct:
                self.rows.append(coupon)
            distinct.add(coupon.rule)
        self.rows.sort(key=_order)
        self.with_rule: dict[Rule, int] = {}
        self.tried = 0

    def run(self, must: Held | None = None) -> tuple[Held, ...]:
        """The best set; with `must`, the best that holds this coupon."""
        self.found: Worth = (-1, -1, -1)
        self.picked: tuple[Held, ...] = ()
        self.must = must
        rows = self.rows
        if must is not None:
            rows = sorted([must, *(row for row in rows if row.rule.goes_with(must.rule))], key=_order)
        self._seed(rows)
        self._go(rows, (), self.start, (0, 0, 0))
        return self.picked

    def most_with(self, must: Held) -> int:
        """Minor units that the best set with this coupon takes off; coupons of one rule are as good."""
        if must.rule not in self.with_rule:
            self.with_rule[must.rule] = max(0, self.found[0] if self.run(must) else 0)
        return self.with_rule[must.rule]

    def _seed(self, rows: list[Held]) -> None:
        """A good combination to begin with, so that most branches are cut: greedy by what each takes alone."""
        picked: list[Held] = [self.must] if self.must else []
        for coupon in sorted(rows, key=lambda each: (-self.alone[each.id], -self.sooner[each.id])):
            if all(coupon is not each and coupon.rule.goes_with(each.rule) for each in picked):
                picked.append(coupon)
        left, worth, kept = self.start, (0, 0, 0), []
        for coupon in sorted(picked, key=_order):
            taken = self.takers[coupon.id].take(left)
            if _counts(coupon, taken):
                left, worth = left.less(taken), self._plus(worth, coupon, taken.off)
                kept.append(coupon)
        self._offer(tuple(kept), worth)

    def _go(self, rows: list[Held], picked: tuple[Held, ...], left: Left, worth: Worth) -> None:
        """`rows` are those still open: after the last one looked at, and fitting to what was picked."""
        if not rows:
            self._offer(picked, worth)
            return
        if self._bound(worth, rows, [self.alone[row.id] for row in rows]) <= self.found:
            return
        taken = [self.takers[row.id].take(left) for row in rows]
        offs = [each.off for each in taken]
        # Using one or leaving it, from the first to the last: what is left open behind it bounds the rest.
        for at, row in enumerate(rows):
            if self._bound(worth, rows[at:], offs[at:]) <= self.found:
                return
            if _counts(row, taken[at]):
                fitting = [each for each in rows[at + 1 :] if each.rule.goes_with(row.rule)]
                self._go(fitting, (*picked, row), left.less(taken[at]), self._plus(worth, row, offs[at]))
            if row is self.must:
                return
        self._offer(picked, worth)

    def _bound(self, worth: Worth, rows: list[Held], offs: list[int]) -> Worth:
        most = dict.fromkeys(self.groups, 0)
        handed, sooner = set(), dict.fromkeys(self.groups, 0)
        for row, off in zip(rows, offs, strict=True):
            group, soon = row.rule.group, self.sooner[row.id]
            if off > most[group]:
                most[group] = off
            if soon > sooner[group]:
                sooner[group] = soon
            if row.rule.kind in HANDED_OVER:
                handed.add(group)
        return worth[0] + sum(most.values()), worth[1] + len(handed), worth[2] + sum(sooner.values())

    def _offer(self, picked: tuple[Held, ...], worth: Worth) -> None:
        self.tried += 1
        if worth > self.found and (self.must is None or self.must in picked):
            self.found, self.picked = worth, picked

    def _plus(self, worth: Worth, coupon: Held, off: int) -> Worth:
        return worth[0] + off, worth[1] + (coupon.rule.kind in HANDED_OVER), worth[2] + self.sooner[coupon.id]


def _counts(coupon: Held, taken: Taken) -> bool:
    """A coupon that takes no money off what is left is kept for another day, unless it hands something over."""
    return taken.off > 0 or coupon.rule.kind in HANDED_OVER
