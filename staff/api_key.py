"""Machines sign in with `Authorization: Bearer sk_<client>_<secret>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from staff.models import ApiClient

if TYPE_CHECKING:
    # The framework reads its settings, and us, while its views are being made.
    from rest_framework.views import APIView


class ApiKey(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[ApiClient, str] | None:
        match = re.fullmatch(r"Bearer (sk_([a-zA-Z0-9-]+)_[\w-]{43})", request.headers.get("Authorization", ""))
        if match is None:
            return None
        client = ApiClient.objects.filter(code=match[2], is_active=True).first()
        if client is None or not client.opens_with(match[1]):
            raise AuthenticationFailed("The key is not known.")
        return client, match[2]

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def scope(name: str) -> type[BasePermission]:
    """A permission class that asks for one of the client's scopes."""

    class HasScope(BasePermission):
        message = f"This key lacks the scope “{name}”."

        def has_permission(self, request: Request, view: APIView) -> bool:
            return isinstance(request.user, ApiClient) and name in request.user.scopes

    return HasScope
