"""The wallets of the people with names of their own: points line by line since their first order, levels, coupons."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from commerce.models import Order, Refund
from customers.models import Customer, Event
from loyalty.earning import Earned, Line, Purchase, earned
from loyalty.models import (
    Campaign,
    CampaignGrant,
    Coupon,
    CouponTemplate,
    Drop,
    DropTry,
    EarnRule,
    Level,
    LevelMembership,
    PointsAccount,
    PointsEntry,
    PointsLot,
    Programme,
    Redemption,
    Use,
)
from loyalty.models.posting import Line as Posting
from loyalty.models.posting import NewLot, take
from loyalty.purchases import category_paths
from scrm.demo.cast import SHANGHAI, _event, at
from scrm.demo.cast_people import MEI, PEOPLE
from scrm.demo.loyalty_coupons import codes_of
from scrm.demo.loyalty_rules import TOP_CATEGORIES
from staff.models import User

Kind, Reason = PointsEntry.Kind, PointsEntry.Reason
FORMER, HOUSE, CAMPAIGN = "former", "house", "campaign"

LEVELS = {
    "20418837": "gold", "30419004": "black", "20419005": "black", "20419006": "gold", "20419007": "silver",
    "20419008": "gold", "20419009": "silver", "20419011": "silver", "20419013": "silver", "20419015": "black",
    "20419016": "gold", "20419017": "silver", "20419037": "silver", "20419019": "silver", "20419020": "silver",
    "20419021": "gold", "20419022": "silver", "20419023": "silver", "20419024": "silver", "30077120": "silver",
    "20419057": "silver",
}  # fmt: skip
BALANCES = {MEI.number: 8_460, "30077120": 1_240, "20419023": 1_910, "20419038": 640}  # what counts on D
PAID_WITH_POINTS = {"A-77120": 2_900}
ENDING_THIS_MONTH = {MEI.number: 600}
NOT_IN_TIME = {"A-77816"}  # what it brings is not the first of anything: that came before

# number, code, given so many days before D, channel; the season's, the birthday's and the scenario's
COUPONS = [
    (MEI.number, "MJ80", 37, "app"), (MEI.number, "SOCK0", 37, "mini"), (MEI.number, "BD10", 0, "app"),
    ("20419005", "BD10", 2, "app"), ("20419006", "TRADE", 20, "store"), ("20419008", "UPG", 12, "app"),
    ("20419011", "MJ80", 9, "mini"), ("20419009", "SWAP", 5, "store"), ("20419017", "OLD50", 6, "app"),
    ("20419021", "CLASS", 60, "app"), ("20419020", "RAIN", 15, "mini"), ("20419002", "SERUM1", 30, "store"),
    ("30419004", "TRIP", 3, "app"), ("20419010", "FREE0", 9, "app"), ("20419010", "LATTE", 9, "app"),
]  # fmt: skip
NIGHT = ("20419019", 13, 9)


@transaction.atomic
def plant(end: date, moment: datetime, seed: int) -> None:
    """Everybody's wallet as it came to be until T."""
    people = {one.number: one for one in Customer.objects.filter(number__in=[person.number for person in PEOPLE])}
    people["20200113"] = Customer.objects.exclude(erased_at=None).get()  # the number went with the name
    _levels(people, end)
    shelf = _Shelf(moment)
    for number, customer in people.items():
        shelf.write_up(number, customer, end)
    _make_good(people["20419022"], shelf, end)
    _paid_with_points(people[MEI.number])
    _coupons(people, end, moment, seed)


# Points


