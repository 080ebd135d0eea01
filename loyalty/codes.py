"""Coupon codes: eleven random signs (55 bits) and a check sign, in an alphabet without look-alikes."""

import re
import secrets
import unicodedata

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
RANDOM = 11
LENGTH = RANDOM + 1
VALUE = {sign: value for value, sign in enumerate(SIGNS)}
_MEANT = str.maketrans("OIL", "011")
_APART = re.compile(r"[\s\-‐‑‒–—―−_.·]+")


def new_code() -> str:
    return new_codes(1)[0]


def new_codes(count: int) -> list[str]:
    """So many codes. Two alike come up once in 2^55; the table's unique code has the last word."""
    drawn = secrets.token_bytes(7 * count)
    made = []
    for start in range(0, 7 * count, 7):
        number = int.from_bytes(drawn[start : start + 7], "big")
        values = [number >> 5 * place & 31 for place in range(RANDOM)]
        made.append("".join([SIGNS[value] for value in values]) + SIGNS[_check(values)])
    return made


def tidy(text: str) -> str:
    """What somebody typed, as it is stored: any case, width, blanks and dashes; O read as 0, I and L as 1."""
    plain = unicodedata.normalize("NFKC", text[:60]).upper()
    return _APART.sub("", plain).translate(_MEANT)


def is_well_formed(code: str) -> bool:
    """Whether a tidy code has its length and signs and its check sign is right."""
    if len(code) != LENGTH or any(sign not in VALUE for sign in code):
        return False
    values = [VALUE[sign] for sign in code]
    return _check(values[:RANDOM]) == values[RANDOM]


def grouped(code: str) -> str:
    """For reading aloud: “K7QM-2X9D-4TEA”. Codes of elsewhere stay as they are."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) if is_well_formed(code) else code


# The check is Σ wᵢ·vᵢ over the field of 32 elements (x⁵+x²+1) with a different weight, none of them 0 or 1, at every
# place: one wrong sign changes the sum, and so does a swap of any two places, the check sign (weight 1) included.


def _power_table() -> tuple[list[int], list[int]]:
    powers, value = [], 1
    for _step in range(31):
        powers.append(value)
        value <<= 1
        if value & 32:
            value ^= 0b100101
    logs = [0] * 32
    for exponent, power in enumerate(powers):
        logs[power] = exponent
    return powers, logs


_POWERS, _LOGS = _power_table()
_WEIGHTED = [
    [0 if value == 0 else _POWERS[(_LOGS[value] + place + 1) % 31] for value in range(32)] for place in range(RANDOM)
]


def _check(values: list[int]) -> int:
    total = 0
    for weighted, value in zip(_WEIGHTED, values, strict=True):
        total ^= weighted[value]
    return total
