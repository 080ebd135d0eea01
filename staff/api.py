"""What every address for machines does: limits first, one answer per command, each call written down."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from scrm.kernel import idempotency
from scrm.kernel.middleware import request_number
from scrm.kernel.problem import TooLarge, TooMany, Unreadable
from staff.api_key import ApiKey, counted
from staff.models import ApiClient

log = logging.getLogger("scrm.api")

KEY_HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, pattern=r"^[A-Za-z0-9_.:-]{1,128}$",
    description="One per command, kept for 30 days; a repeat gets the first answer with Idempotency-Replayed: true.",
)  # fmt: skip
MISTAKE = inline_serializer(
    "Mistake", {"pointer": serializers.CharField(), "code": serializers.CharField(), "detail": serializers.CharField()}
)


class ProblemShape(serializers.Serializer):
    """RFC 9457: branch on `type`, never on text."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    instance = serializers.CharField()
    errors = serializers.ListField(child=MISTAKE, required=False)  # type: ignore[assignment] # the RFC's own name


def problems(*statuses: int) -> dict[tuple[int, str], Any]:
    """The problem answers of an operation for the schema; those every address can give are in."""
    everywhere = {400, 401, 403, 406, 429, 503}
    return {(status, "application/problem+json"): ProblemShape for status in sorted(everywhere | set(statuses))}


class MachineView(APIView):
    """One address for clients with a key."""

    authentication_classes = [ApiKey]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.began = time.monotonic()
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge("A body may have 1 MB.")
        if request.META.get("HTTP_TRANSFER_ENCODING") and not length:
            raise Unreadable("Send a Content-Length: a body in chunks is not read.")
        super().initial(request, *args, **kwargs)

    def check_throttles(self, request: Request) -> None:
        minute, second = divmod(int(time.time()), 60)
        calls = counted(f"api-calls:{request.user.pk}:{minute}", 120)
        if calls > settings.API_CALLS_A_MINUTE:
            raise TooMany(f"{settings.API_CALLS_A_MINUTE} requests a minute are taken.", wait=60 - second)

    @property
    def client(self) -> ApiClient:
        assert isinstance(self.request.user, ApiClient)
        return self.request.user

    def once(self, request: Request, command: Callable[[], tuple[int, dict[str, Any]]]) -> Response:
        """Run a command under the request's Idempotency-Key."""
        key = idempotency.key_of(request.headers.get("Idempotency-Key"))
        query = [(name, value) for name, values in request.query_params.lists() for value in values]
        digest = idempotency.fingerprint(method=request.method or "", path=request.path, query=query, body=request.data)
        status, answer, replayed = idempotency.once(
            client=self.client.code, place=f"{request.method} {request.path}", key=key, digest=digest, command=command
        )
        return Response(answer, status=status, headers={"Idempotency-Replayed": "true"} if replayed else {})

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        answer = super().finalize_response(request, response, *args, **kwargs)
        client = getattr(request, "_user", None)
        if isinstance(client, ApiClient) and answer.status_code not in (429, 503):
            try:
                self._write_down(client, request, answer)
            except Error:
                log.warning("A call could not be written down.")
        return answer

    def _write_down(self, client: ApiClient, request: Request, answer: Response) -> None:
        match = request.resolver_match
        route = (match.route if match else "").removeprefix("api/v1/")
        # One statement that waits for no disk: losing the last calls in a crash harms nobody.
        with connection.cursor() as cursor:
            cursor.execute(
                """insert into staff_apicall
                     (client_id, at, method, route, status, replayed, problem, request, took, tail)
                   select %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
                   from (select set_config('synchronous_commit', 'off', true)) lazily""",
                [client.pk, timezone.now(), (request.method or "")[:7], route[:60], answer.status_code,
                 "Idempotency-Replayed" in answer.headers, getattr(answer, "problem", ""), request_number(),
                 int((time.monotonic() - self.began) * 1000), str(request.auth)[:4]],
            )  # fmt: skip
