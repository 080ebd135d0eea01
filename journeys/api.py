"""The door of shops for what fits somebody: goods with their reasons, and where they stand."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.segment_api import brought_by
from journeys.recommending import Found, Pick, for_customer, for_nobody
from staff.api import MachineView, problems
from staff.api_key import scope
from staff.models import Store

MOST, CODE = 24, 40
ASKS = [
    OpenApiParameter("store", str, description="Code of a store: what stands there comes first."),
    OpenApiParameter("scene", str, description="A code the catalogue marks goods with, such as a scene."),
    OpenApiParameter("count", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 6}),
]


class ShownReason(serializers.Serializer):
    """Why. `points` is what it adds to the rank; the sentence is in the language of Accept-Language."""

    kind = serializers.ChoiceField(choices=["refill", "together", "browsed", "scene", "heard", "told", "sold"])
    points = serializers.IntegerField()
    values = serializers.DictField()
    sentence = serializers.CharField()


class ShownNear(serializers.Serializer):
    """Another store that has it, by its code."""

    store = serializers.CharField()
    quantity = serializers.IntegerField()


class ShownPick(serializers.Serializer):
    """One piece, the best first. `here` counts the asked store, null if none was asked; `near`: the next ones."""

    code = serializers.CharField()
    article = serializers.CharField()
    name = serializers.DictField(child=serializers.CharField())
    price = serializers.IntegerField(allow_null=True, help_text="Minor units of the house currency.")
    size = serializers.CharField()
    reasons = ShownReason(many=True)
    here = serializers.IntegerField(allow_null=True)
    near = ShownNear(many=True)


@extend_schema_serializer(component_name="Recommendations")
class ShownPicks(serializers.Serializer):
    """What fits. `kept_away` counts what was left out for safety."""

    results = ShownPick(many=True)
    kept_away = serializers.IntegerField()


class ForPerson(MachineView):
    """What fits a person the client brought. Online looks count only where she allows it."""

    permission_classes = [scope("recommendations")]

    @extend_schema(operation_id="recommend_person", parameters=ASKS, responses={200: ShownPicks, **problems(404, 422)})
    def get(self, request: Request, number: str) -> Response:
        if len(number) > CODE or "\0" in number:
            raise Http404
        customer = brought_by(self.client.code).filter(number=number).first()
        if customer is None:
            raise Http404
        return Response(_shown(for_customer(customer, **_asked(request))))


class ForVisitor(MachineView):
    """What fits a visitor nobody knows: what the scene asks for, and what sells."""

    permission_classes = [scope("recommendations")]

    @extend_schema(operation_id="recommend_visitor", parameters=ASKS, responses={200: ShownPicks, **problems(422)})
    def get(self, request: Request) -> Response:
        return Response(_shown(for_nobody(**_asked(request))))


def _asked(request: Request) -> dict[str, Any]:
    given = request.query_params
    store, scene, count = given.get("store", ""), given.get("scene", ""), given.get("count", "6")
    found = Store.objects.filter(code=store, closed_on=None).first() if store and _is_code(store) else None
    if store and found is None:
        raise ValidationError([{"pointer": "?store", "code": "unknown", "detail": "There is no such store."}])
    if not _is_code(scene):
        raise ValidationError([{"pointer": "?scene", "code": "too_long", "detail": "At most 40 characters."}])
    if not (count.isascii() and count.isdigit() and len(count) < 4 and 1 <= int(count) <= MOST):
        raise ValidationError([{"pointer": "?count", "code": "out_of_range", "detail": f"From 1 to {MOST}."}])
    return {"store": found, "scene": scene, "count": int(count)}


def _is_code(text: str) -> bool:
    return len(text) <= CODE and "\0" not in text


def _shown(found: Found) -> dict[str, Any]:
    near = {store for pick in found.picks for store, _quantity in pick.near}
    codes = dict(Store.objects.filter(pk__in=near).values_list("pk", "code")) if near else {}
    return {"results": [_pick(pick, codes) for pick in found.picks], "kept_away": found.kept_away}


def _pick(pick: Pick, codes: dict[int, str]) -> dict[str, Any]:
    product = pick.product
    return {
        "code": product.code, "article": pick.article, "name": dict(product.name), "price": product.price,
        "size": product.size, "reasons": [reason.as_json() for reason in pick.reasons], "here": pick.here,
        "near": [{"store": codes[store], "quantity": quantity} for store, quantity in pick.near if store in codes],
    }  # fmt: skip
