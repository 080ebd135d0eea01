"""Sealing of contact data: AES-256-GCM under a key per customer, that key wrapped by the master key.

Look-up of an equal value goes through a blind index, HMAC-SHA256 under a key derived from the master key.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE = 12


@lru_cache(maxsize=1)
def master_keys() -> tuple[bytes, ...]:
    """The live master keys, newest first, from SCRM_KEYS (base64, comma-separated) or the file beside the data."""
    text = settings.SEALING_KEYS or _key_file()
    keys = tuple(base64.b64decode(part) for part in text.split(",") if part.strip())
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("SCRM_KEYS must hold 32-byte keys in base64, separated by commas.")
    return keys


def new_data_key() -> tuple[bytes, bytes]:
    """A fresh key for one customer: (the key, the key wrapped for storage)."""
    key = os.urandom(32)
    return key, wrap(key)


def wrap(key: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + _cipher(master_keys()[0]).encrypt(nonce, key, b"data-key")


def unwrap(wrapped: bytes) -> bytes:
    """The stored key in clear. Raises cryptography.exceptions.InvalidTag under a foreign master key."""
    last: Exception | None = None
    for master in master_keys():
        try:
            return _cipher(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], b"data-key")
        except Exception as error:  # noqa: BLE001 — the next live key may be the one
            last = error
    raise last or ImproperlyConfigured("no master key")


def seal(value: str, key: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), b"value")


def unseal(sealed: bytes, key: bytes) -> str:
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], b"value").decode()


def blind_index(kind: str, value: str) -> bytes:
    """A 32-byte fingerprint of an already normalised value; equal values of one kind are equal, nothing else shows."""
    return hmac.new(_index_key(), f"{kind}\x00{value}".encode(), hashlib.sha256).digest()


def signature(purpose: str, content: bytes) -> bytes:
    """A 32-byte mark that only somebody with the master key can make."""
    # The oldest key, so that adding a newer one leaves every mark valid.
    key = hmac.new(master_keys()[-1], f"signature:{purpose}".encode(), hashlib.sha256).digest()
    return hmac.new(key, content, hashlib.sha256).digest()


@lru_cache(maxsize=4)
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(master)


@lru_cache(maxsize=1)
def _index_key() -> bytes:
    # The oldest key, so that adding a newer one leaves every index valid.
    return hmac.new(master_keys()[-1], b"blind-index", hashlib.sha256).digest()


def _key_file() -> str:
    path = Path(settings.SEALING_KEY_FILE)
    if settings.SECURE and not path.exists():
        raise ImproperlyConfigured("Set SCRM_KEYS: real data is never sealed with a key made up at start.")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(os.urandom(32)).decode())
        # Of two processes starting at once one link wins, and both read the winner's key.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text().strip()
