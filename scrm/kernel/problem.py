"""Errors of the API as RFC 9457 problem details, each type with a page of its own."""

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response

from scrm.kernel.middleware import request_number
from scrm.kernel.refusals import TransitionRefused

log = logging.getLogger("scrm.failures")
CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """One type of problem: its status, its fixed title, and what a client does about it."""

    slug: str
    status: int
    title: Any
    advice: Any


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("unreadable-body", 400, _("The body cannot be read"),
             _("Send one JSON value in UTF-8: at most 32 levels deep, no fractions, no NUL sign, no number over 64 "
               "bits, no name twice in one object.")),
        Kind("validation", 400, _("The body has mistakes"),
             _("“errors” names each place by its JSON pointer. Correct it and send it again; the same "
               "Idempotency-Key may be used.")),
        Kind("idempotency-key-missing", 400, _("The Idempotency-Key is missing or not well formed"),
             _("Send one Idempotency-Key header of 1 to 128 letters, digits and . _ : -, with or without quotes.")),
        Kind("unauthorized", 401, _("The key is missing or does not open"),
             _("Send “Authorization: Bearer” with a live key of this installation.")),
        Kind("scope-missing", 403, _("This key may not do that"), _("Ask an operator to give the client the scope.")),
        Kind("not-found", 404, _("Not here"), _("It does not exist, or it is not this client's to see.")),
        Kind("method-not-allowed", 405, _("This address does not take that method"),
             _("The Allow header names the methods it takes.")),
        Kind("not-acceptable", 406, _("We answer in JSON only"), _("Accept application/json.")),
        Kind("idempotency-in-progress", 409, _("The same command is running"),
             _("Ask again in a moment with the same key: the answer will be the first one's.")),
        Kind("delivery-reused", 409, _("This webhook-id came with another body"),
             _("A webhook-id stands for one delivery for ever: send another body under a new id.")),
        Kind("body-too-large", 413, _("The body is too large"), _("A body may have 1 MB. Send it in parts.")),
        Kind("unsupported-media-type", 415, _("We read JSON only"), _("Send Content-Type: application/json.")),
        Kind("refused", 422, _("The rule of the house refuses this"),
             _("“detail” says which rule. Sending the same again changes nothing.")),
        Kind("idempotency-key-reused", 422, _("This key was used with another body"),
             _("Use a new key for a new command. Keys are kept for 30 days.")),
        Kind("too-many-requests", 429, _("Too many requests"), _("Wait for the seconds that Retry-After names.")),
        Kind("internal", 500, _("Something broke on our side"),
             _("Nothing was changed. Send it again with the same Idempotency-Key, or report the number in "
               "“instance”.")),
        Kind("unavailable", 503, _("We cannot reach our memory right now"),
             _("Nothing was changed. Send it again later with the same Idempotency-Key.")),
    )
}  # fmt: skip
_OF_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "unreadable-body",
    exceptions.ValidationError: "validation",
    exceptions.AuthenticationFailed: "unauthorized",
    exceptions.NotAuthenticated: "unauthorized",
    exceptions.PermissionDenied: "scope-missing",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.Throttled: "too-many-requests",
}


class Problem(exceptions.APIException):
    """A refusal by its type; `detail` is for the developer at the other end and holds nothing personal."""

    slug = "internal"

    def __init__(self, detail: str = "", *, wait: int | None = None, **members: Any) -> None:
        self.status_code = KINDS[self.slug].status
        self.wait, self.members = wait, members
        super().__init__(detail)


class Unreadable(Problem):
    slug = "unreadable-body"


class Refused(Problem):
    slug = "refused"


class InProgress(Problem):
    slug = "idempotency-in-progress"


class OtherBody(Problem):
    slug = "idempotency-key-reused"


class DeliveryReused(Problem):
    slug = "delivery-reused"


class KeyMissing(Problem):
    slug = "idempotency-key-missing"


class TooLarge(Problem):
    slug = "body-too-large"


class TooMany(Problem):
    slug = "too-many-requests"


class Unavailable(Problem):
    slug = "unavailable"


def uri(slug: str) -> str:
    return f"{settings.SCRM_URL}/problems/{slug}/"


def document(slug: str, detail: str = "", **members: Any) -> dict[str, Any]:
    kind = KINDS[slug]
    body: dict[str, Any] = {"type": uri(slug), "title": str(kind.title), "status": kind.status}
    if detail:
        body["detail"] = detail
    return body | {"instance": f"urn:error:{request_number()}"} | members


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem document of an exception, or None to let the server's own 500 answer it."""
    from rest_framework.views import set_rollback  # its views read our parser while they are being made

    error = _known(error)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    slug = error.slug if isinstance(error, Problem) else _slug_of(error)
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, int(wait)))
    members: dict[str, Any] = dict(getattr(error, "members", {}))
    detail = ""
    if isinstance(error, exceptions.ValidationError):
        members["errors"] = list(_pointed(error.detail, ""))
    elif slug not in ("unauthorized", "not-found") and not isinstance(error.detail, dict | list):
        detail = str(error.detail)
    body = document(slug, detail, **members)
    response = Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)
    response.problem = slug  # type: ignore[attr-defined]
    return response


def _known(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, TransitionRefused):
        return Refused(str(error))
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, RedisError):
        log.error("The counters cannot be reached: %s.", type(error).__name__)
        return Unavailable(wait=5)
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(wait=5)
    return error


def _slug_of(error: exceptions.APIException) -> str:
    for kind, slug in _OF_FRAMEWORK.items():
        if isinstance(error, kind):
            return slug
    return "internal" if error.status_code >= 500 else "refused"


def _pointed(detail: Any, pointer: str) -> Any:
    """The framework's nested mistakes, or a reader's own list, as a flat list of pointer, code and detail."""
    if isinstance(detail, dict) and "pointer" in detail and "detail" in detail:
        yield {"pointer": str(detail["pointer"]), "code": str(detail.get("code", "invalid")),
               "detail": str(detail["detail"])}  # fmt: skip
    elif isinstance(detail, dict):
        for name, inner in detail.items():
            place = pointer if name == "non_field_errors" else f"{pointer}/{_escaped(str(name))}"
            yield from _pointed(inner, place)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            deeper = isinstance(inner, dict | list) and not (isinstance(inner, dict) and "pointer" in inner)
            yield from _pointed(inner, f"{pointer}/{index}" if deeper else pointer)
    else:
        code = getattr(detail, "code", "invalid") or "invalid"
        yield {"pointer": pointer or "/", "code": str(code), "detail": str(detail)}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
