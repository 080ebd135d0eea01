"""Machines sign in with `Authorization: Bearer sk_<client>_<secret>`; who guesses is slowed down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from scrm.kernel.problem import TooMany
from staff.models import ApiClient

if TYPE_CHECKING:
    # The framework reads its settings, and us, while its views are being made.
    from rest_framework.views import APIView

FAILURES_KEPT = 15 * 60


class ApiKey(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[ApiClient, str] | None:
        given = request.headers.get("Authorization", "")
        match = re.fullmatch(r"Bearer (sk_([a-zA-Z0-9_-]{1,60})_[\w-]{43})", given, re.ASCII)
        if match is None:
            if given:
                self._refuse(request)
            return None
        client = ApiClient.objects.filter(code=match[2], is_active=True).first()
        if client is None or not client.opens_with(match[1]):
            self._refuse(request)
        assert client is not None
        return client, match[1][-4:]

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _refuse(self, request: Request) -> None:
        # A right key opens whatever its neighbours do: one till with an old key must not close the whole store.
        if counted(f"api-wrong:{request.META.get('REMOTE_ADDR')}", FAILURES_KEPT) > settings.API_WRONG_KEYS:
            raise TooMany("Too many wrong keys from this address.", wait=FAILURES_KEPT)
        raise AuthenticationFailed("The key is not known.")


class Description(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema names the key."""

    target_class = "staff.api_key.ApiKey"
    name = "clientKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A live key of an API client: sk_<client>_<secret>."}


def counted(name: str, seconds: int) -> int:
    """How often this was counted within its span, with this time. Without the counters nothing is allowed."""
    cache.add(name, 0, timeout=seconds)
    try:
        return cache.incr(name)
    except ValueError:  # it ran out between the two
        cache.set(name, 1, timeout=seconds)
        return 1


def scope(name: str) -> type[BasePermission]:
    """A permission class that asks for one of the client's scopes."""

    class HasScope(BasePermission):
        message = f"This key lacks the scope “{name}”."

        def has_permission(self, request: Request, view: APIView) -> bool:
            return isinstance(request.user, ApiClient) and name in request.user.scopes

    return HasScope
