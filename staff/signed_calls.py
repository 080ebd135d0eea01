"""Machines that sign what they send (Standard Webhooks): the raw bytes prove who sent them, and when."""

import base64
import hashlib
import hmac
import re
import time

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from scrm.kernel.problem import TooMany
from staff.api_key import FAILURES_KEPT, counted
from staff.models import ApiClient, SigningSecret

TOLERANCE = 300  # seconds to both sides
WRONG_ALLOWED = 600  # in a quarter of an hour, from one address


class Signed(BaseAuthentication):
    """`Authorization: Client <code>` names the client; its live secrets, and nobody else's, are tried.

    Every failure looks the same to the caller and leaves no row.
    """

    def authenticate(self, request: Request) -> tuple[ApiClient, str] | None:
        code = re.fullmatch(r"Client ([a-z0-9-]{1,60})", request.headers.get("Authorization", ""), re.ASCII)
        message_id = request.headers.get("webhook-id", "")
        stamp = request.headers.get("webhook-timestamp", "")
        given = request.headers.get("webhook-signature", "")
        if code is None or not re.fullmatch(r"[A-Za-z0-9_:-]{1,120}", message_id, re.ASCII):
            self._refuse(request)
        if not re.fullmatch(r"\d{1,12}", stamp, re.ASCII) or abs(time.time() - int(stamp)) > TOLERANCE:
            self._refuse(request)
        assert code is not None
        client = ApiClient.objects.filter(code=code[1], is_active=True).first()
        if client is None:
            self._refuse(request)
        assert client is not None
        body = request._request.body
        for secret in SigningSecret.live(client):
            if fits(given, signature(secret.in_clear(), message_id, stamp, body)):
                return client, secret.tail
        self._refuse(request)
        return None

    def authenticate_header(self, request: Request) -> str:
        return "Client"

    def _refuse(self, request: Request) -> None:
        if counted(f"events-wrong:{request.META.get('REMOTE_ADDR')}", FAILURES_KEPT) > WRONG_ALLOWED:
            raise TooMany("Too many calls without a right signature from this address.", wait=FAILURES_KEPT)
        raise AuthenticationFailed("The call does not prove where it comes from.")


class Description(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema names it."""

    target_class = "staff.signed_calls.Signed"
    name = "signedCall"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey", "in": "header", "name": "webhook-signature",
            "description": "Standard Webhooks v1 over id.timestamp.body; “Authorization: Client <code>” says whose.",
        }  # fmt: skip


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()


def fits(header: str, wanted: bytes) -> bool:
    """Whether one of the listed v1 signatures is the wanted one; versions we do not know are passed over."""
    found = False
    for one in header.split(" ")[:10]:
        version, _comma, text = one.partition(",")
        if version == "v1" and text.isascii():
            found |= hmac.compare_digest(text.encode(), base64.b64encode(wanted))
    return found
