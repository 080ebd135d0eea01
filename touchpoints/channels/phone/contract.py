"""Our contract for calls: one event with its data, checked, made into news."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from touchpoints.channels.phone.masking import masked
from touchpoints.channels.protocol import Call, Malformed, Person
from touchpoints.channels.texts import plain

MOMENTS = ("ringing", "answered", "transferred", "ended", "recorded", "transcribed")
TYPES = {f"call.{moment}": moment for moment in MOMENTS}
DIRECTIONS = ("in", "out")
ENDED_BY = ("customer", "agent", "system")
OUTCOMES = ("answered", "missed", "abandoned", "busy", "failed", "voicemail")
CONSENTS = ("announced", "given", "refused", "unknown")
SPEAKERS = ("customer", "agent")
LONGEST_CALL = 2 * 86400


def call_of(
    kind: Any, data: Any, *, hint: bool, region: str = "CN", recording_hosts: Collection[str] = (),
    transcript_bytes: int = 500 * 1024,
) -> Call:  # fmt: skip
    """Raises Malformed, naming the field and what was expected, never the value."""
    moment = TYPES.get(kind) if isinstance(kind, str) else None
    if moment is None:
        raise Malformed(f"type: one of {', '.join(TYPES)} is expected.")
    if not isinstance(data, Mapping):
        raise Malformed("data: an object is expected.")
    tells_whom = moment in ("ringing", "ended")
    direction = _one_of(data, "direction", DIRECTIONS, needed=tells_whom)
    person, details = _person(data, region, needed=tells_whom)
    if moment == "ended":
        details |= _ending(data)
    if moment == "recorded":
        details |= _recording(data.get("recording"), recording_hosts)
    if moment == "transcribed":
        details |= _transcript(data, transcript_bytes)
    if ours := _text(data, "ours", most=64):
        details["ours"] = ours
    return Call(
        call=_text(data, "call", most=100, needed=True), leg=_text(data, "leg", most=40) or "1", moment=moment,
        at=_moment(data.get("at"), "at"), direction=direction, person=person, line=_text(data, "line", most=40),
        agent=_text(data, "agent", most=60), details=details, hint=hint,
    )  # fmt: skip


def name_of(call: Call) -> str:
    """Which event this is: the same for each telling of it. A hint never takes the name of what was proved."""
    parts = ["hint"] * call.hint + [call.call, call.moment, call.leg]
    if call.moment == "ringing":
        parts.append(call.agent)
    if call.moment == "transferred":
        parts += [call.agent, str(int(call.at.timestamp()))]
    if call.moment == "transcribed":
        parts.append(str(call.details.get("revision", 1)))
    return ":".join(parts)


def _person(data: Mapping[str, Any], region: str, *, needed: bool) -> tuple[Person | None, dict[str, Any]]:
    number = _text(data, "customer_number", most=40, needed=needed)
    kind = _one_of(data, "number_kind", ("plain", "relay"), needed=False)
    if not number:
        return None, {}
    if number == "anonymous":
        return None, {"number": "withheld"}
    if not re.fullmatch(r"\+?[0-9() \-]{3,40}", number):
        raise Malformed("customer_number: digits, E.164 or “anonymous” is expected.")
    if kind == "relay":
        return None, {"number": "relay"}  # a number lent for some days is nobody's
    region = _text(data, "region", most=2) or region
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None, {"number": "short"}
    if not phonenumbers.is_possible_number(parsed) or (parsed.national_number or 0) < 10**6:
        return None, {"number": "short"}  # an extension or a service number
    # The number a call shows can be forged: it opens a card, it proves nobody.
    return Person("phone", phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)), {}


def _ending(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _whole(data, name, most=LONGEST_CALL) for name in ("queue_seconds", "talk_seconds")}
    found["ended_by"] = _one_of(data, "ended_by", ENDED_BY, needed=False) or None
    found["outcome"] = _one_of(data, "outcome", OUTCOMES, needed=False) or None
    menu = _text(data, "menu", most=50)
    if menu and not re.fullmatch(r"[0-9*#]+", menu):
        raise Malformed("menu: the keys that were pressed are expected.")
    found["menu"] = menu or None
    return {name: value for name, value in found.items() if value is not None}


def _recording(given: Any, hosts: Collection[str]) -> dict[str, Any]:
    """Its link only where the customer was told of it, and only from a host the operator knows."""
    if not isinstance(given, Mapping):
        raise Malformed("recording: an object is expected.")
    consent = _one_of(given, "consent", CONSENTS, needed=False) or "unknown"
    heard = consent not in ("refused", "unknown")
    url = _text(given, "url", most=2000, needed=heard)
    found: dict[str, Any] = {"consent": consent, "seconds": _whole(given, "seconds", most=LONGEST_CALL)}
    if given.get("expires_at") is not None:
        found["expires_at"] = _moment(given["expires_at"], "recording.expires_at").isoformat()
    if digest := _text(given, "sha256", most=64):
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            raise Malformed("recording.sha256: 64 hexadecimal signs are expected.")
        found["sha256"] = digest.lower()
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" and not parts.username and re.fullmatch(r"[!-~]+", url)
        host = (parts.hostname or "").lower()
    except ValueError:
        safe, host = None, ""
    if url and not safe:
        raise Malformed("recording.url: an https address is expected.")
    if not heard:
        found["left_out"] = f"consent_{consent}"
    elif host not in hosts:
        found["left_out"] = "host_not_allowed"
    else:
        found["url"] = url
    return {"recording": {name: value for name, value in found.items() if value is not None}}


def _transcript(data: Mapping[str, Any], most: int) -> dict[str, Any]:
    given = data.get("segments")
    if not isinstance(given, list) or len(given) > 20_000:
        raise Malformed("segments: a list is expected.")
    segments, size = [], 0
    for number, one in enumerate(given):
        if not isinstance(one, Mapping):
            raise Malformed(f"segments/{number}: an object is expected.")
        start, end = (_seconds(one.get(name), f"segments/{number}/{name}") for name in ("start", "end"))
        if end < start:
            raise Malformed(f"segments/{number}/end: it lies before its start.")
        text = plain(one.get("text"), most=20_000)
        size += len(text.encode())
        if size > most:
            raise Malformed(f"segments: at most {most} bytes of text are taken.")
        speaker = _one_of(one, "speaker", SPEAKERS, needed=True, path=f"segments/{number}/speaker")
        segments.append({"start": start, "end": end, "speaker": speaker, "text": masked(text)})
    found = {
        "segments": segments, "language": _text(data, "language", most=20),
        "engine": _text(data, "engine", most=60), "revision": _whole(data, "revision", most=10_000) or 1,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _text(data: Mapping[str, Any], name: str, *, most: int, needed: bool = False) -> str:
    value = data.get(name)
    if value is None or value == "":
        if needed:
            raise Malformed(f"{name}: it is missing.")
        return ""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise Malformed(f"{name}: a text of at most {most} signs is expected.")
    return value


def _one_of(data: Mapping[str, Any], name: str, words: Collection[str], *, needed: bool, path: str = "") -> str:
    value = data.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or value not in words:
        raise Malformed(f"{path or name}: one of {', '.join(words)} is expected.")
    return value


def _whole(data: Mapping[str, Any], name: str, *, most: int) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Malformed(f"{name}: a whole number from 0 to {most} is expected.")
    return value


def _seconds(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_CALL:
        raise Malformed(f"{path}: seconds from the beginning are expected.")
    return float(value)


def _moment(value: Any, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Malformed(f"{name}: a time by RFC 3339 with its offset is expected.")
