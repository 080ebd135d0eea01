"""The door of tills and shops: sales and returns, answered at once."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from commerce.actions import Recorded, record_order, record_refund
from commerce.api_shapes import OrderMessage, OrderState, RecordedOrder, RecordedRefund, Return, Sale
from commerce.models import Order
from commerce.receipts import Unreadable, read_receipt, read_return
from scrm.kernel.registry import till_answers
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import scope

STATES = {"order.placed": "placed", "order.paid": "paid", "order.cancelled": "cancelled"}
BODY = PolymorphicProxySerializer("OrderBody", [OrderMessage, Sale, Return], resource_type_field_name=None)
ANSWER = PolymorphicProxySerializer("OrderAnswer", [RecordedOrder, RecordedRefund], resource_type_field_name=None)


class Orders(MachineView):
    """`POST` one sale (order.placed, order.paid, order.cancelled) or one return (refund.made).

    The body is the message's `data`, or the whole message with `type` and `data`. Money is integer minor units,
    quantities and unit prices are decimal strings. Needs an Idempotency-Key; the source is the client's own code.
    """

    permission_classes = [scope("orders")]

    @extend_schema(
        operation_id="orders_record", parameters=[KEY_HEADER], request=BODY,
        responses={200: ANSWER, 201: ANSWER, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        kind, data = _message(request.data)
        return self.once(request, lambda: _answer(_recorded(kind, data, source=self.client.code)))


class OneOrder(MachineView):
    """One sale of the client's own, as it stands here."""

    permission_classes = [scope("orders")]

    @extend_schema(operation_id="orders_read", responses={200: OrderState, **problems(404)})
    def get(self, request: Request, source_ref: str) -> Response:
        if "\0" in source_ref:
            raise Http404
        order = Order.objects.filter(source=self.client.code, source_ref=source_ref).first()
        if order is None:
            raise Http404
        refunds = order.refunds.order_by("pk").values("source_ref", "amount", "business_date")
        return Response({
            "order": order.source_ref, "revision": order.revision, "state": order.state, "total": order.total,
            "currency": order.currency, "business_date": order.business_date, "flags": order.flags,
            "lines": order.lines.count(), "guest": order.customer_id is None, "refunds": list(refunds),
        })  # fmt: skip


def _message(message: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(message, dict):
        raise ValidationError([{"pointer": "/", "code": "not_an_object", "detail": "The body must be an object."}])
    data = message.get("data", message)
    if not isinstance(data, dict):
        raise ValidationError([{"pointer": "/data", "code": "not_an_object", "detail": "This must be an object."}])
    kind = message.get("type") or ("refund.made" if "refunded_at" in data else "order.paid")
    if not isinstance(kind, str):
        raise ValidationError([{"pointer": "/type", "code": "not_text", "detail": "This must be text."}])
    return kind, data


def _recorded(kind: str, data: dict[str, Any], *, source: str) -> Recorded:
    try:
        if kind == "refund.made":
            return record_refund(read_return(data), source=source)
        if kind in STATES:
            return record_order(read_receipt(data, state=STATES[kind]), source=source)
    except Unreadable as trouble:
        raise ValidationError(trouble.errors) from None
    raise ValidationError([{"pointer": "/type", "code": "unknown", "detail": "No kind of message taken here."}])


def _answer(recorded: Recorded) -> tuple[int, dict[str, Any]]:
    name = "order" if isinstance(recorded.row, Order) else "refund"
    status = 200 if recorded.state in ("unchanged", "ignored") else 201
    answer = {name: recorded.row.source_ref, "state": recorded.state, "flags": recorded.flags}
    for add in till_answers.all():
        answer |= add(recorded.row)
    return status, answer
