"""A block's points: accounts, lines, lots and what was taken of them, as if the verbs had written them."""

from typing import Any

import numpy as np
import pyarrow as pa

from loyalty.models import LotUse, PointsAccount, PointsEntry, PointsLot
from scrm.demo import baskets
from scrm.demo.copying import copy, joined, moments, numbers, words_of
from scrm.demo.draws import Array, Draws, poisson, spread
from scrm.demo.loyalty_draft import EXPIRE, HOUSE, KINDS, OWN_SOURCES, REPAY, REVERSE, SPENT, Draft, Ledger
from scrm.demo.loyalty_earning import Basis, bases, is_lost, points
from scrm.demo.loyalty_incoming import DAY, Incoming
from scrm.demo.loyalty_levels import standing
from scrm.demo.loyalty_lots import BACK, SPEND, Desk, Taken, Wishes
from scrm.demo.rows import FIRST_NUMBER
from scrm.demo.world import SPAN

NEVER_SPEND = 0.185  # of the people: theirs end unused
EXCHANGES = 8.5  # of the others, a head: points given for miles of a partner
WITH_POINTS = 0.6  # of the orders with something off: the points behind it, beside those planned as such


class Book(Incoming):
    """Writes a block's ledger up."""

    def write_up(self) -> Ledger:
        after = bases(self.world, self.orders, self.lines, self.paid, self.gone)
        came = np.flatnonzero(~is_lost(self.back) & self.mine[self.back.order])
        order = self.back.order[came]
        lost = (self.basis.other + self.basis.coffee - after.other - after.coffee)[order]
        date_of = self.world.days.date_of
        mine = np.flatnonzero(self.mine)
        self.come_in(Ledger(standing(
            self.world, self.people, self.orders.person[mine], date_of(self.orders.placed[mine]),
            (self.basis.other + self.basis.coffee)[mine], self.orders.person[order], date_of(self.back.at[came]), lost,
        )))  # fmt: skip
        self._reverse(after, came)
        return self.ledger

    # What goes out

    def _reverse(self, after: Basis, came: Array) -> None:
        """Refunds and payments with points against the lots, in the order of time."""
        orders, back = self.orders, self.back
        self.spender = self.draws.u(self.people.n, 9) >= NEVER_SPEND
        reversed_ = self._returns(after, came)
        taking = np.flatnonzero(reversed_[2] > 0)
        paying, wanted = self._payments()
        who, moment, miles, self.nth_exchange = self._exchanges()
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

    def _returns(self, after: Basis, came: Array) -> list[Array]:
        """Per refund and rule: the refund, the line taken back, its points, what counted for the level."""
        then = points(self.world, self.orders, after, self.ledger.levels)
        before = points(self.world, self.orders, self.basis, self.ledger.levels)
        order, parts = self.back.order[came], []
        for code, of in (("base", "other"), ("coffee", "coffee"), ("tuesday", "")):
            place = self.parts[code][0][order]
            less = np.maximum(getattr(before, code) - getattr(then, code), 0)[order]
            fewer = (getattr(self.basis, of) - getattr(after, of))[order] if of else np.zeros(len(order), np.int64)
            some = (place >= 0) & ((less > 0) | (fewer > 0))
            parts.append([column[some] for column in (came, place, less, fewer)])
        return [np.concatenate(columns) for columns in zip(*parts, strict=True)]

    def _payments(self) -> tuple[Array, Array]:
        """Orders that may have been paid with points, and how many at most: never more than was taken off their bill."""
        orders, draws = self.orders, Draws(self.world.seed, "orders")
        gross = np.bincount(self.lines.order, self.lines.total + self.lines.discount, len(orders))
        planned = baskets._points(draws, orders, gross * (1 - orders.discount_share)).astype(np.int64)
        other = np.where(self.draws.u(orders.key, 5) < WITH_POINTS, orders.total + orders.discount, 0) // 2
        most = np.minimum(np.maximum(planned, other), orders.discount) // 100 * 100
        paying = np.flatnonzero(self.mine & ~orders.hkd & (most > 0) & self.spender[orders.person])
        return paying, most[paying].astype(np.int64)

    def _exchanges(self) -> tuple[Array, Array, Array, Array]:
        """Points for miles, a thousand at a time: (who, when, how many at most, which)."""
        n = self.people.n
        person, running = spread(poisson(self.draws.u(n, 6), EXCHANGES * self.spender))
        key = n[person] * 16 + running
        since = np.maximum(self.people.joined[person] + 60 * DAY, self.begins)
        at = since + ((self.world.now - 60 - since) * self.draws.u(key, 7)).astype(np.int64)
        some = since < self.world.now - DAY
        thousands = 1 + np.floor(60 * self.draws.u(key, 8) ** 2).astype(np.int64)
        return person[some], at[some], 1000 * thousands[some], running[some]

    def _write_out(
        self, taken: Taken, wishes: Wishes, paying: Array, spends: int, reversed_: list[Array], taking: Array
    ) -> None:  # fmt: skip
        """The lines of what was taken, and which of them took of which lot."""
        entry_of_wish = np.full(len(taken.spent), -1)
        self._write_payments(taken, paying, entry_of_wish)
        self._write_exchanges(taken, wishes, len(paying), spends, entry_of_wish)
        self._write_returns(taken, spends, reversed_, taking, entry_of_wish)
        repays = np.flatnonzero(taken.wish < 0)
        entry_of_stretch = entry_of_wish[taken.wish.clip(0)] if len(taken.wish) else taken.wish
        entry_of_stretch[repays] = self._write_repays(taken, repays) + np.arange(len(repays))
        stretch, lot, amount = taken.uses()
        own_wish, own_lot, own_amount = (
            np.array(column, np.int64) for column in (zip(*taken.own, strict=True) if taken.own else ((), (), ()))
        )
        self.use_entry = np.concatenate([entry_of_stretch[stretch], entry_of_wish[own_wish]])
        self.use_lot, self.use_amount = np.concatenate([lot, own_lot]), np.concatenate([amount, own_amount])
        self._write_ends()

    def _write_payments(self, taken: Taken, paying: Array, entry_of_wish: Array) -> None:
        spent = np.flatnonzero(taken.spent[: len(paying)] > 0)
        which, orders = paying[spent], self.orders
        start = self.ledger.add(Draft(
            SPENT, orders.person[which], orders.placed[which], "payment", orders.way[which],
            joined("order:", self.ref.take(pa.array(which)), ":payment"), self.ref.take(pa.array(which)),
            -taken.spent[spent], turn=2, store=self.store[which],
        ))  # fmt: skip
        entry_of_wish[spent] = start + np.arange(len(spent))

    def _write_exchanges(self, taken: Taken, wishes: Wishes, first: int, last: int, entry_of_wish: Array) -> None:
        miles = first + np.flatnonzero(taken.spent[first:last] > 0)
        person, size = wishes.person[miles], len(miles)
        start = self.ledger.add(Draft(
            SPENT, person, wishes.at[miles], "gift", np.full(size, HOUSE),
            joined("miles:", numbers(self.people.id[person]), ":", numbers(self.nth_exchange[miles - first])),
            pa.repeat("", size), -taken.spent[miles], turn=2, explanation=pa.repeat('{"partner": "miles"}', size),
        ))  # fmt: skip
        entry_of_wish[miles] = start + np.arange(size)

    def _write_returns(
        self, taken: Taken, spends: int, reversed_: list[Array], taking: Array, entry_of_wish: Array
    ) -> None:  # fmt: skip
        refund, entry, undone, counted = reversed_
        owed = np.zeros(len(refund), np.int64)
        owed[taking] = taken.owed[spends:]
        order = self.back.order[refund]
        ref = joined("T-", numbers(self.back.id[refund] - SPAN + FIRST_NUMBER))
        start = self.ledger.add(Draft(
            REVERSE, self.orders.person[order], self.back.at[refund], "refund", self.orders.way[order],
            self._names(refund, entry), self.ref.take(pa.array(order)), -undone, turn=7, debt=owed, undone=undone,
            qualifying=-counted, reverses=entry, explanation=joined('{"refund": "', ref, '"}'), store=self.store[order],
        ))  # fmt: skip
        entry_of_wish[spends:] = start + taking

    def _write_repays(self, taken: Taken, repays: Array) -> int:
        """Debts repaid, when the last lot that it took of counted."""
        last = np.searchsorted(taken.line, taken.end[repays], side="left") - 1 - taken.person[repays]
        size = len(repays)
        return self.ledger.add(Draft(
            REPAY, taken.person[repays], self.lots.usable[last] + 60, "debt", np.full(size, HOUSE),
            joined("repay:", numbers(self._lot_number(last)), ":", numbers(taken.start[repays])), pa.repeat("", size),
            np.zeros(size, np.int64), turn=8, debt=-(taken.end - taken.start)[repays],
        ))  # fmt: skip

    def _write_ends(self) -> None:
        """What nobody took before its end."""
        lots, size = self.lots, len(self.lots.amount)
        left = lots.amount - np.bincount(self.use_lot, self.use_amount, size).astype(np.int64)
        times = np.bincount(self.use_lot, minlength=size)
        over = np.flatnonzero((lots.ends <= self.world.now) & (left > 0))
        start = self.ledger.add(Draft(
            EXPIRE, lots.person[over], lots.ends[over], "end", np.full(len(over), HOUSE),
            joined("expire:", numbers(self._lot_number(over)), ":", numbers(times[over])), pa.repeat("", len(over)),
            -left[over], turn=9,
        ))  # fmt: skip
        self.use_entry = np.append(self.use_entry, start + np.arange(len(over)))
        self.use_lot, self.use_amount = np.append(self.use_lot, over), np.append(self.use_amount, left[over])
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
        amount = np.bincount(inverse, self.use_amount, len(first)).astype(np.int64)
        order = np.lexsort((self.use_lot[first], self.number[self.use_entry[first]]))
        first = first[order]
        copy(cursor, LotUse, {
            "id": base + np.arange(len(first)), "entry_id": self.number[self.use_entry[first]],
            "lot_id": self._lot_number(self.use_lot[first]), "amount": amount[order],
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