@dataclass
class _Wallet:
    """One account and what happens to it, in the order of time."""

    account: PointsAccount
    programme: Programme
    moment: datetime
    steps: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)
    coming: list[tuple[datetime, int]] = field(default_factory=list)  # points planned, and when they end

    def at(self, when: datetime, turn: int, do: Callable[[], Any]) -> None:
        self.steps.append((when, turn, do))

    def expect(self, points: int, when: datetime, days: int) -> None:
        self.coming.append((self.programme.lot_ends(when + timedelta(days=days)) or self.moment, points))

    def run(self) -> None:
        for when, _turn, do in sorted(self.steps, key=lambda step: step[:2]):
            self.end_until(when)
            do()
        self.end_until(self.moment)

    def earn(self, points: int, when: datetime, key: str, *, days: int = 0, ends: datetime | None = None,
             kind: str = Kind.EARN, reason: str = Reason.PURCHASE, source: str = HOUSE, **more: Any) -> PointsEntry:  # fmt: skip
        counts = when + timedelta(days=days)
        lot = NewLot(points, counts, ends or self.programme.lot_ends(counts), self.account.customer_id,
                     pending=counts > self.moment)  # fmt: skip
        return self._post(kind, reason, when, source, key, lots=[lot] if points else [], **more)

    def spend(self, points: int, when: datetime, key: str, **more: Any) -> PointsEntry:
        there = self._lots().filter(counts_at__lte=when).exclude(ends_at__lte=when)
        uses, missing = take(((lot, left, False) for lot, left in there.values_list("pk", "remaining")), points)
        assert not missing, f"{self.account} lacks {missing}"
        return self._post(Kind.SPEND, Reason.PAYMENT, when, uses=uses, key=key, **more)

    def take_back(self, entry: PointsEntry, points: int, when: datetime, key: str, **more: Any) -> None:
        lot = entry.lots.get()
        self._post(Kind.REVERSE, Reason.REFUND, when, key=key, reverses=entry.pk, undone=points,
                   uses=[(lot.pk, points, lot.state == PointsLot.State.PENDING)], **more)  # fmt: skip

    def end_until(self, when: datetime) -> None:
        for lot in self._lots().filter(ends_at__lte=when):
            self._post(Kind.EXPIRE, Reason.END, lot.ends_at or when, HOUSE, f"expire:{lot.pk}:{lot.uses.count()}",
                       uses=[(lot.pk, lot.remaining, False)])  # fmt: skip

    def _lots(self) -> Any:
        return PointsLot.objects.filter(account=self.account, remaining__gt=0).order_by("ends_at", "pk")

    def _post(
        self, kind: str, reason: str, when: datetime, source: str = HOUSE, key: str = "", **more: Any
    ) -> PointsEntry:
        return self.account._post(Posting(kind, reason, self.account.customer_id, when, source, key, **more))


