"""A block's points: accounts, lines, lots and what was taken of them, as if the verbs had written them."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from loyalty.models import LotUse, PointsAccount, PointsEntry, PointsLot
from scrm.demo import baskets, days
from scrm.demo.baskets import Lines
from scrm.demo.copying import copy, joined, moments, numbers, words_of
from scrm.demo.draws import Array, Draws, poisson, spread
from scrm.demo.loyalty_coupons import Night
from scrm.demo.loyalty_earning import Basis, bases, firsts, gone_of_lines, is_lost, month_after_next_year, points
from scrm.demo.loyalty_levels import BLACK, Standing, standing
from scrm.demo.loyalty_lots import BACK, SPEND, Desk, Lots, Taken, Wishes
from scrm.demo.loyalty_rules import TOP_CATEGORIES
from scrm.demo.money import Payments, Refunds
from scrm.demo.orders import SOURCES, Orders
from scrm.demo.people import People
from scrm.demo.rows import FIRST_NUMBER, order_numbers
from scrm.demo.world import SPAN, World
from scrm.kernel.parsing import canonical

LEDGER_DAYS, CAPPED_DAYS = 730, 395  # before that stood another system: its balances came along
KINDS = ["opening", "spend", "earn", "reverse", "repay", "expire"]
OPENING, SPENT, EARN, REVERSE, REPAY, EXPIRE = range(6)
OWN_SOURCES = [*SOURCES, "house", "campaign", "former"]
HOUSE, CAMPAIGN, FORMER = (OWN_SOURCES.index(name) for name in ("house", "campaign", "former"))
PENDING_DAYS, COFFEE_DAYS, DAY = 7, 1, 86400
NEVER_SPEND = 0.185  # of the people: theirs end unused
EXCHANGES = 8.5  # of the others, a head: points given for miles of a partner
WITH_POINTS = 0.6  # of the orders with something off: the points behind it, beside those planned as such


@dataclass
class Draft:
    """Lines of one sort before they are in order: each column has one place per line."""

    kind: int
    person: Array
    at: Array
    reason: str
    source: Array
    key: pa.Array
    ref: pa.Array
    delta: Array
    turn: int = 0  # of lines of one moment, which comes first
    debt: Array | None = None
    undone: Array | None = None
    qualifying: Array | None = None
    rule: Array | None = None
    explanation: pa.Array | None = None
    store: Array | None = None
    digest: list[bytes] | None = None
    reverses: Array | None = None  # place of the line taken back, among all lines

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Ledger:
    """All lines in order, with what the timeline and the coupons want to know."""

    levels: Standing
    drafts: list[Draft] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, draft: Draft) -> int:
        """Where its lines begin among all."""
        self.drafts.append(draft)
        self.starts.append(self.size)
        self.size += len(draft)
        return self.starts[-1]

    def column(self, name: str, default: int = 0) -> Array:
        return np.concatenate([
            np.full(len(draft), default) if (held := getattr(draft, name)) is None else
            np.full(len(draft), held) if np.isscalar(held) else held for draft in self.drafts
        ]).astype(np.int64)  # fmt: skip

    def texts(self, name: str, default: str) -> pa.Array:
        held = [default if (held := getattr(draft, name)) is None else held for draft in self.drafts]
        return pa.concat_arrays([
            pa.repeat(one, len(draft)) if isinstance(one, str) else one.cast(pa.string())
            for one, draft in zip(held, self.drafts, strict=True)
        ])  # fmt: skip


@dataclass
class Given:
    """Lots before they are in order: the line they are born by, when they count."""

    entry: Array
    person: Array
    points: Array
    counts: Array
    ends: Array


class Book:
    """Writes a block's ledger up."""

    def __init__(self, world: World, people: People, orders: Orders, lines: Lines, paid: Payments, back: Refunds,
                 night: Night) -> None:  # fmt: skip
        self.world, self.people, self.orders, self.lines, self.back = world, people, orders, lines, back
        self.paid, self.night = paid, night
        self.draws = Draws(world.seed, "points")
        ledger_days = CAPPED_DAYS if world.capped else LEDGER_DAYS
        self.begins = int(world.days.epoch(np.array([days.WINDOW - ledger_days]))[0])
        self.all_mine = ~orders.guest & ~orders.cancelled
        self.mine = self.all_mine & (orders.placed >= self.begins)
        self.ref = order_numbers(orders)
        self.basis = bases(world, orders, lines, paid)
        self.gone = gone_of_lines(lines, back)
        self.given: list[Given] = []
        self.spender = self.draws.u(people.n, 9) >= NEVER_SPEND
        self.store = np.where(orders.store >= 0, world.store_id[orders.store.clip(0)], 0)

    def write_up(self) -> Ledger:
        after = bases(self.world, self.orders, self.lines, self.paid, self.gone)
        came = np.flatnonzero(~is_lost(self.back) & self.mine[self.back.order])
        order = self.back.order[came]
        lost = (self.basis.other + self.basis.coffee - after.other - after.coffee)[order]
        date_of = self.world.days.date_of
        mine = np.flatnonzero(self.mine)
        self.ledger = Ledger(standing(
            self.world, self.people, self.orders.person[mine], date_of(self.orders.placed[mine]),
            (self.basis.other + self.basis.coffee)[mine], self.orders.person[order], date_of(self.back.at[came]), lost,
        ))  # fmt: skip
        self._open()
        self._welcome()
        self._earn()
        self._firsts()
        self._lots()
        self._reverse(after, came)
        return self.ledger

    # What comes in

    def _open(self) -> None:
        """What a member brought along: a part of what the year before would have earned."""
        n, orders = self.people.n, self.orders
        year = self.all_mine & (orders.placed < self.begins) & (orders.placed >= self.begins - 365 * DAY)
        worth = np.bincount(orders.person[year], (self.basis.other + self.basis.coffee)[year], len(n)) / 100
        old = self.people.joined_day < 0
        some = np.where(
            worth > 0, worth * (0.75 + 0.9 * self.draws.u(n, 1)), old * (40 + 700 * self.draws.u(n, 2) ** 2)
        )
        amount = np.floor(some).astype(np.int64) * (self.people.joined < self.begins) * (self.draws.u(n, 3) < 0.8)
        who = np.flatnonzero(amount > 0)
        month = np.datetime64(self.begins + 8 * 3600, "s").astype("datetime64[M]") + 1 + self.draws.below(n[who], 4, 4)
        ends = month.astype("datetime64[D]").astype(np.int64) * DAY - 8 * 3600
        at = np.full(len(who), self.begins + 7)
        self._give(Draft(
            OPENING, who, at, "opening", np.full(len(who), FORMER), joined("opening:", numbers(self.people.id[who])),
            pa.repeat("", len(who)), amount[who],
        ), at, ends)  # fmt: skip

    def _welcome(self) -> None:
        who = np.flatnonzero(self.people.joined >= self.begins)
        self._campaign(who, self.people.joined[who] + 2, 200, "welcome", "welcome:welcome:")
        who = np.flatnonzero(self.night.amends)
        at = np.full(len(who), self.night.amends_at) + self.people.n[who] % 3600
        self._campaign(who, at, self.night.POINTS, "goodwill", "packet-night-amends:amends:")

    def _campaign(self, who: Array, at: Array, amount: int, reason: str, key: str) -> None:
        self._give(Draft(
            EARN, who, at, reason, np.full(len(who), CAMPAIGN), joined(key, numbers(self.people.id[who])),
            pa.repeat("", len(who)), np.full(len(who), amount), turn=1,
            explanation=pa.repeat(f'{{"campaign": "{key.partition(":")[0]}"}}', len(who)),
        ), at, month_after_next_year(self.world.days.date_of(at)))  # fmt: skip

    def _earn(self) -> None:
        """One line per purchase and rule; one of no points where nothing of it earns."""
        basis, earned = self.basis, points(self.world, self.orders, self.basis, self.ledger.levels)
        day = self.world.days.date_of(self.orders.placed)
        tuesday = (day + 3) % 7 == 1
        pending = np.where(basis.other > 0, PENDING_DAYS, COFFEE_DAYS)
        self.parts: dict[str, tuple[Array, int]] = {}
        for turn, (code, mine, amount, of) in enumerate((
            ("base", self.mine & (basis.other > 0), earned.base, basis.other),
            ("coffee", self.mine & (basis.coffee > 0), earned.coffee, basis.coffee),
            ("tuesday", self.mine & (basis.coffee > 0) & tuesday, earned.tuesday, basis.coffee),
        )):  # fmt: skip
            which = np.flatnonzero(mine)
            counts = self.orders.placed[which] + pending[which] * DAY
            start = self._give(self._of_orders(
                which, joined("order:", self.ref.take(pa.array(which)), f":{code}"), amount[which], turn=3 + turn,
                rule=np.full(len(which), self.world.loyalty.rules[code]),
                qualifying=np.zeros(len(which), np.int64) if code == "tuesday" else of[which],
                explanation=self._because(code, which, of, day),
            ), counts, month_after_next_year(self.world.days.date_of(counts)))  # fmt: skip
            place = np.full(len(self.orders), -1)
            place[which] = start + np.arange(len(which))
            self.parts[code] = (place, start)
        self._nothing(np.flatnonzero(self.mine & (basis.other + basis.coffee <= 0)))

    def _of_orders(self, which: Array, key: pa.Array, amount: Array, **more: Any) -> Draft:
        orders = self.orders
        return Draft(EARN, orders.person[which], orders.placed[which], "purchase", orders.way[which], key,
                     self.ref.take(pa.array(which)), amount, store=self.store[which], **more)  # fmt: skip

    def _because(self, code: str, which: Array, of: Array, day: Array) -> pa.Array:
        levels, person = self.ledger.levels, self.orders.person[which]
        black = (levels.rank[person] == BLACK) & (day[which] >= levels.since[person]) & (code != "tuesday")
        how = '"factor": "2.00"' if code == "tuesday" else '"points": 1, "per": 100'
        left, tenders = self.basis.lines[which], self.basis.tenders[which]
        out = np.where(left != 0, np.where(tenders > 0, 3, 1), np.where(tenders > 0, 2, 0))
        return joined(
            '{"basis": ', numbers(of[which]), f', "rule": "{code}", "version": 1, "rounding": "half_up", {how}',
            words_of(["", ', "level": "black", "level_factor": "1.50"'], black.astype(np.int64)),
            words_of(["", ', "left_out": {"lines": ', ', "left_out": {"tenders": ', ', "left_out": {"lines": '], out),
            pa.array(np.where(left != 0, left.astype(str), "").astype(object)),
            words_of(["", "", "", ', "tenders": '], out),
            pa.array(np.where(tenders > 0, tenders.astype(str), "").astype(object)),
            words_of(["", "}", "}", "}"], out), "}",
        )  # fmt: skip

    def _nothing(self, which: Array) -> None:
        refs = self.ref.take(pa.array(which))
        key = joined("order:", refs, ":none:no_basis")
        digests = [
            blake2b(canonical([int(record), "earn", 0, "purchase", ref.as_py(), 0]), digest_size=16).digest()
            for record, ref in zip(self.people.id[self.orders.person[which]], refs, strict=True)
        ]
        self.ledger.add(self._of_orders(
            which, key, np.zeros(len(which), np.int64), turn=3, digest=digests,
            explanation=joined('{"why": "no_basis", "left_out": {"lines": ', numbers(self.basis.lines[which]), "}}"),
        ))  # fmt: skip

    def _firsts(self) -> None:
        """A hundred for the first of each category."""
        order, top = firsts(self.world, self.orders, self.lines, self.mine, self.gone)
        who, subject = self.people.id[self.orders.person[order]], words_of(TOP_CATEGORIES, top)
        counts = self.orders.placed[order] + PENDING_DAYS * DAY
        draft = self._of_orders(
            order, joined("new-category:", numbers(who), ":", subject, ":0"), np.full(len(order), 100), turn=6,
            rule=np.full(len(order), self.world.loyalty.rules["new-category"]),
            explanation=joined('{"rule": "new-category", "version": 1, "bonus": 100, "first": "', subject, '", "order": "',
                               self.ref.take(pa.array(order)), '"}'),
        )  # fmt: skip
        draft.source, draft.ref = np.full(len(order), HOUSE), pa.repeat("", len(order))
        self._give(draft, counts, month_after_next_year(self.world.days.date_of(counts)))

    def _give(self, draft: Draft, counts: Array, ends: Array) -> int:
        start = self.ledger.add(draft)
        some = draft.delta > 0
        self.given.append(Given(start + np.flatnonzero(some), draft.person[some], draft.delta[some], counts[some],
                                ends[some]))  # fmt: skip
        return start

    def _lots(self) -> None:
        """In the order in which they are spent; of one end in the order of their lines."""
        entry, person, amount, counts, ends = (
            np.concatenate([getattr(given, name) for given in self.given])
            for name in ("entry", "person", "points", "counts", "ends")
        )
        at, turn = self.ledger.column("at"), self.ledger.column("turn")
        order = np.lexsort((entry, turn[entry], at[entry], ends, person))
        self.lots = Lots(person[order], entry[order], amount[order], counts[order], ends[order])
        self.lot_of = np.full(self.ledger.size, -1)
        self.lot_of[self.lots.entry] = np.arange(len(order))

    # What goes out

    def _reverse(self, after: Basis, came: Array) -> None:
        """Refunds and payments with points against the lots, in the order of time."""
        orders, back = self.orders, self.back
        then = points(self.world, orders, after, self.ledger.levels)
        before = points(self.world, orders, self.basis, self.ledger.levels)
        order = back.order[came]
        refund, entry, undone, counted = [], [], [], []
        for code, of in (("base", "other"), ("coffee", "coffee"), ("tuesday", "")):
            place = self.parts[code][0][order]
            less = np.maximum(getattr(before, code) - getattr(then, code), 0)[order]
            fewer = (getattr(self.basis, of) - getattr(after, of))[order] if of else np.zeros(len(order), np.int64)
            some = (place >= 0) & ((less > 0) | (fewer > 0))
            for column, values in ((refund, came), (entry, place), (undone, less), (counted, fewer)):
                column.append(values[some])
        reversed_ = [np.concatenate(column) for column in (refund, entry, undone, counted)]
        taking = np.flatnonzero(reversed_[2] > 0)
        paying, wanted = self._payments()
        who, moment, miles = self._exchanges()
        spends = len(paying) + len(who)
        wishes = Wishes(
            np.concatenate([orders.person[paying], who, orders.person[back.order[reversed_[0][taking]]]]),
            np.concatenate([orders.placed[paying], moment, back.at[reversed_[0][taking]]]),
            np.concatenate([np.full(spends, SPEND), np.full(len(taking), BACK)]),
            np.concatenate([wanted, miles, reversed_[2][taking]]),
            np.concatenate([np.full(spends, -1), self.lot_of[reversed_[1][taking]]]),
        )  # fmt: skip
        taken = Desk(len(self.people.n), self.lots).take(wishes, self.world.now)
        self._write_out(taken, wishes, paying, spends, reversed_, taking)

    def _payments(self) -> tuple[Array, Array]:
        """Orders that may have been paid with points, and how many at most: never more than was taken off their bill."""
        orders, draws = self.orders, Draws(self.world.seed, "orders")
        gross = np.bincount(self.lines.order, self.lines.total + self.lines.discount, len(orders))
        planned = baskets._points(draws, orders, gross * (1 - orders.discount_share)).astype(np.int64)
        other = np.where(self.draws.u(orders.key, 5) < WITH_POINTS, orders.total + orders.discount, 0) // 2
        most = np.minimum(np.maximum(planned, other), orders.discount) // 100 * 100
        paying = np.flatnonzero(self.mine & ~orders.hkd & (most > 0) & self.spender[orders.person])
        return paying, most[paying].astype(np.int64)

    def _exchanges(self) -> tuple[Array, Array, Array]:
        """Points for miles, a thousand at a time: (who, when, how many at most)."""
        n = self.people.n
        person, running = spread(poisson(self.draws.u(n, 6), EXCHANGES * self.spender))
        key = n[person] * 16 + running
        since = np.maximum(self.people.joined[person] + 60 * DAY, self.begins)
        at = since + ((self.world.now - 60 - since) * self.draws.u(key, 7)).astype(np.int64)
        some = since < self.world.now - DAY
        thousands = 1 + np.floor(60 * self.draws.u(key, 8) ** 2).astype(np.int64)
        return person[some], at[some], 1000 * thousands[some]

    def _write_out(
        self, taken: Taken, wishes: Wishes, paying: Array, spends: int, reversed_: list[Array], taking: Array
    ) -> None:  # fmt: skip
        ledger, orders, back = self.ledger, self.orders, self.back
        stretch, lot, amount = taken.uses()
        own_wish, own_lot, own_amount = (
            np.array(column, np.int64) for column in (zip(*taken.own, strict=True) if taken.own else ((), (), ()))
        )
        # Payments
        spent = np.flatnonzero(taken.spent[: len(paying)] > 0)
        which = paying[spent]
        start = ledger.add(Draft(
            SPENT, orders.person[which], orders.placed[which], "payment", orders.way[which],
            joined("order:", self.ref.take(pa.array(which)), ":payment"), self.ref.take(pa.array(which)),
            -taken.spent[spent], turn=2, store=self.store[which],
        ))  # fmt: skip
        entry_of_wish = np.full(len(taken.spent), -1)
        entry_of_wish[spent] = start + np.arange(len(spent))
        miles = len(paying) + np.flatnonzero(taken.spent[len(paying) : spends] > 0)
        start = ledger.add(Draft(
            SPENT, wishes.person[miles], wishes.at[miles], "gift", np.full(len(miles), HOUSE),
            joined("miles:", numbers(self._base() + miles)), pa.repeat("", len(miles)), -taken.spent[miles], turn=2,
            explanation=pa.repeat('{"partner": "miles"}', len(miles)),
        ))  # fmt: skip
        entry_of_wish[miles] = start + np.arange(len(miles))
        # Refunds
        refund, entry, undone, counted = reversed_
        owed, lost = np.zeros(len(refund), np.int64), undone.copy()
        owed[taking] = taken.owed[spends:]
        order = back.order[refund]
        ref = joined("T-", numbers(back.id[refund] - SPAN + FIRST_NUMBER))
        start = ledger.add(Draft(
            REVERSE, orders.person[order], back.at[refund], "refund", orders.way[order],
            self._names(refund, entry), self.ref.take(pa.array(order)), -lost, turn=7, debt=owed, undone=undone, qualifying=-counted,
            reverses=entry, explanation=joined('{"refund": "', ref, '"}'), store=self.store[order],
        ))  # fmt: skip
        entry_of_wish[spends:] = start + taking
        # Debts repaid, by the last lot it took
        repays = np.flatnonzero(taken.wish < 0)
        last = np.searchsorted(taken.line, taken.end[repays], side="left") - 1 - taken.person[repays]
        paid = (taken.end - taken.start)[repays]
        start = ledger.add(Draft(
            REPAY, taken.person[repays], self.lots.usable[last] + 60, "debt", np.full(len(repays), HOUSE),
            joined("repay:", numbers(self._lot_number(last)), ":", numbers(taken.start[repays])),
            pa.repeat("", len(repays)), np.zeros(len(repays), np.int64), turn=8, debt=-paid,
        ))  # fmt: skip
        entry_of_stretch = (
            np.where(taken.wish >= 0, entry_of_wish[taken.wish.clip(0)], -1) if len(taken.wish) else taken.wish
        )
        entry_of_stretch[repays] = start + np.arange(len(repays))
        # What ended
        lots = self.lots
        used = np.bincount(lot, amount, len(lots.amount)) + np.bincount(own_lot, own_amount, len(lots.amount))
        times = np.bincount(lot, minlength=len(lots.amount)) + np.bincount(own_lot, minlength=len(lots.amount))
        left = lots.amount - used.astype(np.int64)
        over = np.flatnonzero((lots.ends <= self.world.now) & (left > 0))
        start = ledger.add(Draft(
            EXPIRE, lots.person[over], lots.ends[over], "end", np.full(len(over), HOUSE),
            joined("expire:", numbers(self._lot_number(over)), ":", numbers(times[over])), pa.repeat("", len(over)),
            -left[over], turn=9,
        ))  # fmt: skip
        self.use_entry = np.concatenate(
            [entry_of_stretch[stretch], entry_of_wish[own_wish], start + np.arange(len(over))]
        )
        self.use_lot = np.concatenate([lot, own_lot, over])
        self.use_amount = np.concatenate([amount, own_amount, left[over]])
        left[over] = 0
        self.left = left

    def _names(self, refund: Array, entry: Array) -> pa.Array:
        """A refund takes back of several rules: the key of each line says which."""
        code = np.zeros(len(refund), np.int64)
        for place, (_entries, first) in enumerate(self.parts.values()):
            code = np.where(entry >= first, place, code)
        return joined("order:", self.ref.take(pa.array(self.back.order[refund])), ":", words_of(list(self.parts), code),
                      ":refund:", numbers(self.back.id[refund] - SPAN + FIRST_NUMBER))  # fmt: skip

    def _lot_number(self, lot: Array) -> Array:
        return self._base() + lot

    def _base(self) -> int:
        return (int(self.people.n[0]) // 10_000 + 1) * SPAN

    # Into the tables

    def save(self, cursor: Any) -> None:
        ledger, base = self.ledger, self._base()
        person, at, turn = ledger.column("person"), ledger.column("at"), ledger.column("turn")
        order = np.lexsort((np.arange(ledger.size), turn, at, person))
        place = np.empty(ledger.size, np.int64)
        place[order] = np.arange(ledger.size)
        self.number = base + place  # of each line
        person, at = person[order], at[order]
        delta = ledger.column("delta")[order]
        first = np.searchsorted(person, np.arange(len(self.people.n) + 1))
        so_far = np.append(0, np.cumsum(delta))
        self.balance = np.empty(ledger.size, np.int64)
        self.balance[order] = so_far[1:] - so_far[first[person]]
        has = np.flatnonzero(np.diff(first))
        account = np.full(len(self.people.n), 0)
        account[has] = base + np.arange(len(has))
        self._save_accounts(cursor, has, account, at[first[has]])
        rule, reverses, store = (ledger.column(name, default)[order] for name, default in
                                 (("rule", 0), ("reverses", -1), ("store", 0)))  # fmt: skip
        shown = pa.array(order)
        copy(cursor, PointsEntry, {
            "id": base + np.arange(ledger.size),
            "account_id": account[person],
            "record": self.people.id[person],
            "kind": words_of(KINDS, ledger.column("kind")[order]),
            "delta": delta,
            "debt_delta": ledger.column("debt")[order],
            "balance_after": self.balance[order],
            "qualifying": ledger.column("qualifying")[order],
            "reason": ledger.texts("reason", "").take(shown),
            "at": moments(at),
            "recorded_at": moments(at),
            "source": words_of(OWN_SOURCES, ledger.column("source")[order]),
            "key": ledger.texts("key", "").take(shown),
            "digest": self._digests().take(shown),
            "source_ref": ledger.texts("ref", "").take(shown),
            "rule_id": numbers(rule, rule == 0),
            "reverses_id": numbers(self.number[reverses.clip(0)], reverses < 0),
            "undone": ledger.column("undone")[order],
            "explanation": ledger.texts("explanation", "{}").take(shown),
            "store_id": numbers(store, store == 0),
        })  # fmt: skip
        self._save_lots(cursor, account)

    def _digests(self) -> pa.Array:
        return pa.concat_arrays([
            pa.repeat("", len(draft)) if draft.digest is None else
            pa.array(["\\x" + digest.hex() for digest in draft.digest], pa.string()) for draft in self.ledger.drafts
        ])  # fmt: skip

    def _save_accounts(self, cursor: Any, has: Array, account: Array, opened: Array) -> None:
        size, waits = len(self.people.n), self.lots.counts > self.world.now
        available, pending = (np.bincount(self.lots.person[some], self.left[some], size).astype(np.int64)
                              for some in (~waits, waits))  # fmt: skip
        debt = np.bincount(self.ledger.column("person"), self.ledger.column("debt"), size).astype(np.int64)
        copy(cursor, PointsAccount, {
            "id": account[has], "customer_id": self.people.id[has],
            "programme_id": np.full(len(has), self.world.loyalty.programme),
            "available": available[has], "pending": pending[has], "debt": debt[has], "opened_at": moments(opened),
        })  # fmt: skip

    def _save_lots(self, cursor: Any, account: Array) -> None:
        lots, base = self.lots, self._base()
        waits = lots.counts > self.world.now
        copy(cursor, PointsLot, {
            "id": self._lot_number(np.arange(len(lots.amount))), "account_id": account[lots.person],
            "entry_id": self.number[lots.entry], "record": self.people.id[lots.person], "amount": lots.amount,
            "remaining": self.left, "state": words_of(["open", "pending"], waits.astype(np.int64)),
            "counts_at": moments(lots.counts), "ends_at": moments(lots.ends),
        })  # fmt: skip
        # Of one line and one lot there is one row.
        pair = self.use_entry * len(lots.amount) + self.use_lot
        _pairs, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
        copy(cursor, LotUse, {
            "id": base + np.arange(len(first)), "entry_id": self.number[self.use_entry[first]],
            "lot_id": self._lot_number(self.use_lot[first]),
            "amount": np.bincount(inverse, self.use_amount, len(first)).astype(np.int64),
        })  # fmt: skip

    def spends(self) -> tuple[Any, ...]:
        """The lines of the timeline: points used."""
        draft = next(one for one in self.ledger.drafts if one.kind == SPENT)
        start = self.ledger.starts[self.ledger.drafts.index(draft)]
        every = start + np.arange(len(draft))

        def details(kept: Array) -> pa.Array:
            return joined('{"points": ', numbers(draft.delta[kept]), ', "entry": ', numbers(self.number[every[kept]]),
                          ', "reason": "payment", "balance": ', numbers(self.balance[every[kept]]), "}")  # fmt: skip

        zero = np.zeros(len(draft), np.int64)
        return ["points.spent"], zero, draft.person, draft.at, ([""], zero), draft.store, details
