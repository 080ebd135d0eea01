"""Reading a JSON body that a stranger may have written: small, shallow, plain, the same to everybody."""

import json
import re
from typing import Any

from rest_framework.parsers import BaseParser

from scrm.kernel.problem import Unreadable

DEEPEST = 32
LARGEST = 2**63 - 1
# Possessive, its end left open: a string without one is passed over once, not once per quote in it.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


class PlainJSON(BaseParser):
    """JSON without fractions, NUL, lone surrogates, doubled names, numbers over 64 bits and towers of brackets."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return read(stream.read())


def read(body: bytes) -> Any:
    """Raises scrm.kernel.problem.Unreadable."""
    if _depth(body) > DEEPEST:
        raise Unreadable(f"Objects and lists may lie {DEEPEST} deep.")
    try:
        value = json.loads(
            body.decode(), parse_int=_whole, parse_float=_fraction, parse_constant=_fraction, object_pairs_hook=_object
        )
        # A lone surrogate can be written with an escape, and is no text.
        if b"\\" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise Unreadable("The body is not UTF-8 text.") from None
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    if b"\\u0000" in body or b"\x00" in body:
        raise Unreadable("The body holds a NUL sign.")
    return value


def canonical(value: Any) -> bytes:
    """The same content in any order of its names and with any blanks, as one text; numbers are as written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for sign in re.findall(rb"[\[\]{}]", _STRINGS.sub(b"", body)):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise Unreadable("A number is larger than 64 bits hold.")
    return int(text)


def _fraction(text: str) -> None:
    raise Unreadable(f"The number {text[:30]} has a fraction: write amounts as integers, quantities as strings.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("An object has the same name twice.")
    return found
