"""Purchases and refunds as the ledger takes them in: whatever order they arrive in, the same points in the end."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from commerce.actions import net_of_lines
from commerce.models import Category, Order, Refund, RefundLine
from loyalty.earning import Earned, Line, Part, Purchase, earned
from loyalty.levels import level_on
from loyalty.models import EarnRule, PointsAccount, PointsEntry, PointsLot, Programme, Redemption
from scrm.kernel import money

Kind, Reason = PointsEntry.Kind, PointsEntry.Reason
HOUSE = "house"


@transaction.atomic
def settle(order: Order) -> PointsAccount | None:
    """Bring the ledger in line with an order as it stands with its refunds; None for a guest's order.

    Done again it changes nothing: each line has its key in the order, the refund or the revision.
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("customer", "store__calendar").get(pk=order.pk)
    if order.customer is None:
        return None
    account = PointsAccount.objects.of(order.customer)
    account.record = order.came_as or order.customer_id
    account._lock()
    if order.state != Order.State.PAID and not _lines_of(order).exists():
        return account
    if "unbalanced" in order.flags:
        _none(account, order, "unbalanced")
        return account
    Settlement(account, order).settle()
    return account


def settle_refund(refund: Refund) -> None:
    if refund.order is not None:
        settle(refund.order)


class Settlement:
    """One order against the ledger: what it should have earned, what stands, the difference."""

    def __init__(self, account: PointsAccount, order: Order) -> None:
        self.account, self.order, self.programme = account, order, account.programme
        self.zone = ZoneInfo(order.store.calendar.zone if order.store and order.store.calendar else settings.TIME_ZONE)
        self.at = order.placed_at.astimezone(self.zone)
        self.rules = list(EarnRule.objects.in_force_on(self.at.date()).filter(programme=self.programme))
        self.refunds = list(order.refunds.order_by("refunded_at", "pk"))
        self.purchase = _purchase(order, self.at, self.programme, account)

    def settle(self) -> None:
        paid = self.order.state == Order.State.PAID
        whole = earned(self.purchase if paid else _nothing(self.purchase), self.rules, self.programme)
        if whole.parts:
            self._earn(whole)
        elif not self._entries():
            _none(self.account, self.order, "no_rule" if whole.basis else "no_basis", left_out=whole.left_out)
        self._follow(earned(self._after(self.refunds), self.rules, self.programme) if paid else whole)
        self._bonuses()

    def _entries(self) -> list[PointsEntry]:
        rows = PointsEntry.objects.filter(source=self.order.source, source_ref=self.order.source_ref)
        return list(rows.filter(kind__in=[Kind.EARN, Kind.ADJUST]).exclude(rule=None).select_related("rule"))

    def _earn(self, whole: Earned) -> None:
        known = {entry.rule.code for entry in self._entries() if entry.rule}
        for part in whole.parts:
            if part.rule.code not in known:
                self.account.earn(
                    part.points, reason=Reason.PURCHASE, source=self.order.source, rule=part.rule,
                    at=self.order.placed_at, key=self._key(part.rule.code), source_ref=self.order.source_ref,
                    pending_days=whole.pending_days, qualifying=self._qualifying(whole, part),
                    explanation=part.because | ({"left_out": whole.left_out} if whole.left_out else {}),
                    store=self.order.store_id,
                )  # fmt: skip

    def _follow(self, wanted: Earned) -> None:
        """Post what differs between what stands and what is wanted, in the name of the last refund or revision."""
        parts = {part.rule.code: part for part in wanted.parts}
        by_code: dict[str, list[PointsEntry]] = defaultdict(list)
        for entry in self._entries():
            by_code[entry.rule.code].append(entry)  # type: ignore[union-attr]
        for code, entries in by_code.items():
            part = parts.get(code)
            stands, qualifies = self._stands(entries)
            points = (part.points if part else 0) - stands
            qualifying = (self._qualifying(wanted, part) if part else 0) - qualifies
            if points or qualifying:
                self._post(code, entries, points, qualifying, self.refunds[-1] if self.refunds else None)

    def _stands(self, entries: list[PointsEntry]) -> tuple[int, int]:
        back = PointsEntry.objects.filter(reverses__in=entries).aggregate(points=Sum("undone"), q=Sum("qualifying"))
        return (
            sum(entry.delta for entry in entries) - (back["points"] or 0),
            sum(entry.qualifying for entry in entries) + (back["q"] or 0),
        )

    def _post(self, code: str, entries: list[PointsEntry], points: int, qualifying: int, refund: Refund | None) -> None:
        name = f"refund:{refund.source}:{refund.source_ref}" if refund else f"rev{self.order.revision}"
        said = {"refund": refund.source_ref} if refund else {"revision": self.order.revision}
        key = self._key(f"{code}:{name}:{sum(one.pk for one in entries)}:{self._times(entries)}")
        if points > 0 or (points == 0 and qualifying > 0):
            self.account.adjust(
                points, reason=Reason.PURCHASE, source=self.order.source, key=key, by=None, rule=entries[0].rule,
                source_ref=self.order.source_ref, qualifying=qualifying, explanation=said, store=self.order.store_id,
            )  # fmt: skip
            return
        left, counted = -points, -qualifying
        for entry in entries:
            part = min(left, entry.delta - (entry.reversals.aggregate(n=Sum("undone"))["n"] or 0))
            if part > 0 or counted:
                self.account.reverse(
                    entry, max(part, 0), reason=Reason.REFUND if refund else Reason.CORRECTION,
                    source=self.order.source, key=f"{key}:{entry.pk}", source_ref=self.order.source_ref,
                    qualifying=counted, explanation=said, at=refund.refunded_at if refund else None,
                    store=refund.store_id if refund else None,
                )  # fmt: skip
                left, counted = left - max(part, 0), 0

    def _times(self, entries: list[PointsEntry]) -> int:
        return PointsEntry.objects.filter(reverses__in=entries).count()

    def _key(self, what: str) -> str:
        return f"order:{self.order.source_ref}:{what}"[-160:]

    def _qualifying(self, whole: Earned, part: Part) -> int:
        """What counts for levels comes with the base alone."""
        if part.rule.kind != EarnRule.Kind.BASE:
            return 0
        if self.programme.qualify_by == Programme.Qualify.POINTS:
            return part.points
        return int(part.because.get("basis", 0))

    def _after(self, back: list[Refund]) -> Purchase:
        """The purchase without what these refunds took back."""
        return _without(self.purchase, self.order, back)

    # Extra points that a customer gets once, whichever purchase brings them.

    def _bonuses(self) -> None:
        for rule in self.rules:
            if rule.kind != EarnRule.Kind.BONUS or rule.occasion == EarnRule.Occasion.ORDER:
                continue
            subjects = [""] if rule.occasion == EarnRule.Occasion.FIRST_ORDER else self._categories_of(rule)
            for subject in subjects:
                self._once(rule, subject)

    def _categories_of(self, rule: EarnRule) -> list[str]:
        asked = set(rule.conditions.get("categories", ()))
        found = {top for line in self.purchase.lines for top in _top_categories(line)}
        return sorted(found & asked if asked else found)

    def _once(self, rule: EarnRule, subject: str) -> None:
        name = f"{rule.code}:{self.account._record}:{subject}"
        given = list(PointsEntry.objects.filter(
            source=HOUSE, key__startswith=f"{name}:", kind=Kind.EARN).order_by("pk"))  # fmt: skip
        standing = [one for one in given if not one.reversals.exists()]
        due = _bonus_is_due(self.account._record, self.order, subject)
        if due and not standing:
            self.account.earn(
                rule.points, reason=Reason.PURCHASE, source=HOUSE, key=f"{name}:{len(given)}", rule=rule,
                at=self.order.placed_at, pending_days=self.programme.pending_days, store=self.order.store_id,
                explanation={"rule": rule.code, "version": rule.version, "bonus": rule.points, "first": subject,
                             "order": self.order.source_ref},
            )  # fmt: skip
        elif not due:
            for one in standing:
                self.account.reverse(one, reason=Reason.REFUND, source=HOUSE, key=f"{one.key}:back",
                                     explanation={"order": self.order.source_ref})  # fmt: skip


