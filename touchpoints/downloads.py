"""Files handed to a browser, always to be saved and never to be run; and files that a form brings."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from scrm.kernel import sealed_files
from touchpoints.channels.protocol import File
from touchpoints.models import Attachment

log = logging.getLogger("scrm.files")

SLACK = 256 * 1024  # what a form around its files may take


def handed(request: HttpRequest, attachment: Attachment) -> HttpResponse | StreamingHttpResponse:
    """The file, decrypted piece by piece; 410 with a sentence when it is not there any more.

    Its type is ours by what it holds, so an <img> may show a picture; opened by itself it is saved, and whatever would
    open it all the same finds a sandbox that allows nothing.
    """
    try:
        pieces = attachment.pieces()
    except sealed_files.Missing:
        if not attachment.left_out:
            log.error("The file of attachment %s is missing.", attachment.pk)
        if not getattr(request, "user", None) or not request.user.is_authenticated:
            return HttpResponse(status=410)
        return render(request, "touchpoints/files/missing.html", {"file": attachment}, status=410)
    answer: HttpResponse | StreamingHttpResponse
    if request.method == "HEAD":
        pieces.close()  # type: ignore[attr-defined]
        answer = HttpResponse()
    else:
        answer = StreamingHttpResponse(pieces)
    answer["Content-Type"] = attachment.content_type
    answer["Content-Length"] = str(attachment.size)
    answer["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "no-store"
    return answer


def too_long(request: HttpRequest) -> bool:
    """Whether a call from outside announces more than all files of one entry, before a byte of it is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    most = settings.ATTACHMENTS_MOST * settings.ATTACHMENT_BYTES + SLACK
    return not announced.isdecimal() or int(announced) > most


def uploaded(files: Iterable[Any]) -> list[File]:
    """Files of a form. Of one that is too large only as much is read as shows that."""
    most = settings.ATTACHMENT_BYTES + 1
    return [File(str(one.name or ""), one.read(most)) for one in list(files)[: settings.ATTACHMENTS_MOST + 5]]
