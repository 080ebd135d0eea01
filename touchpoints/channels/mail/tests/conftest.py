"""One sender and one box at a mail house of our own."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from touchpoints.channels.mail.adapter import Adapter
from touchpoints.channels.mail.tests.server import House, Post
from touchpoints.channels.protocol import Account

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def post(settings) -> Iterator[Post]:
    settings.OUTGOING_LOOPBACK = True
    server = Post()
    yield server
    server.close()


@pytest.fixture
def house(settings) -> Iterator[House]:
    settings.OUTGOING_LOOPBACK = True
    server = House()
    yield server
    server.close()


def account_of(*, post: Post | None = None, house: House | None = None, **changes: Any) -> Account:
    made: dict[str, Any] = {
        "from_address": "care@brand.example", "from_name": "示例品牌", "reply_domain": "reply.example.com",
        "bounce_domain": "bounce.brand.example", "trusted_authserv_id": "mx.brand.example",
        "smtp_security": "none", "imap_security": "none",
    }  # fmt: skip
    if post:
        made |= {"smtp_host": "127.0.0.1", "smtp_port": post.port}
    if house:
        made |= {"imap_host": "127.0.0.1", "imap_port": house.port, "imap_user": "scrm"}
    return Account("mail", made | changes, {"imap_password": "secret", "smtp_password": "word", "reply_key": KEY})


@pytest.fixture
def adapter() -> Adapter:
    """One that only reads."""
    return Adapter(account_of())


@pytest.fixture
def certificate(tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "both.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    return file
