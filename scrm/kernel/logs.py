"""What a log line holds: numbers of requests, people of the house and places in the code; never what somebody typed."""

import contextlib
import contextvars
import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

# A seal's root is meant to be compared by eye; digits in it are nobody's number.
_KEPT = re.compile(r"\b[0-9a-f]{64}\b")
_MAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;]+\.[^\s@<>\"'(),;]+")
_DIGITS = re.compile(r"\+?\d{7,}|(?<![\w.:-])\+?\d{1,4}(?:[ .-]\d{2,5}){2,}(?![\w:-])")
# Their texts are made by the interpreter from our own names, not from values.
_TELLING = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError)

_about: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("log_about", default=None)


@contextlib.contextmanager
def about(**said: Any) -> Iterator[None]:
    """Name in each line written meanwhile what it is about: task, reaction."""
    token = _about.set((_about.get() or {}) | said)
    try:
        yield
    finally:
        _about.reset(token)


def mask(text: str) -> str:
    """The text without mails and without runs of seven digits or more."""
    kept = _KEPT.findall(text)
    text = _DIGITS.sub("[digits]", _MAIL.sub("[mail]", _KEPT.sub("\x00", text)))
    for one in kept:
        text = text.replace("\x00", one, 1)
    return text.replace("\r", " ").replace("\n", " ⏎ ")


def route_of(request: Any) -> str:
    """The name of the address, never its path: a path may hold a number."""
    match = getattr(request, "resolver_match", None)
    return (match.view_name if match else "") or "-"


def error_of(error: BaseException) -> str:
    """Type, what the database says it broke, and the text only where no value can be in it."""
    words = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    diagnosis = getattr(error.__cause__ or error, "diag", None)
    if constraint := getattr(diagnosis, "constraint_name", None):
        words += f" ({constraint})"
    if isinstance(error, _TELLING):
        words += f": {mask(str(error))}"
    return words


def places_of(error: BaseException) -> list[str]:
    """Where it happened, the innermost last: file, line, function; at most twenty."""
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]


class Tidy(logging.Filter):
    """Add the request's number, and take out of foreign lines what they would quote: paths, arguments, results."""

    def filter(self, record: logging.LogRecord) -> bool:
        from scrm.kernel.middleware import request_number

        record.request_number = request_number()
        request = getattr(record, "request", None)
        if request is not None and hasattr(request, "method"):
            record.msg, record.args = "%s %s %s", (getattr(record, "status_code", "-"), request.method,
                                                   route_of(request))  # fmt: skip
        elif record.name == "celery.app.trace" and isinstance(record.args, dict):
            record.msg, record.args = "task %s %s", (record.args.get("name"), record.args.get("description", "failed"))
        return True


class Line(logging.Formatter):
    """One line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        said = _said(record)
        more = " ".join(f"{name}={value}" for name, value in said.items() if name not in _HEAD)
        words = f"{said['at'][11:19]} {said['level']} {said['logger']} [{said['request']}] {said['message']} {more}"
        return words.rstrip() + "".join(f"\n    {place}" for place in said.get("where", []))


class Json(logging.Formatter):
    """One JSON object a line, for whatever gathers logs."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_said(record), ensure_ascii=False, default=str)


_HEAD = {"at", "level", "logger", "request", "message", "where"}
_FIELDS = ("user", "client", "route", "status", "ms", "task", "task_id", "reaction")


def _said(record: logging.LogRecord) -> dict[str, Any]:
    said: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname, "logger": record.name,
        "request": getattr(record, "request_number", "-"), "message": _message(record),
    }  # fmt: skip
    said |= _about.get() or {}
    said |= {name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None}
    if record.exc_info and record.exc_info[1] is not None:
        said["error"] = error_of(record.exc_info[1])
        said["where"] = places_of(record.exc_info[1])
    return said


def _message(record: logging.LogRecord) -> str:
    try:
        return mask(record.getMessage())
    except Exception:  # noqa: BLE001 — a line badly made must not stop what it tells of
        return mask(str(record.msg))


def scrubbed(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """An error report for SENTRY_DSN without anybody in it: types and places stay, texts and values go."""
    from scrm.kernel.middleware import request_number

    kept = {name: event[name] for name in ("event_id", "timestamp", "platform", "level", "release", "environment",
                                           "sdk", "logger") if name in event}  # fmt: skip
    values = []
    for one in (event.get("exception") or {}).get("values", []):
        frames = [
            {name: frame[name] for name in ("filename", "function", "lineno", "module", "in_app") if name in frame}
            for frame in (one.get("stacktrace") or {}).get("frames", [])
        ]
        values.append({"type": one.get("type"), "module": one.get("module"), "stacktrace": {"frames": frames}})
    return kept | {"exception": {"values": values}, "tags": {"request": request_number(), **(_about.get() or {})}}
