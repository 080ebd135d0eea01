"""The door of shops and apps to looks: save what a customer put together, read what was laid out."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from commerce.models import Product
from customers.api import holders_of, is_brought_by
from customers.models import Customer, Scene
from scrm.kernel.idempotency import key_of
from scrm.kernel.keyset import page_of
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import scope
from touchpoints import look_answers, looks
from touchpoints.models import LookBoard, LookItem
from touchpoints.models.look import MOST, TITLE, WORDS

SIZE = 25


class GivenLook(serializers.Serializer):
    """Pieces a customer put together, by their codes."""

    title = serializers.CharField(max_length=TITLE)
    scene = serializers.CharField(max_length=40, required=False, help_text="The code of an occasion.")
    words = serializers.CharField(max_length=WORDS, required=False, allow_blank=True)
    pieces = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1, max_length=MOST)

    def validate_scene(self, code: str) -> Scene:
        scene = Scene.objects.filter(code=code, used=True).first()
        if scene is None:
            raise ValidationError("No occasion has this code.", code="unknown")
        return scene

    def validate_pieces(self, codes: list[str]) -> list[Product]:
        found = {one.code: one for one in Product.objects.filter(code__in=codes, kind=Product.Kind.GOODS)}
        missing = [code for code in codes if code not in found]
        if missing:
            raise ValidationError(f"No piece has the code {missing[0]}.", code="unknown")
        return [found[code] for code in codes]


@extend_schema_serializer(component_name="LookPiece")
class ShownPiece(serializers.Serializer):
    code = serializers.CharField()
    word = serializers.CharField()
    said = serializers.ChoiceField(choices=["", "like", "pass"])


@extend_schema_serializer(component_name="LookBoard")
class ShownLook(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    scene = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=["shared", "answered", "closed"])
    words = serializers.CharField()
    changed_at = serializers.DateTimeField()
    pieces = ShownPiece(many=True)


class LookPage(serializers.Serializer):
    """Follow `next` as `after` until it is null."""

    results = ShownLook(many=True)
    next = serializers.CharField(allow_null=True)


class Looks(MachineView):
    """The look boards of a person the client brought. A draft is nobody's but the advisor's."""

    permission_classes = [scope("looks")]

    @extend_schema(
        operation_id="look_boards_list",
        parameters=[OpenApiParameter("after", str, description="`next` of the page before.")],
        responses={200: LookPage, **problems(404)},
    )
    def get(self, request: Request, number: str) -> Response:
        customer = self.person(number)
        rows = LookBoard.objects.filter(customer=customer).exclude(state=LookBoard.State.DRAFT)
        page = page_of(
            rows.select_related("scene"), order=["-changed_at", "-pk"], cursor=request.query_params.get("after"),
            size=SIZE,
        )  # fmt: skip
        pieces = looks.pieces_of(customer, page.rows)
        return Response({"results": [as_told(row, pieces) for row in page.rows], "next": page.next_cursor})

    @extend_schema(
        operation_id="look_boards_save", parameters=[KEY_HEADER], request=GivenLook,
        responses={200: ShownLook, 201: ShownLook, **problems(404, 409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Save what a customer put together: the advisor finds it in the day."""
        customer, given = self.person(number), GivenLook(data=request.data)
        key = key_of(request.headers.get("Idempotency-Key"))

        def command() -> tuple[int, dict[str, Any]]:
            given.is_valid(raise_exception=True)
            said = given.validated_data
            board = look_answers.save_from(
                customer, said["title"], said["pieces"], source=f"api:{self.client.code}"[:60],
                key=f"{customer.pk}:{key}", scene=said.get("scene"), words=said.get("words", ""),
            )  # fmt: skip
            return 201, as_told(board, looks.pieces_of(customer, [board]))

        return self.once(request, command)

    def person(self, number: str) -> Customer:
        """The person of this number, or who holds it now, where the client brought them; 404 otherwise."""
        if len(number) > 40 or "\0" in number:
            raise Http404
        asked = Customer.objects.filter(number=number).first()
        if asked is None or not is_brought_by(asked.pk, self.client.code):
            raise Http404
        holder = Customer.objects.get(pk=holders_of([asked.pk])[asked.pk])
        if holder.erased_at:
            raise Http404
        return holder


def as_told(board: LookBoard, pieces: dict[int, list[LookItem]]) -> dict[str, Any]:
    return {
        "id": board.pk, "title": board.title, "scene": board.scene.code if board.scene else None, "note": board.note,
        "state": board.state, "words": board.words, "changed_at": board.changed_at.isoformat(),
        "pieces": [{"code": one.product.code, "word": one.word, "said": one.said} for one in pieces[board.pk]],
    }  # fmt: skip
