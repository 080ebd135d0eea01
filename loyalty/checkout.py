"""A basket at the counter: the best coupons, points on top, what is to be paid; used together, undone together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.models import Order, Product
from customers.models import Customer
from loyalty import earning
from loyalty.basket_of import Scanned, basket_of
from loyalty.baskets import Basket
from loyalty.best import Verdict, best, together
from loyalty.coupon_actions import redeem_together, undo_together
from loyalty.models import (
    Coupon,
    EarnRule,
    Level,
    LevelMembership,
    PointsAccount,
    PointsEntry,
    Programme,
    Redemption,
    Use,
)
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User

SOURCE = "counter"
MOST_LINES = 60


@dataclass(frozen=True)
class Row:
    """One line of the basket as it is shown and sent back."""

    sku: str
    name: str
    amount: int
    quantity: Decimal = Decimal(1)
    product: Product | None = None

    @property
    def mark(self) -> str:
        return f"{self.sku}|{self.amount}|{self.quantity.normalize():f}"


@dataclass(frozen=True)
class Choice:
    """One coupon beside its verdict; `on` says that it is laid on this basket."""

    coupon: Coupon
    verdict: Verdict
    on: bool


@dataclass
class Checkout:
    """What lies on the counter. Amounts in minor units of the store's currency."""

    rows: list[Row]
    basket: Basket
    choices: list[Choice]
    off: int
    tried: int
    points_most: int
    points_worth: int
    points: int
    earns: int
    from_till: str = ""
    trouble: str = ""
    best_off: int = 0
    chosen: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.basket.total

    @property
    def due(self) -> int:
        return max(0, self.basket.total - self.off - self.paid_by_points)

    @property
    def paid_by_points(self) -> int:
        return self.points_worth if self.points else 0

    @property
    def on(self) -> int:
        return sum(choice.on for choice in self.choices)


def open_basket(customer: Customer, store: Store) -> tuple[list[Row], str]:
    """What the store's till has rung up for this customer and not been paid for: the rows, and its number."""
    since = timezone.now() - timedelta(hours=12)
    order = (
        Order.objects.filter(customer=customer, store=store, state=Order.State.PLACED, placed_at__gte=since)
        .order_by("-placed_at").first()
    )  # fmt: skip
    if order is None:
        return [], ""
    lines = order.lines.filter(kind__in=["goods", "service"]).select_related("product").order_by("pk")
    rows = [Row(line.sku, str(line.product or line.name or line.sku), line.total, line.quantity, line.product)
            for line in lines]  # fmt: skip
    return rows or [Row("", _("The whole purchase"), order.total + order.discount)], order.source_ref


def rows_of(marks: Iterable[str]) -> list[Row]:
    """Rows as a form sent them back. Raises TransitionRefused for what is none."""
    read = []
    for mark in marks:
        sku, amount, quantity, *_more = [*mark.split("|"), "", ""]
        try:
            pieces = Decimal(quantity or "1")
            row = Row(sku[:60], "", int(amount), pieces)
        except (ValueError, InvalidOperation):
            raise TransitionRefused(_("This is no amount. Write it as 817 or 817.50.")) from None
        if not 0 <= row.amount <= 10**10 or not pieces.is_finite() or not 0 < pieces < 10**6 or "\0" in sku:
            raise TransitionRefused(_("This is no amount. Write it as 817 or 817.50."))
        read.append(row)
    if len(read) > MOST_LINES:
        raise TransitionRefused(_("That is more than one basket holds."))
    known = {one.code: one for one in Product.objects.filter(code__in=[row.sku for row in read if row.sku])}
    return [replace(row, name=str(known.get(row.sku) or row.sku or _("The whole purchase")), product=known.get(row.sku))
            for row in read]  # fmt: skip


