"""Sealing of contact data: AES-256-GCM under a key per customer, that key wrapped by the master key.

Look-up of an equal value goes through a blind index, HMAC-SHA256 under a key of the house. The keys of the house are
derived from the oldest master key until the first rotation; then they lie in the database, wrapped like all others.
"""

import base64
import hashlib
import hmac
import os
import time
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE = 12
KEY_ID = 8
WRAPPED = KEY_ID + NONCE + 48  # with the id of its master key in front; the old form lacks it
# What each key of the house was before it was stored: HMAC of this under the oldest master key.
PURPOSES = {
    "blind-index": b"blind-index",
    # Fingerprints of erased people's keys cannot be made anew: theirs stays when the index gets another.
    "source-mark": b"blind-index",
    "signature:audit": b"signature:audit",
}
FRESH_FOR = 5.0  # seconds until a process has surely heard of a new index key

# Master keys


def master_keys() -> tuple[bytes, ...]:
    """The live master keys, newest first, from SCRM_KEYS (base64, comma-separated) or the file beside the data."""
    if settings.SEALING_KEYS:
        return keys_of(settings.SEALING_KEYS)
    path = Path(settings.SEALING_KEY_FILE)
    try:
        found = path.stat()
    except FileNotFoundError:
        _make_key_file(path)
        found = path.stat()
    # A rotation puts another file in its place: each process sees that at its next use.
    return _keys_in(path, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=4)
def keys_of(text: str) -> tuple[bytes, ...]:
    """The keys of their written form. Raises ImproperlyConfigured."""
    try:
        keys = tuple(base64.b64decode(part.strip(), validate=True) for part in text.split(",") if part.strip())
    except ValueError:
        keys = ()
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("SCRM_KEYS must hold 32-byte keys in base64, separated by commas.")
    return keys


def keys_as_text(keys: tuple[bytes, ...] | None = None) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys or master_keys())


@lru_cache(maxsize=16)
def key_id(master: bytes) -> bytes:
    """Eight bytes that name a master key and tell nothing of it."""
    return hashlib.sha256(b"scrm master key\x00" + master).digest()[:KEY_ID]


def write_key_file(keys: tuple[bytes, ...]) -> None:
    """Replace the key file at once, newest first; a crash leaves the former or the new one, never half."""
    path = Path(settings.SEALING_KEY_FILE)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(keys_as_text(keys))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


# Keys per customer


def new_data_key() -> tuple[bytes, bytes]:
    """A fresh key for one customer: (the key, the key wrapped for storage)."""
    key = os.urandom(32)
    return key, wrap(key)


def wrap(key: bytes) -> bytes:
    """The key under the newest master key, that key's id in front."""
    master, nonce = master_keys()[0], os.urandom(NONCE)
    return key_id(master) + nonce + _cipher(master).encrypt(nonce, key, b"data-key")


def unwrap(wrapped: bytes) -> bytes:
    """The stored key in clear. Raises cryptography.exceptions.InvalidTag under a foreign master key."""
    masters = master_keys()
    if len(wrapped) == WRAPPED:
        masters = tuple(master for master in masters if key_id(master) == wrapped[:KEY_ID])
        wrapped = wrapped[KEY_ID:]
    for master in masters:
        try:
            return _cipher(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], b"data-key")
        except (InvalidTag, ValueError):
            continue  # the next live key may be the one
    raise InvalidTag


def seal(value: str, key: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), b"value")


def unseal(sealed: bytes, key: bytes) -> str:
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], b"value").decode()


# Keys of the house


def blind_index(kind: str, value: str) -> bytes:
    """A 32-byte fingerprint of an already normalised value; equal values of one kind are equal, nothing else shows."""
    return _indexed(house_keys("blind-index")[0], kind, value)


def blind_indexes(kind: str, value: str) -> list[bytes]:
    """What a look-up compares with, newest first: two while the index is given another key, otherwise one."""
    return [_indexed(key, kind, value) for key in house_keys("blind-index")]


def source_fingerprint(text: str) -> bytes:
    """A 32-byte fingerprint of an erased person's key at a source; it never changes."""
    return _indexed(house_keys("source-mark")[-1], "source_key", text)


def signature(purpose: str, content: bytes) -> bytes:
    """A 32-byte mark that only somebody with the master key can make; it never changes."""
    return hmac.new(house_keys(f"signature:{purpose}")[-1], content, hashlib.sha256).digest()


_house: dict[str, tuple[float, tuple[bytes, ...]]] = {}


def house_keys(purpose: str) -> tuple[bytes, ...]:
    """The stored keys for one purpose, newest first, at most `FRESH_FOR` old; before any is stored the derived one."""
    from scrm.kernel.models import HouseKey

    at, known = _house.get(purpose, (0.0, ()))
    if known and time.monotonic() < at + FRESH_FOR:
        return known
    stored = HouseKey.objects.filter(purpose=purpose).order_by("-generation").values_list("wrapped", flat=True)
    try:
        keys = tuple(unwrap(bytes(wrapped)) for wrapped in stored) or (derived(purpose),)
    except InvalidTag:
        if not known:
            raise
        keys = known  # wrapped by a master key this process has not been given yet: what it knows stays true
    _house[purpose] = (time.monotonic(), keys)
    return keys


def derived(purpose: str) -> bytes:
    return hmac.new(master_keys()[-1], PURPOSES[purpose], hashlib.sha256).digest()


def forget_house_keys() -> None:
    _house.clear()


def _indexed(key: bytes, kind: str, value: str) -> bytes:
    return hmac.new(key, f"{kind}\x00{value}".encode(), hashlib.sha256).digest()


@lru_cache(maxsize=8)
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(master)


@lru_cache(maxsize=2)
def _keys_in(path: Path, inode: int, changed: int) -> tuple[bytes, ...]:
    return keys_of(path.read_text().strip())


def _make_key_file(path: Path) -> None:
    if settings.SECURE:
        raise ImproperlyConfigured("Set SCRM_KEYS: real data is never sealed with a key made up at start.")
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
