"""What a stranger wrote, made fit to be stored: no NUL, no half character, not endless."""

import re
from datetime import UTC, datetime
from typing import Any

from touchpoints.channels.protocol import Malformed

LONGEST = 20_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def plain(value: Any, *, most: int = LONGEST) -> str:
    """The text without what no table takes; empty when it is none."""
    return _UNSTORABLE.sub("", value)[:most] if isinstance(value, str) else ""


def moment(seconds: Any) -> datetime:
    """Unix seconds, as number or text. Raises Malformed."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Malformed("This is no time.") from None