class _Shelf:
    """What all wallets are written up from."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.programme = moment, Programme.objects.main()
        self.rules = list(EarnRule.objects.filter(programme=self.programme).exclude(published_at=None))
        self.by_code = {rule.code: rule for rule in self.rules}
        self.paths = category_paths()

    def wallet(self, customer: Customer) -> _Wallet:
        return _Wallet(PointsAccount.objects.of(customer), self.programme, self.moment)

    def write_up(self, number: str, customer: Customer, end: date) -> None:
        orders = list(
            Order.objects.filter(customer=customer, state="paid").select_related("store__calendar")
            .prefetch_related("lines__product", "payments", "refunds__lines").order_by("placed_at")
        )  # fmt: skip
        if not orders and number not in BALANCES:
            return
        wallet = self.wallet(customer)
        membership = LevelMembership.objects.filter(customer=customer, ended_on=None).select_related("level").first()
        entries: dict[tuple[str, str], PointsEntry] = {}
        comes = sum(self._buys(wallet, order, membership, entries) for order in orders)
        comes += self._firsts(wallet, customer, orders)
        self._paid(wallet, number, orders)
        if number in BALANCES:
            self._opens(wallet, number, customer, BALANCES[number] - comes, end, orders)
        wallet.run()

    def _buys(
        self, wallet: _Wallet, order: Order, membership: LevelMembership | None,
        entries: dict[tuple[str, str], PointsEntry],
    ) -> int:  # fmt: skip
        """The lines of one order and its refunds; how many points it leaves until T."""
        purchase = self._purchase(order, membership, {})
        whole, kept = earned(purchase, self.rules, self.programme), 0
        for turn, part in enumerate(whole.parts):
            qualifying = int(part.because.get("basis", 0)) if part.rule.kind == EarnRule.Kind.BASE else 0
            more = {"source": order.source, "source_ref": order.source_ref, "rule": part.rule.pk, "store": order.store_id,
                    "explanation": part.because | ({"left_out": whole.left_out} if whole.left_out else {}),
                    "qualifying": qualifying}  # fmt: skip

            def post(part: Any = part, more: dict[str, Any] = more) -> None:
                entries[order.source_ref, part.rule.code] = wallet.earn(
                    part.points, order.placed_at, f"order:{order.source_ref}:{part.rule.code}", days=whole.pending_days,
                    **more,
                )  # fmt: skip

            wallet.at(order.placed_at, 2 + turn, post)
            wallet.expect(part.points, order.placed_at, whole.pending_days)
            kept += part.points
        for refund in order.refunds.all():
            kept -= self._goes_back(wallet, order, refund, whole, membership, entries)
        return kept

    def _goes_back(
        self, wallet: _Wallet, order: Order, refund: Refund, whole: Earned, membership: LevelMembership | None,
        entries: dict[tuple[str, str], PointsEntry],
    ) -> int:  # fmt: skip
        gone = {line.line_ref: line.amount for line in refund.lines.all()}
        after = earned(self._purchase(order, membership, gone), self.rules, self.programme)
        left, lost = {part.rule.code: part for part in after.parts}, 0
        for part in whole.parts:
            code, then = part.rule.code, left.get(part.rule.code)
            less = part.points - (then.points if then else 0)
            fewer = int(part.because.get("basis", 0)) - int(then.because.get("basis", 0) if then else 0)

            def post(code: str = code, less: int = less, fewer: int = fewer) -> None:
                wallet.take_back(
                    entries[order.source_ref, code], less, refund.refunded_at, source=order.source,
                    key=f"order:{order.source_ref}:{code}:refund:{refund.source_ref}", source_ref=order.source_ref,
                    qualifying=-fewer, explanation={"refund": refund.source_ref}, store=refund.store_id,
                )  # fmt: skip

            if less > 0:
                wallet.at(refund.refunded_at, 0, post)
                lost += less
        return lost

    def _purchase(self, order: Order, membership: LevelMembership | None, gone: dict[str, int]) -> Purchase:
        def home(amount: int) -> int:
            return int((amount * order.rate).quantize(Decimal(1), "ROUND_HALF_UP"))

        lines = tuple(
            Line(line.line_ref, home(line.total) - home(gone.get(line.line_ref, 0)), line.sku,
                 line.product.parent if line.product else "",
                 self.paths.get(line.product.category_id or 0, frozenset()) if line.product else frozenset(), line.kind)
            for line in order.lines.all()
        )  # fmt: skip
        unearning = sum(one.amount for one in order.payments.all() if one.kind in self.programme.never_earns)
        when = timezone.localtime(order.placed_at)
        level = membership.level if membership and membership.since <= when.date() else None
        return Purchase(
            lines, unearning=home(unearning), at=when, store=order.store.code if order.store else "",
            store_scene=order.store.scene if order.store else "", channel=order.channel,
            level=level.code if level else "friend", level_factor=level.factor if level else Decimal(1),
        )  # fmt: skip

    def _firsts(self, wallet: _Wallet, customer: Customer, orders: list[Order]) -> int:
        """A hundred for the first of each category, at the order that brought it."""
        rule, days = self.by_code["new-category"], self.programme.pending_days
        seen: dict[str, Order] = {}
        for order in orders:
            returned = {line.line_ref for refund in order.refunds.all() for line in refund.lines.all()}
            for line in order.lines.all():
                codes = self.paths.get(line.product.category_id or 0, frozenset()) if line.product else frozenset()
                for top in codes & set(TOP_CATEGORIES) if line.line_ref not in returned else ():
                    seen.setdefault(top, order)
        for top, order in sorted(seen.items()):
            when = order.placed_at if order.source_ref not in NOT_IN_TIME else orders[0].placed_at

            def post(top: str = top, order: Order = order, when: datetime = when) -> None:
                wallet.earn(
                    rule.points, when, f"{rule.code}:{customer.pk}:{top}:0", days=days, rule=rule.pk, store=order.store_id,
                    explanation={"rule": rule.code, "version": 1, "bonus": rule.points, "first": top,
                                 "order": order.source_ref},
                )  # fmt: skip

            wallet.at(when, 8, post)
            wallet.expect(rule.points, when, days)
        return rule.points * len(seen)

    def _paid(self, wallet: _Wallet, number: str, orders: list[Order]) -> None:
        for order in orders:
            if (points := PAID_WITH_POINTS.get(order.source_ref)) is not None:
                wallet.at(order.placed_at, 1, lambda order=order, points=points: wallet.spend(  # type: ignore[misc]
                    points, order.placed_at, f"order:{order.source_ref}:payment", source=order.source,
                    source_ref=order.source_ref, store=order.store_id))  # fmt: skip

    def _opens(
        self, wallet: _Wallet, number: str, customer: Customer, missing: int, end: date, orders: list[Order]
    ) -> None:  # fmt: skip
        """What the balance of D needs besides: brought along, or paid away in hundreds at the last order."""
        missing += sum(PAID_WITH_POINTS.get(order.source_ref, 0) for order in orders)
        away = -(-max(0, -missing) // 100) * 100
        if away:
            last = orders[-1]
            wallet.at(last.placed_at, 1, lambda: wallet.spend(
                away, last.placed_at, f"order:{last.source_ref}:payment", source=last.source,
                source_ref=last.source_ref))  # fmt: skip
        when = max(at(end, 395, 5), customer.joined_at)
        next_month = (end.replace(day=1) + timedelta(days=32)).replace(day=1)
        month_ends = timezone.make_aware(datetime.combine(next_month, time()), SHANGHAI)
        now_ending = 0
        if number in ENDING_THIS_MONTH:
            spent = sum(PAID_WITH_POINTS.get(order.source_ref, 0) for order in orders)
            now_ending = ENDING_THIS_MONTH[number] + spent
            now_ending -= sum(points for ends, points in wallet.coming if ends <= month_ends)
        later = self.programme.lot_ends(at(end, 200, 0))
        for part, (points, ends) in enumerate(((now_ending, month_ends), (missing + away - now_ending, later))):
            if points > 0:
                wallet.at(when, 0, lambda part=part, points=points, ends=ends: wallet.earn(  # type: ignore[misc]
                    points, when, f"opening:{number}:{part}", kind=Kind.OPENING, reason=Reason.OPENING, source=FORMER,
                    ends=ends))  # fmt: skip


def _make_good(customer: Customer, shelf: _Shelf, end: date) -> None:
    """Lost on the night of the packets, and twenty yuan in points the day after."""
    drop, campaign = Drop.objects.get(code="packet-night"), Campaign.objects.get(code="packet-night-amends")
    DropTry.objects.create(drop=drop, record=customer.pk, at=drop.opens_at + timedelta(seconds=96))
    when = drop.opens_at + timedelta(hours=16)
    CampaignGrant.objects.create(campaign=campaign, customer=customer, occasion=f"amends:{customer.pk}", at=when,
                                 cost=2000, gave={"points": 2000})  # fmt: skip
    shelf.wallet(customer).earn(2000, when, f"{campaign.code}:amends:{customer.pk}", reason=Reason.GOODWILL,
                                source=CAMPAIGN, explanation={"campaign": campaign.code})  # fmt: skip


def _paid_with_points(mei: Customer) -> None:
    entry = PointsEntry.objects.get(kind=Kind.SPEND, source_ref="A-77120")
    _event(mei, "points.spent", entry.at + timedelta(seconds=1), "store", {
        "points": entry.delta, "entry": entry.pk, "reason": entry.reason, "balance": entry.balance_after,
    }, store=entry.store_id)  # fmt: skip


# Levels


def _levels(people: dict[str, Customer], end: date) -> None:
    """Everybody's, since the last evaluation but one; valid until the next first of March."""
    programme = Programme.objects.main()
    levels = {level.code: level for level in Level.objects.filter(programme=programme)}
    until = date(end.year + (end >= date(end.year, 3, 1)), 3, 1)
    for number, customer in people.items():
        level = levels[LEVELS.get(number, "friend")]
        joined = timezone.localtime(customer.joined_at).date()
        since = joined if level.rank == 0 else max(joined, end - timedelta(days=300))
        if number == "20419017":
            _was_gold(customer, levels["gold"], end)
            since = end - timedelta(days=82)
        LevelMembership.objects.create(
            customer=customer, programme=programme, level=level, rank=level.rank, since=since,
            origin="lowered" if number == "20419017" else "reached", until=until if level.rank else None,
        )  # fmt: skip
        if level.rank:
            kind = "level.lowered" if number == "20419017" else "level.reached"
            _event(
                customer, kind, at(end, (end - since).days, 640), "", {"level": dict(level.name), "code": level.code}
            )


