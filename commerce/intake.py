"""Sales and returns as signed events: the same reading and the same verbs as the tills' own door."""

from typing import Any

from commerce.actions import record_order, record_refund
from commerce.receipts import Unreadable, read_receipt, read_return
from scrm.kernel.reading import Mistaken
from scrm.kernel.registry import Intake, intakes

STATES = {"order.placed": "placed", "order.paid": "paid", "order.cancelled": "cancelled"}


def sold(letter: Any) -> int | None:
    try:
        receipt = read_receipt(letter.data, state=STATES[letter.kind])
    except Unreadable as trouble:
        raise _mistake(trouble) from None
    return record_order(receipt, source=letter.source).row.customer_id  # type: ignore[no-any-return]


def returned(letter: Any) -> int | None:
    try:
        given = read_return(letter.data)
    except Unreadable as trouble:
        raise _mistake(trouble) from None
    return record_refund(given, source=letter.source).row.customer_id  # type: ignore[no-any-return]


def _mistake(trouble: Unreadable) -> Mistaken:
    return Mistaken("; ".join(f"data{one['pointer']}: {one['detail']}" for one in trouble.errors[:5]))


def _of_order(data: dict[str, Any]) -> tuple[str, str] | None:
    """One sale's news are taken in order, whoever bought."""
    order = data.get("order") or data.get("source_ref")
    return ("order", order) if isinstance(order, str) else None


def register() -> None:
    for kind in STATES:
        intakes.add(kind, Intake(kind, _of_order, sold))
    intakes.add("refund.made", Intake("refund.made", _of_order, returned))