def _none(account: PointsAccount, order: Order, why: str, **said: Any) -> None:
    """Write down that a purchase earned nothing, and why: a line of 0 points."""
    account.earn(0, reason=Reason.PURCHASE, source=order.source, key=f"order:{order.source_ref}:none:{why}"[-160:],
                 source_ref=order.source_ref, at=order.placed_at, explanation={"why": why, **said},
                 store=order.store_id)  # fmt: skip


def _lines_of(order: Order) -> Any:
    return PointsEntry.objects.filter(source=order.source, source_ref=order.source_ref, kind=Kind.EARN)


def _purchase(order: Order, at: Any, programme: Programme, account: PointsAccount) -> Purchase:
    nets = net_of_lines(order)
    rows = list(order.lines.select_related("product").order_by("pk"))
    paths = category_paths()
    lines = tuple(
        Line(row.line_ref, _home(nets[row.line_ref], order), row.sku, row.product.parent if row.product else "",
             paths.get(row.product.category_id or 0, frozenset()) if row.product else frozenset(), row.kind)
        for row in rows
    ) or (Line("total", order.base_total),)  # fmt: skip
    unearning = order.payments.filter(kind__in=programme.never_earns, voided_at=None).aggregate(n=Sum("amount"))["n"]
    level = level_on(account._record, account.customer_id, programme, at.date())
    customer = account.customer
    birthday = (customer.birth_month, customer.birth_day) if customer.birth_month and customer.birth_day else None
    return Purchase(
        lines, unearning=_home(unearning or 0, order), at=at, store=order.store.code if order.store else "",
        store_scene=order.store.scene if order.store else "", channel=order.channel,
        level=level.code if level else "", level_factor=level.factor if level else Decimal(1), birthday=birthday,
    )  # fmt: skip


