"""The door of tills and shops: sales and returns, answered at once."""

import json
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commerce.actions import Recorded, record_order, record_refund
from commerce.models import Order
from commerce.receipts import Unreadable, read_receipt, read_return
from scrm.kernel.idempotency import once
from staff.api_key import scope
from staff.models import ApiClient

STATES = {"order.placed": "placed", "order.paid": "paid", "order.cancelled": "cancelled"}


class Orders(APIView):
    """`POST` one sale (order.placed, order.paid, order.cancelled) or one return (refund.made).

    The body is the message's `data`, or the whole message with `type` and `data`. Money is integer minor units,
    quantities and unit prices are decimal strings. Needs an Idempotency-Key; the source is the client's own code.
    """

    permission_classes = [scope("orders")]

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        body = request.body
        kind, data = _message(body)
        source = source_of(request)
        ran: list[bool] = []

        def command() -> tuple[int, dict[str, Any]]:
            ran.append(True)
            return _answer(_recorded(kind, data, source=source))

        status, answer = once(client=source, key=request.headers.get("Idempotency-Key"), body=body, command=command)
        return Response(answer, status=status, headers={} if ran else {"Idempotency-Replayed": "true"})


class OneOrder(APIView):
    """One sale of the client's own, as it stands here."""

    permission_classes = [scope("orders")]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, source_ref: str) -> Response:
        order = Order.objects.filter(source=source_of(request), source_ref=source_ref).first()
        if order is None:
            raise Http404
        refunds = order.refunds.order_by("pk").values("source_ref", "amount", "business_date")
        return Response({
            "order": order.source_ref, "revision": order.revision, "state": order.state, "total": order.total,
            "currency": order.currency, "business_date": order.business_date, "flags": order.flags,
            "lines": order.lines.count(), "guest": order.customer_id is None, "refunds": list(refunds),
        })  # fmt: skip


def source_of(request: Request) -> str:
    """The client's own code: never a field of the body."""
    assert isinstance(request.user, ApiClient)
    return request.user.code


def _message(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        message = json.loads(body, parse_float=_refused, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ParseError(str(error) if isinstance(error, _Fraction) else "The body is not JSON.") from None
    if not isinstance(message, dict):
        raise ParseError("The body must be an object.")
    data = message.get("data", message)
    if not isinstance(data, dict):
        raise ParseError("“data” must be an object.")
    return str(message.get("type") or ("refund.made" if "refunded_at" in data else "order.paid")), data


class _Fraction(ValueError):
    pass


def _refused(text: str) -> None:
    raise _Fraction(f"The number {text[:30]} has a fraction: write amounts as integers, quantities as strings.")


def _recorded(kind: str, data: dict[str, Any], *, source: str) -> Recorded:
    try:
        if kind == "refund.made":
            return record_refund(read_return(data), source=source)
        if kind in STATES:
            return record_order(read_receipt(data, state=STATES[kind]), source=source)
    except Unreadable as trouble:
        raise ValidationError(trouble.errors) from None
    raise ValidationError([{"pointer": "/type", "detail": f"“{kind[:40]}” is no kind of message taken here."}])


def _answer(recorded: Recorded) -> tuple[int, dict[str, Any]]:
    name = "order" if isinstance(recorded.row, Order) else "refund"
    status = 200 if recorded.state in ("unchanged", "ignored") else 201
    return status, {name: recorded.row.source_ref, "state": recorded.state, "flags": recorded.flags}
