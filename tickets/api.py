"""The door of machines for cases: bring a matter, add what was said, read how far one's own is."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.actions import holder_named
from customers.api import NamedIdentity
from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import scope
from tickets.hearing import topic_of
from tickets.models import Ticket, Topic
from tickets.promises import open_clocks

CHANNELS = ("app", "mini", "web", "wecom", "sms", "mail", "phone", "store", "pos", "social")


class GivenCase(serializers.Serializer):
    """A matter, under the client's own key."""

    source_ref = serializers.CharField(max_length=120)
    customer = NamedIdentity(help_text="Whose matter it is: one complete strong identity.")
    subject = serializers.CharField(max_length=120)
    body = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    channel = serializers.ChoiceField(choices=CHANNELS)
    topic = serializers.SlugField(max_length=40, required=False, help_text="Left out, the words decide.")

    def validate_topic(self, code: str) -> Topic:
        topic = Topic.objects.filter(code=code, used=True).first()
        if topic is None:
            raise ValidationError("No topic has this code.", code="unknown")
        return topic


class GivenWord(serializers.Serializer):
    """One more word of the customer."""

    source_ref = serializers.CharField(max_length=120)
    body = serializers.CharField(max_length=4000)
    channel = serializers.ChoiceField(choices=CHANNELS)


@extend_schema_serializer(component_name="Case")
class ShownCase(serializers.Serializer):
    """How far a case is; nothing that is for staff only."""

    number = serializers.IntegerField()
    source_ref = serializers.CharField()
    state = serializers.ChoiceField(choices=["new", "open", "waiting", "held", "resolved", "closed"])
    opened_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    promised_by = serializers.DateTimeField(allow_null=True, help_text="The nearest promise that runs.")
    joined_to = serializers.IntegerField(allow_null=True, help_text="The case that stands, when this was joined to it.")


class HeardWord(serializers.Serializer):
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["created", "unchanged"])


class Cases(MachineView):
    """Matters the client brings."""

    permission_classes = [scope("cases")]

    @extend_schema(
        operation_id="cases_open", parameters=[KEY_HEADER], request=GivenCase,
        responses={200: ShownCase, 201: ShownCase, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Open a case; the same `source_ref` again is the same case."""
        given = GivenCase(data=request.data)

        def command() -> tuple[int, dict[str, Any]]:
            given.is_valid(raise_exception=True)
            said = given.validated_data
            topic = said.get("topic") or topic_of(f"{said['subject']} {said.get('body', '')}")
            try:
                ticket, fresh = Ticket.open(
                    _whose(said["customer"]), said["subject"], topic=topic, channel=said["channel"],
                    source=self.client.code, source_ref=said["source_ref"],
                )  # fmt: skip
            except TransitionRefused as refusal:
                raise ValidationError({"subject": str(refusal)}) from None
            if fresh and said.get("body", "").strip():
                ticket.hear(said["body"], channel=said["channel"], at=timezone.now(), source=self.client.code,
                            source_ref=f"case:{said['source_ref']}"[:120])  # fmt: skip
            return 201 if fresh else 200, as_told(Ticket.objects.get(pk=ticket.pk))

        return self.once(request, command)


class OneCase(MachineView):
    """A case the client brought."""

    permission_classes = [scope("cases")]

    @extend_schema(operation_id="cases_read", responses={200: ShownCase, **problems(404)})
    def get(self, request: Request, number: int) -> Response:
        return Response(as_told(_own(self.client.code, number)))


class Words(MachineView):
    """What the customer says about it later."""

    permission_classes = [scope("cases")]

    @extend_schema(
        operation_id="cases_hear", parameters=[KEY_HEADER], request=GivenWord,
        responses={200: HeardWord, 201: HeardWord, **problems(404, 409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request, number: int) -> Response:
        """Add one word, once by its `source_ref`; a case that is done opens again."""
        ticket = _own(self.client.code, number)
        given = GivenWord(data=request.data)

        def command() -> tuple[int, dict[str, Any]]:
            given.is_valid(raise_exception=True)
            said = given.validated_data
            entry = ticket.hear(said["body"], channel=said["channel"], at=timezone.now(), source=self.client.code,
                                source_ref=f"word:{said['source_ref']}"[:120])  # fmt: skip
            return 201 if entry else 200, {"number": number, "state": "created" if entry else "unchanged"}

        return self.once(request, command)


def as_told(ticket: Ticket) -> dict[str, Any]:
    standing = ticket.merged_into or ticket
    nearest = open_clocks(standing).filter(paused_at=None).order_by("due_at").values_list("due_at", flat=True).first()
    return {
        "number": ticket.number, "source_ref": ticket.source_ref, "state": standing.state,
        "opened_at": ticket.opened_at.isoformat(), "answered_at": _moment(standing.answered_at),
        "resolved_at": _moment(standing.resolved_at), "promised_by": _moment(nearest),
        "joined_to": standing.number if standing.pk != ticket.pk else None,
    }  # fmt: skip


def _whose(named: dict[str, str]) -> Customer:
    held = holder_named(named["kind"], named["value"])
    if held is None:
        raise ValidationError({"customer": "Nobody holds this identity; bring the customer first."})
    customer: Customer = Customer.objects.get(pk=held[0])
    return customer


def _own(client: str, number: int) -> Ticket:
    rows = Ticket.objects.select_related("merged_into").filter(source=client)
    ticket = rows.filter(number=number).first() if number < 2**31 else None
    if ticket is None:
        raise Http404
    return ticket


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None
