"""Writing across orders, payments and refunds: what a till says happened, taken in once."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from commerce.models import Order, OrderLine, Payment, Product, Refund, RefundLine
from commerce.receipts import Receipt, Return
from customers.actions import holder_named, tie_to_store
from customers.models import Customer, Event, Identity, MetricsDirty
from scrm.kernel import money, sealed
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import Store


class ConflictingRevision(TransitionRefused):
    """The same revision of an order came with other content."""


class OverRefund(TransitionRefused):
    """More would go back than was paid."""


class UnknownStore(TransitionRefused):
    """The till names a store we do not have."""


@dataclass(frozen=True)
class Recorded:
    """What became of it: recorded, replaced, unchanged, ignored (an older revision) or waiting (no sale yet)."""

    row: Any
    state: str
    flags: list[str] = field(default_factory=list)


# Sales


@transaction.atomic
def record_order(receipt: Receipt, *, source: str, wakes: bool = True) -> Recorded:
    """Take in a sale once. Raises ConflictingRevision, UnknownStore."""
    _one_at_a_time(source, receipt.source_ref)
    stored = Order.objects.filter(source=source, source_ref=receipt.source_ref).first()
    if stored is not None:
        if receipt.revision < stored.revision:
            return Recorded(stored, "ignored", stored.flags)
        if receipt.revision == stored.revision:
            if bytes(stored.digest) != receipt.digest:
                raise ConflictingRevision("This revision of the order is here with other content.")
            return Recorded(stored, "unchanged", stored.flags)
    order = stored or Order(source=source, source_ref=receipt.source_ref)
    before = (stored.state, stored.customer_id) if stored else (None, None)
    _fill(order, receipt)
    order.save()
    _write_lines(order, receipt)
    _write_payments(order, receipt)
    if order.customer:
        changed = before == (order.state, order.customer_id)
        _tell(order, f"order.{'changed' if changed else order.state}", wakes=wakes)
        _touch(order)
    _release(order, wakes=wakes)
    return Recorded(order, "replaced" if stored else "recorded", order.flags)


def bring_home(identity: Identity) -> None:
    """Sales that named this identity before anybody held it are their holder's; what follows from a sale follows now.

    In the transaction that adds the identity. A household's number, or a store's device, names nobody.
    """
    if identity.shared:
        return
    claims = sealed.blind_indexes(identity.kind, identity.in_clear())
    for found in Order.objects.filter(claim__in=claims, customer=None).order_by("pk")[:500]:
        _one_at_a_time(found.source, found.source_ref)
        order = Order.objects.select_for_update().get(pk=found.pk)
        if order.customer_id is not None:
            continue
        holder, record = Customer.objects.holder_of(identity.customer_id)
        order.customer_id, order.came_as, order.identity_id, order.claim = holder, record, identity.pk, None
        order.save(update_fields=["customer", "came_as", "identity_id", "claim"])
        _tell(order, f"order.{order.state}", wakes=True)
        _touch(order)
        for refund in Refund.objects.select_for_update().filter(order=order, customer=None):
            refund.customer_id, refund.came_as = holder, record
            refund.save(update_fields=["customer", "came_as"])
            _tell_refund(refund, wakes=True)


def bring_home_stragglers() -> int:
    """Sales whose claim somebody holds by now; how many identities were gone through."""
    held = Identity.objects.live().filter(
        shared=False, blind_index__in=Order.objects.filter(customer=None).exclude(claim=None).values("claim")
    )
    found = list(held.select_related("key")[:500])
    for identity in found:
        with transaction.atomic():
            bring_home(identity)
    return len(found)


def _one_at_a_time(source: str, ref: str) -> None:
    # A sale and its refund arriving together see each other: without this both could find nobody.
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"order {source} {ref}"])


def _fill(order: Order, receipt: Receipt) -> None:
    if receipt.customer is not None and (holder := holder_named(*receipt.customer)) is not None:
        order.customer_id, order.came_as, order.identity_id = holder
    elif receipt.customer is not None and (tidy := Identity.tidy(*receipt.customer)):
        order.claim = sealed.blind_index(receipt.customer[0], tidy)
    order.store, order.till, order.channel = _store(receipt.store), receipt.till, receipt.channel
    order.revision, order.digest, order.state = receipt.revision, receipt.digest, receipt.state
    order.placed_at, order.business_date = receipt.placed_at, receipt.business_date
    order.currency, order.total, order.discount = receipt.currency, receipt.total, receipt.discount
    order.rate, order.base_total = receipt.rate, _at_home(receipt.total, receipt.currency, receipt.rate)
    order.flags, order.coupons = flags_of(receipt), receipt.coupons


def flags_of(receipt: Receipt) -> list[str]:
    """“rounding” when the sums are off by at most one minor unit a line, “unbalanced” when by more."""
    off = abs(sum(line.total for line in receipt.lines) - receipt.discount - receipt.total)
    if receipt.state == Order.State.PAID:
        off = max(off, abs(sum(payment.amount for payment in receipt.payments) - receipt.total))
    if not off:
        return []
    return ["rounding"] if off <= len(receipt.lines) else ["unbalanced"]


def _store(code: str) -> Store | None:
    if not code:
        return None
    if (store := Store.objects.filter(code=code).first()) is None:
        raise UnknownStore(f"The store “{code}” is not known.")
    return store


def _write_lines(order: Order, receipt: Receipt) -> None:
    codes = dict(Product.objects.filter(code__in=[line.sku for line in receipt.lines]).values_list("code", "pk"))
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order, line_ref=line.ref, product_id=codes.get(line.sku), sku=line.sku, name=line.name,
                kind=line.kind, quantity=line.quantity, unit_price=line.unit_price, discount=line.discount,
                total=line.total,
            )
            for line in receipt.lines
        ],
        update_conflicts=True, unique_fields=["order", "line_ref"],
        update_fields=["product", "sku", "name", "kind", "quantity", "unit_price", "discount", "total"],
    )  # fmt: skip
    # A line that a refund names stays, so that the refund keeps what it was for.
    order.lines.exclude(line_ref__in=[line.ref for line in receipt.lines]).filter(refund_lines=None).delete()


def _write_payments(order: Order, receipt: Receipt) -> None:
    Payment.objects.bulk_create(
        [
            Payment(
                order=order, ref=one.ref, kind=one.kind, amount=one.amount, captured_at=one.captured_at,
                reference=one.reference,
            )
            for one in receipt.payments
        ],
        update_conflicts=True, unique_fields=["order", "ref"],
        update_fields=["kind", "amount", "captured_at", "reference"],
    )  # fmt: skip
    order.payments.exclude(ref__in=[one.ref for one in receipt.payments]).delete()


def _tell(order: Order, kind: str, *, wakes: bool) -> None:
    if order.customer is None:
        return
    lines = list(order.lines.filter(kind__in=["goods", "service"]).select_related("product").order_by("pk"))
    first = lines[0] if lines else None
    name = (first.product.name if first.product and first.product.name else first.name or first.sku) if first else ""
    Event.objects.record(
        customer=order.customer, kind=kind, at=order.placed_at, business_date=order.business_date,
        store=order.store_id, channel=order.channel, source=order.source, source_ref=order.source_ref, wakes=wakes,
        came_as=order.came_as,
        details={"order": order.pk, "number": order.source_ref, "total": order.total, "currency": order.currency,
                 "pieces": sum(pieces_of(line.quantity) for line in lines), "first": name},
    )  # fmt: skip


def pieces_of(quantity: Decimal) -> int:
    """A weighed or metered quantity counts as one piece."""
    return int(quantity) if quantity == int(quantity) and 1 <= quantity <= 999 else 1


def _touch(order: Order) -> None:
    if order.customer and order.store:
        tie_to_store(order.customer, order.store, on=order.business_date)
    _mark_dirty(order.customer_id)


def _mark_dirty(customer: int | None) -> None:
    if customer:
        MetricsDirty.objects.bulk_create([MetricsDirty(customer_id=customer)], ignore_conflicts=True)
        wake("commerce.tasks.sweep_dirty_metrics")


def _at_home(amount: int, currency: str, rate: Decimal) -> int:
    """Minor units of the house currency, rounded half up once."""
    return money.convert(amount, rate, source=currency, target=settings.BASE_CURRENCY)


# Returns


@transaction.atomic
def record_refund(given: Return, *, source: str, wakes: bool = True) -> Recorded:
    """Take in a return once; one whose sale is not here waits for it. Raises OverRefund, ConflictingRevision."""
    _one_at_a_time(given.order_source or source, given.order or given.source_ref)
    stored = Refund.objects.filter(source=source, source_ref=given.source_ref).first()
    if stored is not None:
        if bytes(stored.digest) != given.digest:
            raise ConflictingRevision("This refund is here with other content.")
        return Recorded(stored, "unchanged")
    order = Order.objects.filter(source=given.order_source or source, source_ref=given.order or None).first()
    flags = _checked(given, order) if order else []
    refund = Refund.objects.create(
        order=order, order_ref=given.order, customer=order.customer if order else None, source=source,
        came_as=order.came_as if order else None,
        source_ref=given.source_ref, digest=given.digest, store=_store(given.store), till=given.till,
        refunded_at=given.refunded_at, business_date=given.business_date, currency=given.currency,
        amount=given.amount, by_points=given.by_points, tender=given.tender,
        base_amount=_at_home(given.amount, given.currency, order.rate if order else given.rate), reason=given.reason,
    )  # fmt: skip
    lines = {line.line_ref: line for line in order.lines.all()} if order else {}
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund, order_line=lines.get(line.ref), line_ref=line.ref, quantity=line.quantity, amount=line.amount
        )
        for line in given.lines
    )
    _tell_refund(refund, wakes=wakes)
    if order is None and not given.order:
        return Recorded(refund, "recorded", ["blind"])
    return Recorded(refund, "recorded" if order else "waiting", flags)


def _checked(given: Return, order: Order) -> list[str]:
    before = order.refunds.aggregate(amount=Sum("amount"))["amount"] or 0
    if before + given.amount > order.total:
        raise OverRefund(f"Of {order.total} already {before} went back; {given.amount} more is too much.")
    flags: set[str] = set()
    nets = net_of_lines(order)
    for line in given.lines:
        sold = order.lines.filter(line_ref=line.ref).first()
        if sold is None:
            continue
        so_far = RefundLine.objects.filter(order_line=sold).aggregate(q=Sum("quantity"), a=Sum("amount"))
        quantity, amount = so_far["q"] or Decimal(0), so_far["a"] or 0
        if quantity + line.quantity > sold.quantity or amount + line.amount > nets[sold.line_ref]:
            raise OverRefund(f"Line {line.ref} was sold {sold.quantity} times; {quantity} came back already.")
        share = nets[sold.line_ref] * (quantity + line.quantity) / (sold.quantity or 1)
        off = abs(line.amount - (int(share.quantize(Decimal(1), ROUND_HALF_UP)) - amount))
        flags |= {"rounding"} if off == 1 else {"refund_amount"} if off else set()
    return sorted(flags)


def net_of_lines(order: Order) -> dict[str, int]:
    """Each line's total less its share of what the order takes off beside its lines, by largest remainder.

    Tills send lines before the order's discount, most files lines after it: what the lines hold too much says which.
    """
    lines = list(order.lines.order_by("pk"))
    whole = sum(line.total for line in lines)
    off = min(order.discount, whole - order.total)
    if not whole or off <= 0:
        return {line.line_ref: line.total for line in lines}
    exact = [Decimal(off) * line.total / whole for line in lines]
    shares = [int(share) for share in exact]
    by_rest = sorted(range(len(lines)), key=lambda place: shares[place] - exact[place])
    for place in by_rest[: off - sum(shares)]:
        shares[place] += 1
    return {line.line_ref: line.total - share for line, share in zip(lines, shares, strict=True)}


def _tell_refund(refund: Refund, *, wakes: bool) -> None:
    if refund.customer is None:
        return
    Event.objects.record(
        customer=refund.customer, kind="refund.made", at=refund.refunded_at, business_date=refund.business_date,
        store=refund.store_id, source=refund.source, source_ref=refund.source_ref, wakes=wakes,
        came_as=refund.came_as,
        details={"refund": refund.pk, "number": refund.source_ref, "order": refund.order_ref,
                 "amount": refund.amount, "currency": refund.currency, "reason": refund.reason},
    )  # fmt: skip
    _mark_dirty(refund.customer_id)


def _release(order: Order, *, wakes: bool) -> None:
    """Returns that waited for this sale find it, as far as they do not exceed it."""
    left = order.total - (order.refunds.aggregate(amount=Sum("amount"))["amount"] or 0)
    lines = {line.line_ref: line for line in order.lines.all()}
    for refund in Refund.objects.select_for_update().filter(
        source=order.source, order_ref=order.source_ref, order=None
    ):
        if refund.amount > left:
            continue
        left -= refund.amount
        refund.order, refund.customer, refund.came_as = order, order.customer, order.came_as
        refund.base_amount = _at_home(refund.amount, refund.currency, order.rate)
        refund.save(update_fields=["order", "customer", "came_as", "base_amount"])
        for line in refund.lines.all():
            line.order_line = lines.get(line.line_ref)
            line.save(update_fields=["order_line"])
        _tell_refund(refund, wakes=wakes)
