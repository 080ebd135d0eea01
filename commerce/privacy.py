"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from commerce.models import Order, Payment, Refund
from customers.privacy import Person
from scrm.kernel.registry import erasures, subject_parts


def forget(person: Person) -> None:
    """Sales stay as sums; words and the tenders' own references go."""
    Payment.objects.filter(order__customer__in=person.records).exclude(reference="").update(reference="")
    Refund.objects.filter(customer__in=person.records).exclude(reason="").update(reason="")


def held(ids: list[int]) -> dict[str, Any]:
    orders = Order.objects.filter(customer__in=ids).select_related("store").prefetch_related("lines", "payments")
    return {
        "orders": [
            {"number": row.source_ref, "from": row.source, "store": str(row.store or ""), "at": row.placed_at,
             "state": row.state, "currency": row.currency, "total_minor_units": row.total, "discount": row.discount,
             "lines": [{"sku": line.sku, "name": line.name, "quantity": line.quantity, "total": line.total}
                       for line in row.lines.all()],
             "payments": [{"kind": one.kind, "amount": one.amount} for one in row.payments.all()]}
            for row in orders.order_by("placed_at", "pk").iterator(chunk_size=500)
        ],
        "refunds": list(Refund.objects.filter(customer__in=ids).order_by("refunded_at").values(
            "source_ref", "order_ref", "refunded_at", "amount", "currency", "reason")),
    }  # fmt: skip


def register() -> None:
    erasures.add("commerce", forget)
    subject_parts.add("commerce", held)
