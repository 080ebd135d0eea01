"""Files sealed under a customer's key: written in pieces, each proved before a byte of it is read, gone with the key.

A file lies under a made-up name outside the web root. Its own key is derived from the customer's and that name, so a
piece of another file, another order of pieces and a cut end are all noticed.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

PIECE = 64 * 1024
TAG = 16


class Missing(Exception):
    """The file is not there, not whole, or its key was destroyed."""


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / "sealed"


def write(content: bytes, key: bytes) -> str:
    """Seal and store; the made-up name. On disk before this returns, whole or not at all."""
    name = secrets.token_hex(16)
    path = _place(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    cipher, draft = AESGCM(_own_key(key, name)), path.with_suffix(".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for number in range(_pieces(len(content))):
            piece = content[number * PIECE : (number + 1) * PIECE]
            file.write(cipher.encrypt(_nonce(number, _pieces(len(content))), piece, None))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return name


def read(name: str, size: int, key: bytes) -> Iterator[bytes]:
    """The content in pieces. Raises Missing before the first byte for what is not there or not whole."""
    pieces = _pieces(size)
    try:
        file = _place(name).open("rb")
    except (OSError, ValueError):
        raise Missing(name) from None
    try:
        if os.fstat(file.fileno()).st_size != size + pieces * TAG:
            raise Missing(name)
        cipher = AESGCM(_own_key(key, name))
        first = cipher.decrypt(_nonce(0, pieces), file.read(PIECE + TAG), None)
    except (InvalidTag, Missing):
        file.close()
        raise Missing(name) from None

    def rest() -> Iterator[bytes]:
        with file:
            yield first
            for number in range(1, pieces):
                yield cipher.decrypt(_nonce(number, pieces), file.read(PIECE + TAG), None)

    return rest()


def is_there(name: str) -> bool:
    return _place(name).exists()


def remove(name: str) -> None:
    _place(name).unlink(missing_ok=True)


def stored() -> Iterator[tuple[str, float]]:
    """Every file there, with the moment it was written; what a crash left half-written among them."""
    for path in root().glob("??/*"):
        try:
            yield path.name, path.stat().st_mtime
        except FileNotFoundError:
            continue


def remove_left(name: str) -> None:
    """One of `stored`, whatever it is called."""
    (root() / name[:2] / name).unlink(missing_ok=True)


def _place(name: str) -> Path:
    if len(name) != 32 or not all(sign in "0123456789abcdef" for sign in name):
        raise ValueError("A stored file has a made-up name.")
    return root() / name[:2] / name


def _own_key(key: bytes, name: str) -> bytes:
    return hmac.new(key, b"file\x00" + name.encode(), hashlib.sha256).digest()


def _nonce(number: int, pieces: int) -> bytes:
    # The key is this file's alone: the number of a piece and whether it is the last are enough.
    return number.to_bytes(11) + (b"\x01" if number == pieces - 1 else b"\x00")


def _pieces(size: int) -> int:
    return max(1, -(-size // PIECE))