def _was_gold(customer: Customer, gold: Level, end: date) -> None:
    since = end - timedelta(days=500)
    LevelMembership.objects.create(
        customer=customer, programme=gold.programme, level=gold, rank=gold.rank, origin="reached", since=since,
        until=end - timedelta(days=135), warned_on=end - timedelta(days=172), grace_until=end - timedelta(days=82),
        ended_on=end - timedelta(days=82),
    )  # fmt: skip


# Coupons


def _coupons(people: dict[str, Customer], end: date, moment: datetime, seed: int) -> None:
    """Given by the template's own verb and put back to their day; what ended since has ended."""
    templates = {template.code: template for template in CouponTemplate.objects.all()}
    baker = User.objects.get(username="lu.bai")
    number, times, used = NIGHT
    plan = [*COUPONS, *((number, "NIGHT", 56 - 2 * nth, "app") for nth in range(times))]
    given: dict[tuple[str, str], list[Coupon]] = defaultdict(list)
    for number_, code, ago, channel in plan:
        coupon = templates[code].issue_to(people[number_], by=None, channel=channel)
        _put_back(coupon, at(end, ago, 83) if ago else moment - timedelta(hours=4), seed)
        given[number_, code].append(coupon)
    orders = Order.objects.filter(customer=people[number], placed_at__gt=at(end, 55, 0)).order_by("placed_at")[:used]
    for coupon, order in zip(given[number, "NIGHT"], orders, strict=False):
        _use_at(coupon, order, baker)


