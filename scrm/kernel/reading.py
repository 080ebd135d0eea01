"""Reading one object that another system sent: field by field, a clear sentence for the first that is wrong."""

from datetime import UTC, datetime
from typing import Any


class Mistaken(ValueError):
    """The object breaks its contract; the text names the field and what is wrong, never its value."""


class Closed(Exception):
    """What arrived is about a person who was erased: it changes nothing and is not kept."""


class Unnamed(Exception):
    """What arrived names somebody nobody is known as yet: it waits for that."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__("Nobody is known by this identity yet.")
        self.kind, self.value = kind, value


class Fields:
    """The fields of one object."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, dict):
            raise Mistaken("data must be an object.")
        self.data: dict[str, Any] = data

    def text(self, name: str, *, longest: int, needed: bool = False) -> str:
        value = self.data.get(name)
        if value is None or value == "":
            if needed:
                raise Mistaken(f"data/{name} is missing.")
            return ""
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise Mistaken(f"data/{name} must be text of at most {longest} signs.")
        return value

    def choice(self, name: str, choices: tuple[str, ...] | list[str], *, default: str | None = None) -> str:
        value = self.data.get(name, default)
        if not isinstance(value, str) or value not in choices:
            raise Mistaken(f"data/{name} must be one of: {', '.join(choices)}.")
        return value

    def yes_or_no(self, name: str) -> bool:
        value = self.data.get(name)
        if not isinstance(value, bool):
            raise Mistaken(f"data/{name} must be true or false.")
        return value

    def moment(self, name: str, *, default: datetime) -> datetime:
        value = self.data.get(name)
        return default if value is None else moment_of(value, f"data/{name}")

    def pair(self, name: str, kinds: tuple[str, ...] | list[str], *, needed: bool = True) -> tuple[str, str] | None:
        """An identity: {"kind": …, "value": …}."""
        value = self.data.get(name)
        if value is None and not needed:
            return None
        if not isinstance(value, dict):
            raise Mistaken(f"data/{name} must be an object with kind and value.")
        inner = Fields(value)
        return inner.choice("kind", kinds), inner.text("value", longest=120, needed=True)


def moment_of(value: Any, name: str) -> datetime:
    """RFC 3339 with an offset, between 2000 and 2100."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Mistaken(f"{name} is no moment (RFC 3339).") from None
    if found.tzinfo is None:
        raise Mistaken(f"{name} has no offset.")
    if not 2000 <= found.year <= 2100:
        raise Mistaken(f"{name} lies too far away.")
    return found.astimezone(UTC)