def row_typed(text: str, amount: str) -> Row:
    """One more row: a product's code, or nothing for a plain amount. Raises TransitionRefused."""
    text = " ".join(text.replace("\0", "").split())[:60]
    product = Product.objects.filter(code__iexact=text).first() if text else None
    if text and product is None:
        raise TransitionRefused(_("No product has the code “%(code)s”.") % {"code": text})
    if not amount.strip() and product is not None and product.price is not None:
        return Row(product.code, str(product), product.price, product=product)
    try:
        typed = Decimal(amount.strip().replace(",", "").lstrip("¥")) * 100
        minor = int(typed) if typed == typed.to_integral_value() else 0
    except (InvalidOperation, ValueError):
        raise TransitionRefused(_("This is no amount. Write it as 817 or 817.50.")) from None
    if not 0 < minor <= 10**10:
        raise TransitionRefused(_("This is no amount. Write it as 817 or 817.50."))
    return Row(product.code if product else "", str(product or _("The whole purchase")), minor, product=product)


def prepare(
    customer: Customer, store: Store, rows: Sequence[Row], *, chosen: Sequence[int] | None = None,
    with_points: bool = False, from_till: str = "",
) -> Checkout:  # fmt: skip
    """Lay it out: the best combination, or just the coupons chosen by hand. Changes nothing."""
    products = {row.product.code: row.product for row in rows if row.product}
    level = level_of(customer)
    basket = basket_of([Scanned(row.sku, row.amount, row.quantity) for row in rows], customer=customer, store=store,
                       channel="store", products=products, level=level.code if level else "")  # fmt: skip
    held = list(Coupon.objects.usable().filter(customer=customer).select_related("template").order_by("pk")[:200])
    by_id = {coupon.pk: coupon for coupon in held}
    found = best([coupon.held for coupon in held], basket)
    verdicts = {one.coupon.id: one for one in (*found.chosen, *found.others)}
    on, trouble = [one.coupon.id for one in found.chosen], ""
    if chosen is not None:
        on = [pk for pk in chosen if pk in by_id]
        laid = together([by_id[pk].held for pk in on], basket)
        verdicts |= {one.coupon.id: one for one in laid}
        if refused := next((one for one in laid if not one.usable), None):
            trouble = f"{by_id[refused.coupon.id].template}: {refused.why}"
    off = sum(verdicts[pk].off for pk in on if verdicts[pk].usable)
    choices = [Choice(by_id[pk], verdicts[pk], True) for pk in on]
    rest = [one for one in verdicts.values() if one.coupon.id not in on]
    rest.sort(key=lambda one: (not one.usable, -one.off, by_id[one.coupon.id].valid_until or _FAR))
    choices += [Choice(by_id[one.coupon.id], one, False) for one in rest]
    account = PointsAccount.objects.shown_of(customer)
    most = account.programme.most_for(basket.total - off, account.usable() if account.pk else 0)
    worth = account.programme.worth(most)
    earns = _earns(account, basket, level, off, worth if with_points else 0)
    return Checkout(list(rows), basket, choices, off, found.tried, most, worth, most if with_points else 0, earns,
                    from_till, trouble, found.off, on)  # fmt: skip


_FAR = timezone.make_aware(datetime(9999, 1, 1))


def level_of(customer: Customer) -> Level | None:
    """The level somebody stands in; the lowest one without a membership."""
    standing = LevelMembership.objects.filter(customer=customer, programme__code="main", ended_on=None)
    found = standing.select_related("level").first()
    return found.level if found else Level.objects.filter(programme__code="main", rank=0).first()


