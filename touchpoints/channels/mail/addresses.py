"""Addresses and ids that prove we made them: where to answer a case, where bounces go, what we sent."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

BEGINNING = date(2025, 1, 1)  # expiries count days from here, in base 36
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
REPLY = re.compile(r"case\+([a-z0-9-]{1,20})\.([a-z0-9]{1,4})\.([a-z2-7]{24})@(.+)")
BOUNCE = re.compile(r"b(x?)\+([a-z0-9_-]{1,60})\.([a-z2-7]{16})@(.+)")
SENT = re.compile(r"<([0-9A-Za-z_-]{1,64})\.([a-z2-7]{16})@([^<>@\s]+)>")
LONGEST_LOCAL = 64


@dataclass(frozen=True)
class Keys:
    """What signs: the first key; what is believed: each of them, so that a key can change while mails are under way."""

    keys: Sequence[bytes]

    @classmethod
    def of(cls, *texts: str) -> "Keys":
        """From base64 texts; what is none or shorter than 16 bytes is left out."""
        found = []
        for text in texts:
            try:
                key = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                continue
            if len(key) >= 16:
                found.append(key)
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self.keys)

    def mark(self, words: str, *, size: int) -> str:
        return self._mark(self.keys[0], words, size)

    def fits(self, mark: str, words: str, *, size: int) -> bool:
        return any(hmac.compare_digest(mark, self._mark(key, words, size)) for key in self.keys)

    def _mark(self, key: bytes, words: str, size: int) -> str:
        return base64.b32encode(hmac.digest(key, words.encode(), "sha256")[:size]).decode().lower().rstrip("=")


def expiry_of(day: date) -> str:
    number = max(0, (day - BEGINNING).days)
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def reply_address(keys: Keys, number: str, *, domain: str, expiry: str) -> str:
    """Where an answer belongs to the case of this number. The mark proves that we gave it out, not who writes."""
    mark = keys.mark(f"reply:v1:{number.upper()}:{expiry}", size=15)
    return f"case+{number.lower()}.{expiry}.{mark}@{domain}"


def case_of(keys: Keys, address: str, *, domain: str, now: float) -> tuple[str, bool] | None:
    """The number of the case, and whether the address still counts; nothing when it is none of ours."""
    found = REPLY.fullmatch(address.strip().lower())
    if not found or found[4] != domain.lower() or not domain:
        return None
    number, expiry, mark = found[1].upper(), found[2], found[3]
    if not keys.fits(mark, f"reply:v1:{number}:{expiry}", size=15):
        return None
    ends = BEGINNING + timedelta(days=int(expiry, 36))
    return number, datetime.fromtimestamp(now, UTC).date() <= ends


def bounce_address(keys: Keys, message: str, *, domain: str) -> str:
    """The envelope's sender for one message; empty when its id is too long for one."""
    # Some systems fold capitals: an id with capitals goes as base 32.
    if re.fullmatch(r"[a-z0-9_-]+", message):
        name = f"b+{message}"
    else:
        name = f"bx+{base64.b32encode(message.encode()).decode().lower().rstrip('=')}"
    local = f"{name}.{keys.mark(f'bounce:v1:{message}', size=10)}"
    return f"{local}@{domain}" if len(local) <= LONGEST_LOCAL else ""


def bounced(keys: Keys, address: str, *, domain: str) -> str:
    """The message of ours that this address was made for; empty when it is none."""
    found = BOUNCE.fullmatch(address.strip().lower())
    if not found or not domain or found[4] != domain.lower():
        return ""
    message = found[2]
    if found[1]:
        try:
            message = base64.b32decode(message.upper() + "=" * (-len(message) % 8)).decode()
        except (binascii.Error, ValueError):
            return ""
    return message if keys.fits(found[3], f"bounce:v1:{message}", size=10) else ""


def message_id(keys: Keys, message: str, *, domain: str) -> str:
    """The same for every attempt, and not to be guessed by who has not got it."""
    return f"<{message}.{keys.mark(f'sent:v1:{message}', size=10)}@{domain}>"


def sent_by_us(keys: Keys, text: str, *, domain: str) -> list[str]:
    """The ids of ours that a header names."""
    return [
        message for message, mark, host in SENT.findall(text)
        if host.lower() == domain.lower() and keys.fits(mark, f"sent:v1:{message}", size=10)
    ]  # fmt: skip
