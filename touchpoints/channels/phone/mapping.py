"""A vendor's own shape turned into our contract, by a TOML file: a new vendor needs no code."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from touchpoints.channels.phone.contract import TYPES
from touchpoints.channels.phone.signing import KINDS
from touchpoints.channels.protocol import Malformed

FOLDER = Path(__file__).parent / "vendors"
SPECS = {"path", "fixed", "values", "time", "zone", "seconds", "default", "join", "filled", "empty", "in", "out"}


class BadMapping(Exception):
    """A mapping that cannot be used; the text says where."""


@dataclass(frozen=True)
class Mapped:
    """One vendor: where its rows lie, what each tells, and how it signs."""

    signing: str
    rows: str
    zone: timezone
    region: str
    events: tuple[Mapping[str, Any], ...]
    answer: str = "ok"


def shipped() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def mapped(name: str, text: str = "") -> Mapped:
    """The mapping of this name, or the one written out. Raises BadMapping."""
    try:
        if not text:
            if not re.fullmatch(r"[a-z0-9-]{1,40}", name) or not (FOLDER / f"{name}.toml").is_file():
                raise BadMapping("There is no mapping of this name.")
            text = (FOLDER / f"{name}.toml").read_text()
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(f"This is no TOML: {error}") from None
    signing, events = read.get("signing", "none"), read.get("event")
    if signing not in KINDS:
        raise BadMapping(f"signing: one of {', '.join(KINDS)} is expected.")
    if not isinstance(events, list) or not events:
        raise BadMapping("event: at least one is expected.")
    for number, event in enumerate(events):
        if event.get("type") not in TYPES:
            raise BadMapping(f"event {number}: its type is one of {', '.join(TYPES)}.")
        fields = event.get("fields")
        if not isinstance(fields, dict):
            raise BadMapping(f"event {number}: it has no fields.")
        for name_of_field, spec in fields.items():
            if not isinstance(spec, str) and not (isinstance(spec, dict) and spec and set(spec) <= SPECS):
                raise BadMapping(f"event {number}, {name_of_field}: a path or {', '.join(sorted(SPECS))} is expected.")
    return Mapped(signing, read.get("rows", ""), _zone(read.get("zone", "+08:00")), read.get("region", "CN"),
                  tuple(events), read.get("answer", "ok"))  # fmt: skip


def rows_of(mapping: Mapped, body: Any) -> list[Any]:
    found = _at(body, mapping.rows) if mapping.rows else body
    return found if isinstance(found, list) else [found]


def events_of(mapping: Mapped, row: Any) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of what one row tells. Raises Malformed."""
    if not isinstance(row, dict):
        raise Malformed("A row is no object.")
    found = []
    for event in mapping.events:
        if any(str(_at(row, path)) != str(value) for path, value in event.get("when", {}).items()):
            continue
        if any(_at(row, path) in (None, "", 0) for path in event.get("needs", [])):
            continue
        data: dict[str, Any] = {}
        specs = sorted(event["fields"].items(), key=lambda pair: pair[0] != "direction")  # others may hang on it
        for name, spec in specs:
            value = _value(row, spec, mapping, str(data.get("direction", "")))
            if value not in (None, ""):
                outer, _dot, inner = name.partition(".")
                if inner:
                    data.setdefault(outer, {})[inner] = value
                else:
                    data[name] = value
        found.append((event["type"], data))
    return found


def _value(row: Mapping[str, Any], spec: Any, mapping: Mapped, direction: str) -> Any:
    if isinstance(spec, str):
        value = _at(row, spec)
        return value if value is None or isinstance(value, str | dict | list) else str(value)
    if "fixed" in spec:
        return spec["fixed"]
    if "join" in spec:
        return "-".join(re.sub(r"[^\w.]", "", str(_at(row, path) or "")) for path in spec["join"])
    path = spec.get("path") or spec.get(direction or "in", "")
    value = _at(row, path)
    if "filled" in spec:
        return spec["filled"] if value not in (None, "", 0, "0") else spec.get("empty", "")
    if value in (None, ""):
        return spec.get("default")
    if "values" in spec:
        return spec["values"].get(str(value), spec.get("default"))
    if "time" in spec:
        zone = _zone(spec["zone"]) if "zone" in spec else mapping.zone
        return _time(value, spec["time"], zone, path)
    if "seconds" in spec:
        return _seconds(value, spec["seconds"], path)
    return str(value)


def _time(value: Any, kind: str, zone: timezone, path: str) -> str:
    try:
        if kind in ("ms", "s"):
            number = int(value) / (1000 if kind == "ms" else 1)
            return datetime.fromtimestamp(number, UTC).isoformat()
        if kind == "iso":
            found = datetime.fromisoformat(str(value))
        else:
            found = datetime.strptime(str(value), kind.removeprefix("text:"))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        raise Malformed(f"{path[:60]}: a time of the kind “{kind[:40]}” is expected.") from None


def _seconds(value: Any, kind: str, path: str) -> int:
    try:
        if kind == "clock":
            parts = [int(part) for part in str(value).split(":")]
            if not 1 <= len(parts) <= 3:
                raise ValueError
            return sum(part * 60**power for power, part in enumerate(reversed(parts)))
        return int(value) // 1000 if kind == "ms" else int(value)
    except (ValueError, TypeError):
        raise Malformed(f"{path[:60]}: a length of the kind “{kind[:40]}” is expected.") from None


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(row, dict):
            return None
        row = row.get(name)
    return row


def _zone(text: Any) -> timezone:
    found = re.fullmatch(r"([+-])(\d{2}):(\d{2})", str(text))
    if not found or int(found[2]) > 14 or int(found[3]) > 59:
        raise BadMapping("zone: an offset like +08:00 is expected.")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)