def _put_back(coupon: Coupon, when: datetime, seed: int) -> None:
    until = coupon.template.valid_until(when)
    Coupon.objects.filter(pk=coupon.pk).update(
        issued_at=when, valid_from=when, valid_until=until, code=codes_of(seed, np.array([coupon.pk]))[0].as_py()
    )
    events = Event.objects.filter(customer=coupon.customer_id, kind="coupon.issued", details__id=coupon.pk)
    events.update(at=when, business_date=timezone.localdate(when))


def _use_at(coupon: Coupon, order: Order, by: User) -> None:
    coupon.template.refresh_from_db()
    Coupon.objects.filter(pk=coupon.pk).update(valid_until=None)
    coupon.refresh_from_db()
    redemption = coupon.redeem(Use(
        source=order.source, key=f"R-{order.source_ref}", basket=order.total + 1800, off=1800, currency="CNY",
        store=order.store, channel="store", by=by, order_source=order.source, order_ref=order.source_ref, checked=True,
        business_date=order.business_date,
    ))  # fmt: skip
    evening = timezone.localtime(order.placed_at).replace(hour=19, minute=12 + order.pk % 40)
    Redemption.objects.filter(pk=redemption.pk).update(at=evening)
    Coupon.objects.filter(pk=coupon.pk).update(valid_until=coupon.template.valid_until(coupon.issued_at or evening))
    events = Event.objects.filter(customer=coupon.customer_id, kind="coupon.redeemed", details__id=coupon.pk)
    events.update(at=evening, business_date=order.business_date)