def _nothing(purchase: Purchase) -> Purchase:
    return replace(purchase, lines=())


def _without(purchase: Purchase, order: Order, back: list[Refund]) -> Purchase:
    """Amounts that went back are taken from their lines; what names no line is shared over all of them."""
    gone: dict[str, int] = defaultdict(int)
    rows = RefundLine.objects.filter(refund__in=back).values_list("line_ref").annotate(amount=Sum("amount"))
    for ref, amount in rows:
        gone[ref] += _home(amount, order)
    known = sum(amount for ref, amount in gone.items() if any(line.ref == ref for line in purchase.lines))
    rest = sum(_home(one.amount, order) for one in back) - known
    lines = [replace(line, net=max(0, line.net - gone.get(line.ref, 0))) for line in purchase.lines]
    whole = sum(max(line.net, 0) for line in lines)
    if rest > 0 and whole:
        left = max(0, whole - rest)
        lines = [replace(line, net=_part(line.net, left, whole)) for line in lines]
    by_points = sum(_home(one.by_points, order) for one in back)
    return replace(purchase, lines=tuple(lines), unearning=max(0, purchase.unearning - by_points))


def _part(net: int, left: int, whole: int) -> int:
    return int((Decimal(max(net, 0)) * left / whole).quantize(Decimal(1), ROUND_HALF_UP))


def _home(amount: int, order: Order) -> int:
    if order.currency == settings.BASE_CURRENCY:
        return amount
    return money.convert(amount, order.rate, source=order.currency, target=settings.BASE_CURRENCY)


def category_paths() -> dict[int, frozenset[str]]:
    """Each category's own code and those above it."""
    rows = {pk: (code, parent) for pk, code, parent in Category.objects.values_list("pk", "code", "parent")}
    paths = {}
    for pk in rows:
        codes: set[str] = set()
        here: int | None = pk
        while here in rows and rows[here][0] not in codes:
            code, parent = rows[here]
            codes.add(code)
            here = parent
        paths[pk] = frozenset(codes)
    return paths


