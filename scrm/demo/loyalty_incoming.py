"""What comes into a block's accounts: balances brought along, welcome, purchases, firsts of a category."""

from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from scrm.demo import days
from scrm.demo.baskets import Lines
from scrm.demo.copying import joined, numbers, words_of
from scrm.demo.draws import Array, Draws
from scrm.demo.loyalty_coupons import Night
from scrm.demo.loyalty_draft import CAMPAIGN, EARN, FORMER, HOUSE, OPENING, Draft, Given, Ledger
from scrm.demo.loyalty_earning import bases, firsts, gone_of_lines, month_after_next_year, points
from scrm.demo.loyalty_levels import BLACK
from scrm.demo.loyalty_lots import Lots
from scrm.demo.loyalty_rules import TOP_CATEGORIES
from scrm.demo.money import Payments, Refunds
from scrm.demo.orders import Orders
from scrm.demo.people import People
from scrm.demo.rows import order_numbers
from scrm.demo.world import World
from scrm.kernel.parsing import canonical

LEDGER_DAYS, CAPPED_DAYS = 730, 395  # before that stood another system: its balances came along
PENDING_DAYS, COFFEE_DAYS, DAY = 7, 1, 86400


class Incoming:
    """The lines by which points come, and their lots in the order in which they are spent."""

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
        self.ledger: Ledger
        self.store = np.where(orders.store >= 0, world.store_id[orders.store.clip(0)], 0)

    def come_in(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._open()
        self._welcome()
        self._earn()
        self._firsts()
        self._lots()

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
