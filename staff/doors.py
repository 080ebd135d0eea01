"""The doors of the pages: a view without one is not reachable, and a test walks them all."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from staff.models import User
from staff.permissions import roles_with

View = Callable[..., HttpResponse]
METHODS = ("GET", "HEAD", "POST")  # what browsers send; a view narrows it further


class StaffRequest(HttpRequest):
    user: User  # type: ignore[assignment]
    htmx: Any


def door(permission: str) -> Callable[[View], View]:
    """Let in signed-in staff whose role holds the permission; 403 for others, the sign-in page for strangers."""
    roles_with(permission)

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            if not request.user.is_authenticated:
                if request.headers.get("HX-Request"):
                    answer = HttpResponse(status=204)
                    answer["HX-Redirect"] = "/"
                    return answer
                return redirect_to_login(request.get_full_path())
            if settings.SECOND_FACTOR and not request.user.is_verified():  # type: ignore[attr-defined]
                return redirect_to_login(request.get_full_path(), reverse("staff:code"))
            if not request.user.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.door = permission  # type: ignore[attr-defined]
        return guarded

    return wrap


def open_door(view: View) -> View:
    """Mark a view that anybody may reach (sign-in, health, language)."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if request.method in METHODS else HttpResponseNotAllowed(METHODS)

    opened.door = "anyone"  # type: ignore[attr-defined]
    return opened