def _top_categories(line: Line) -> frozenset[str]:
    return line.categories if line.kind in ("goods", "service") else frozenset()


BOUGHT = """
select exists (
  select from commerce_order o
  where coalesce(o.came_as, o.customer_id) = %(record)s and o.customer_id = %(customer)s and o.state = 'paid'
    and o.total > coalesce((select sum(r.amount) from commerce_refund r where r.order_id = o.id), 0)
    and (%(category)s = '' or exists (
      select from commerce_orderline l join commerce_product p on p.id = l.product_id
      where l.order_id = o.id and p.category_id = any(%(within)s)
        and l.total > coalesce((select sum(b.amount) from commerce_refundline b where b.order_line_id = l.id), 0)))
    and {which})
"""
LIVE = "not exists (select from customers_importrun i where i.source = o.source and not i.live)"


def _bonus_is_due(record: int, order: Order, category: str) -> bool:
    """Whether something bought live stands, and nothing of a former system: a first time is no first time then."""
    within = [pk for pk, codes in category_paths().items() if category in codes]
    values = {"record": record, "customer": order.customer_id, "category": category, "within": within}
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT.format(which=LIVE), values)
        live = cursor.fetchone()[0]
        cursor.execute(BOUGHT.format(which=f"not ({LIVE})"), values)
        return bool(live and not cursor.fetchone()[0])


def restore_payment(refund: Refund) -> None:
    """Points that paid go back to their lots when the till pays back by points."""
    if refund.order is None or not refund.by_points or refund.customer is None:
        return
    account = PointsAccount.objects.of(refund.customer)
    account._lock()
    left = refund.by_points * account.programme.value_points // account.programme.value_minor
    paid = PointsEntry.objects.filter(source_ref=refund.order.source_ref, kind=Kind.SPEND, reason=Reason.PAYMENT,
                                      account__customer=refund.customer_id).order_by("pk")  # fmt: skip
    for entry in paid:
        open_points = -entry.delta - (entry.reversals.aggregate(n=Sum("undone"))["n"] or 0)
        part = min(left, open_points)
        if part > 0:
            account.reverse(entry, part, reason=Reason.REFUND, source=refund.source, source_ref=refund.order.source_ref,
                            key=f"refund:{refund.source_ref}:points:{entry.pk}", store=refund.store_id,
                            at=refund.refunded_at)  # fmt: skip
            left -= part


def earned_by(order: Order) -> tuple[int, datetime | None]:
    """What an order has earned as it stands, and until when it is pending (None: it counts)."""
    rows = PointsEntry.objects.filter(source=order.source, source_ref=order.source_ref)
    points = rows.filter(kind__in=[Kind.EARN, Kind.ADJUST, Kind.REVERSE]).aggregate(n=Sum("delta"))["n"] or 0
    waiting = PointsLot.objects.filter(entry__in=rows, state=PointsLot.State.PENDING, remaining__gt=0)
    return points, waiting.order_by("-counts_at").values_list("counts_at", flat=True).first()


def take_coupons(order: Order) -> list[dict[str, str]]:
    """Coupons the till named in its discount: used by command before, or now; a trouble is a flag on the order."""
    from loyalty.coupon_actions import take_for_order

    answers, trouble = [], False
    for code in order.coupons:
        state = take_for_order(code, order) if order.customer_id else "unknown"
        trouble = trouble or state in ("unknown", "conflict")
        answers.append({"code": code, "state": state})
    if trouble and "coupon_conflict" not in order.flags:
        order.flags = [*order.flags, "coupon_conflict"]
        Order.objects.filter(pk=order.pk).update(flags=order.flags)
    return answers


def coupons_back(order: Order) -> None:
    """Once everything of an order went back, its coupons come back as far as their rule says so."""
    back = order.refunds.aggregate(n=Sum("amount"))["n"] or 0
    if back < order.total:
        return
    used = Redemption.objects.filter(order_ref=order.source_ref, undone_at=None).select_related("coupon__template")
    for redemption in used.filter(order_source__in=["", order.source]).order_by("pk"):
        redemption.coupon.return_for_refund()
