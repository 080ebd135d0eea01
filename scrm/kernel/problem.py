"""Errors of the API as RFC 9457 problem details."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from scrm.kernel.middleware import request_number
from scrm.kernel.refusals import TransitionRefused


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem document of an exception, or None to let the server's own 500 answer it."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, TransitionRefused):
        error = Refused(str(error))
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error.default_detail),
        "status": error.status_code,
        "instance": request_number(),
    }
    if isinstance(error.detail, dict | list):
        body["errors"] = error.detail
    else:
        body["detail"] = str(error.detail)
    return Response(body, status=error.status_code, headers=headers, content_type="application/problem+json")


class Refused(exceptions.APIException):
    status_code = 422
    default_detail = "The rule of the house refuses this."


class InProgress(exceptions.APIException):
    status_code = 409
    default_detail = "The same command is running."


class OtherBody(exceptions.APIException):
    status_code = 422
    default_detail = "This Idempotency-Key was used with another body."


class KeyMissing(exceptions.APIException):
    status_code = 400
    default_detail = "Send an Idempotency-Key header of 8 to 200 characters."