def _earns(account: PointsAccount, basket: Basket, level: Level | None, off: int, by_points: int) -> int:
    """What the basket will earn when it is paid, as far as the counter knows it."""
    whole = basket.total
    if not whole:
        return 0
    lines = tuple(
        earning.Line(str(n), line.amount - off * line.amount // whole, line.sku, line.parent, line.categories)
        for n, line in enumerate(basket.lines)
    )
    customer = account.customer
    purchase = earning.Purchase(
        lines, unearning=by_points, at=basket.at, store=basket.store, store_scene=basket.scene, channel="store",
        level=level.code if level else "", level_factor=level.factor if level else Decimal(1),
        birthday=(customer.birth_month, customer.birth_day) if customer.birth_month and customer.birth_day else None,
    )  # fmt: skip
    rules = EarnRule.objects.in_force_on(basket.at.date()).filter(programme=account.programme)
    return earning.earned(purchase, rules, account.programme).points


@dataclass(frozen=True)
class Done:
    """What one tap used: the coupons, the points, and until when one tap takes it back."""

    key: str
    redemptions: list[Redemption]
    spent: PointsEntry | None
    undo_until: datetime
    undone: bool

    @property
    def off(self) -> int:
        return sum(one.off for one in self.redemptions)

    @property
    def seconds_left(self) -> int:
        return 0 if self.undone else max(0, int((self.undo_until - timezone.now()).total_seconds()))


@transaction.atomic
def complete(
    customer: Customer, store: Store, rows: Sequence[Row], *, chosen: Sequence[int], with_points: bool, by: User,
    key: str, order_ref: str = "",
) -> Done:  # fmt: skip
    """Use these coupons, and points on top: all or nothing; the same key again changes nothing.

    Raises TransitionRefused with what stands in the way.
    """
    if (before := done_by(key)) is not None:
        return before
    laid = prepare(customer, store, rows, chosen=chosen, with_points=with_points)
    if laid.trouble:
        raise TransitionRefused(laid.trouble)
    if len(laid.chosen) < len(set(chosen)):
        raise TransitionRefused(_("One of these coupons has just been used or is over. Look again."))
    if not laid.chosen and not laid.points:
        raise TransitionRefused(_("Choose a coupon, or points."))
    use = Use(source=SOURCE, key=key, basket=laid.total, store=store, channel="store", by=by, order_ref=order_ref)
    redeem_together([choice.coupon for choice in laid.choices if choice.on], laid.basket, use)
    if laid.points:
        PointsAccount.objects.of(customer).spend(
            laid.points, reason=PointsEntry.Reason.PAYMENT, source=SOURCE, key=f"{key}:points", by=by,
            source_ref=order_ref, store=store.pk, explanation={"pays": laid.points_worth, "bill": laid.total},
        )  # fmt: skip
    done = done_by(key)
    assert done is not None
    return done


def done_by(key: str, *, user: User | None = None) -> Done | None:
    """What was used under a key, by this colleague where one is named; None when nothing was."""
    uses = Redemption.objects.filter(source=SOURCE, source_ref__startswith=f"{key}:")
    uses = uses.select_related("coupon__template", "coupon__customer", "store").order_by("pk")
    spent = PointsEntry.objects.filter(source=SOURCE, key=f"{key}:points").select_related("account__customer").first()
    redemptions = list(uses if user is None else uses.filter(by=user))
    if user is not None and spent is not None and spent.actor_id != user.pk:
        spent = None
    if not redemptions and spent is None:
        return None
    at = redemptions[0].at if redemptions else spent.at  # type: ignore[union-attr]
    undone = all(one.undone_at for one in redemptions) and (spent is None or spent.reversals.exists())
    return Done(key, redemptions, spent, at + timedelta(minutes=Programme.objects.main().undo_minutes), undone)


@transaction.atomic
def undo(done: Done, *, by: User) -> None:
    """Take it all back within the counter's minutes. Raises TransitionRefused."""
    if done.undone:
        raise TransitionRefused(_("This was taken back already."))
    undo_together([one for one in done.redemptions if one.undone_at is None], by=by)
    if done.spent is not None and not done.spent.reversals.exists():
        account = PointsAccount.objects.of(Customer.objects.get(pk=done.spent.record))
        account.undo(done.spent, by=by, key=f"{done.key}:points:undone")


def customer_of(done: Done) -> Customer:
    if done.redemptions:
        customer = done.redemptions[0].coupon.customer
        assert customer is not None
        return customer
    assert done.spent is not None
    return done.spent.account.customer
