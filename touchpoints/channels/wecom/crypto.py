"""WeCom's envelope: SHA-1 over four sorted texts, AES-256-CBC with pads of up to 32 bytes, whose it is at the end."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from touchpoints.channels.protocol import Forged

BLOCK = 32


@dataclass(frozen=True)
class Envelope:
    """One callback's token and key. Every failure is the same Forged."""

    token: str
    aes_key: str
    receiver: str

    def signature(self, timestamp: str, nonce: str, text: str) -> str:
        joined = b"".join(sorted(part.encode() for part in (self.token, timestamp, nonce, text)))
        return hashlib.sha1(joined).hexdigest()  # noqa: S324 — the provider's choice

    def opened(self, signature: str, timestamp: str, nonce: str, text: str) -> bytes:
        """The message inside. Raises Forged."""
        try:
            right = hmac.compare_digest(self.signature(timestamp, nonce, text).encode(), signature.encode())
            if not right:
                raise Forged
            return self._decrypted(base64.b64decode(text, validate=True))
        except (ValueError, UnicodeError):
            raise Forged from None

    def sealed(self, message: bytes, *, salt: bytes | None = None) -> str:
        """The message as WeCom would send it."""
        salt = salt or secrets.token_bytes(16)
        inner = salt + len(message).to_bytes(4, "big") + message + self.receiver.encode()
        pad = BLOCK - len(inner) % BLOCK
        out = self._cipher().encryptor()
        return base64.b64encode(out.update(inner + bytes([pad]) * pad) + out.finalize()).decode()

    def _decrypted(self, sealed: bytes) -> bytes:
        if not sealed or len(sealed) % BLOCK:
            raise Forged
        back = self._cipher().decryptor()
        inner = back.update(sealed) + back.finalize()
        pad = inner[-1]
        if not 1 <= pad <= BLOCK or inner[-pad:] != bytes([pad]) * pad:
            raise Forged
        inner = inner[:-pad]
        length = int.from_bytes(inner[16:20], "big")
        message, receiver = inner[20 : 20 + length], inner[20 + length :]
        if len(message) != length or not hmac.compare_digest(receiver, self.receiver.encode()):
            raise Forged
        return message

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=", validate=True)
        if len(key) != 32:
            raise Forged
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def page_signature(*, ticket: str, nonce: str, timestamp: str, url: str) -> str:
    """What lets a page of ours speak to the WeCom client; the address counts without its #part."""
    words = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(words.encode()).hexdigest()  # noqa: S324 — the provider's choice
