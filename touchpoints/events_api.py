"""The door for what happened elsewhere: signed batches, stored at once, worked on after the answer."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scrm.kernel.registry import intakes
from staff.api import MachineView, problems
from staff.api_key import ApiKey, scope
from staff.signed_calls import Signed
from touchpoints import intake
from touchpoints.models import Delivery, Inbox

HEADERS = [
    OpenApiParameter("webhook-id", str, OpenApiParameter.HEADER, required=True, pattern=r"^[A-Za-z0-9_:-]{1,120}$",
                     description="One per delivery, the same over all its tries."),
    OpenApiParameter("webhook-timestamp", str, OpenApiParameter.HEADER, required=True, pattern=r"^\d{1,12}$",
                     description="Unix seconds of this try, at most 300 away from our clock."),
    OpenApiParameter("webhook-signature", str, OpenApiParameter.HEADER, required=True,
                     description="v1,<base64 HMAC-SHA256 over id.timestamp.body>; several separated by blanks."),
]  # fmt: skip


class SignedEvent(serializers.Serializer):
    """One event. `source_ref` is the sender's own key of it: the same key again has no effect."""

    type = serializers.CharField(max_length=40)
    timestamp = serializers.DateTimeField(help_text="When it happened, with an offset.")
    source_ref = serializers.CharField(max_length=80, required=False)
    data = serializers.DictField()  # type: ignore[assignment] # the contract's own name


class SignedBatch(serializers.Serializer):
    events = serializers.ListField(child=SignedEvent(), max_length=intake.MOST)


class TakenBatch(serializers.Serializer):
    id = serializers.CharField()
    accepted = serializers.IntegerField()
    new = serializers.IntegerField(help_text="How many were not here already.")
    duplicate = serializers.BooleanField(help_text="Whether this delivery was here already.")


class EventState(serializers.Serializer):
    index = serializers.IntegerField()
    type = serializers.CharField()
    state = serializers.ChoiceField(choices=Inbox.State.choices)
    error = serializers.CharField(allow_blank=True)


class BatchState(serializers.Serializer):
    id = serializers.CharField()
    events = serializers.IntegerField()
    results = EventState(many=True)


class Events(MachineView):
    """`POST` one event or {"events": […]}, at most 500 and 1 MB, signed. 202: stored, and worked on from now on."""

    authentication_classes = [Signed]
    permission_classes = [scope("events")]

    @extend_schema(
        operation_id="events_send", parameters=HEADERS, request=SignedBatch,
        responses={200: TakenBatch, 202: TakenBatch, **problems(409, 413)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        ref = request.headers["webhook-id"]
        accepted, new, repeated = intake.take_batch(self.client, ref, request._request.body)
        answer = {"id": ref, "accepted": accepted, "new": new, "duplicate": repeated}
        return Response(answer, status=200 if repeated else 202)


class OneDelivery(MachineView):
    """What became of the events of one delivery of the client's own."""

    authentication_classes = [ApiKey]
    permission_classes = [scope("events")]

    @extend_schema(operation_id="events_read", responses={200: BatchState, **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        delivery = Delivery.objects.filter(source=self.client.code, ref=ref).first() if "\0" not in ref else None
        if delivery is None:
            raise Http404
        rows = Inbox.objects.filter(source=self.client.code, delivery=ref).order_by("index")
        results = [
            {"index": row.index, "type": row.kind, "state": row.state,
             "error": row.error if row.state == Inbox.State.DEAD else ""}
            for row in rows
        ]  # fmt: skip
        return Response({"id": ref, "events": delivery.events, "results": results})


def kinds() -> list[str]:
    """The types of event that are taken in."""
    return sorted(intakes.names())
