"""The door for machines that want to be told: their own webhooks."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Unsafe
from scrm.kernel.registry import event_kinds
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import scope
from touchpoints.models import WebhookEndpoint
from touchpoints.webhooks import forget_endpoints


class GivenWebhook(serializers.Serializer):
    """Where to send, and which kinds of event; none named means all. The payload is thin: ids, no content."""

    url = serializers.CharField(max_length=500, help_text="https, a public host, port 443 or 8443.")
    kinds = serializers.ListField(child=serializers.CharField(max_length=40), max_length=100, required=False)

    def validate_url(self, url: str) -> str:
        try:
            outgoing.target_of(url)
        except Unsafe as trouble:
            raise ValidationError(str(trouble), code="unsafe") from None
        return url

    def validate_kinds(self, kinds: list[str]) -> list[str]:
        if set(kinds) - set(event_kinds.names()):
            raise ValidationError(f"Kinds are: {', '.join(sorted(event_kinds.names()))}.", code="unknown")
        return kinds


@extend_schema_serializer(component_name="Webhook")
class ShownWebhook(serializers.Serializer):
    code = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    full = serializers.BooleanField()
    state = serializers.ChoiceField(choices=["active", "paused", "disabled"])
    created_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="NewWebhook")
class MadeWebhook(ShownWebhook):
    secret = serializers.CharField(required=False, help_text="Shown in the first answer only, never in a repeat.")


class WebhookList(serializers.Serializer):
    results = ShownWebhook(many=True)


class Webhooks(MachineView):
    """The client's own webhooks."""

    permission_classes = [scope("webhooks")]

    @extend_schema(operation_id="webhooks_list", responses={200: WebhookList, **problems()})
    def get(self, request: Request) -> Response:
        rows = WebhookEndpoint.objects.filter(client=self.client).exclude(state=WebhookEndpoint.State.ENDED)
        return Response({"results": [as_told(row) for row in rows[:100]]})

    @extend_schema(
        operation_id="webhooks_add", parameters=[KEY_HEADER], request=GivenWebhook,
        responses={201: MadeWebhook, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        given = GivenWebhook(data=request.data)
        made: list[str] = []

        def command() -> tuple[int, dict[str, Any]]:
            given.is_valid(raise_exception=True)
            endpoint, secret = WebhookEndpoint.add(
                client=self.client, url=given.validated_data["url"], kinds=given.validated_data.get("kinds", [])
            )
            made.append(secret)
            return 201, as_told(endpoint)

        answer = self.once(request, command)
        forget_endpoints()
        # Not part of the kept answer: a secret in clear must not lie in a table for thirty days.
        if made:
            answer.data = answer.data | {"secret": made[0]}
        return answer


class OneWebhook(MachineView):
    """One webhook of the client's own."""

    permission_classes = [scope("webhooks")]

    @extend_schema(operation_id="webhooks_end", responses={204: None, **problems(404)})
    def delete(self, request: Request, code: str) -> Response:
        """End it: what waits is not sent any more."""
        rows = WebhookEndpoint.objects.filter(client=self.client, code=code)
        endpoint = rows.exclude(state=WebhookEndpoint.State.ENDED).first()
        if endpoint is None:
            raise Http404
        endpoint.end(by=None, client=self.client.code)
        forget_endpoints()
        return Response(status=204)


def as_told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "code": endpoint.code, "url": endpoint.url, "kinds": endpoint.kinds, "full": endpoint.full,
        "state": endpoint.state, "created_at": endpoint.created_at.isoformat(),
    }  # fmt: skip
