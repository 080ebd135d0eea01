"""Where we connect to, and where never."""

import socket
from typing import Any

import pytest

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Unsafe, is_public, target_of

INNER = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "::7f00:1",
]  # fmt: skip


def resolving(monkeypatch: Any, *rounds: list[str]) -> list[str]:
    """A resolver that gives each round in turn; what it was asked."""
    asked: list[str] = []

    def look_up(host: str, port: int, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = rounds[min(len(asked), len(rounds)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused_by_itself_and_behind_a_name(address: str, monkeypatch) -> None:
    resolving(monkeypatch, [address])
    with pytest.raises(Unsafe):
        target_of(f"https://[{address}]/" if ":" in address else f"https://{address}/")
    with pytest.raises(Unsafe):
        target_of("https://shop.example.com/")


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_taken(address: str, monkeypatch) -> None:
    import ipaddress

    resolving(monkeypatch, [address])

    assert is_public(ipaddress.ip_address(address)) or ":ffff:" in address
    if ":ffff:" not in address:
        assert target_of("https://shop.example.com/in?a=1").address == address


def test_one_inner_address_among_public_ones_refuses_all(monkeypatch) -> None:
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(Unsafe):
        target_of("https://shop.example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/", "ftp://shop.example.com/", "//shop.example.com/", "shop.example.com", "", "https://",
        "https:///x", "https://user:word@shop.example.com/", "https://@shop.example.com/",
        "https://shop.example.com:22/", "https://shop.example.com:99999/", "https://shop.example.com/#x",
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://0/",
        "https://shop.example.com/a b", "https://shop.example.com\\@10.0.0.1/", "https://[fe80::1%25eth0]/",
        "https://shop.example.com/\r\nX: y", "https://[::1", "javascript:alert(1)", "https://" + "a" * 600,
        "https://shop.example.com/林",
    ],
)  # fmt: skip
def test_a_strange_address_is_refused(url: str, monkeypatch) -> None:
    def look_up(host: str, port: int, **kwargs: Any) -> list[Any]:
        inner = host.replace(".", "").replace("x", "").isalnum() and host[:1].isdigit()
        return [(2, 1, 6, "", ("127.0.0.1" if inner else "8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    with pytest.raises(Unsafe):
        target_of(url)


def test_a_name_that_turns_inward_after_the_check_is_connected_where_it_was_checked(monkeypatch) -> None:
    asked = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    connected: list[Any] = []

    def connect(address: Any, *args: Any, **kwargs: Any) -> Any:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)

    answer = outgoing.post("https://shop.example.com/in", body=b"{}", headers={})

    assert answer.status == 0
    assert connected == [("93.184.216.34", 443)]
    assert asked == ["shop.example.com"]


def test_plain_http_and_loopback_stay_closed_without_the_setting(settings) -> None:
    assert settings.OUTGOING_LOOPBACK is False
    with pytest.raises(Unsafe):
        target_of("http://127.0.0.1:8000/")


def test_a_side_that_drips_its_answer_is_cut_off(settings, monkeypatch) -> None:
    import threading
    import time

    settings.OUTGOING_LOOPBACK = True
    monkeypatch.setattr(outgoing, "SECONDS", 1.0)
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        talk, _peer = server.accept()
        try:
            talk.sendall(b"HTTP/1.1 200 OK\r\n")
            for _each in range(100):
                talk.sendall(b"X-A: b\r\n")
                time.sleep(0.2)
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()

    answer = outgoing.post(f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={})

    assert answer.status == 0
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("0", 0), ("x", None), (None, None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
)
def test_retry_after_in_seconds_or_as_a_date(text: str | None, seconds: int | None) -> None:
    assert outgoing._seconds(text) == seconds


@pytest.mark.parametrize(("name", "trusted", "status"), [
    ("localhost", True, 200), ("localhost", False, 0), ("elsewhere.example", True, 0),
])  # fmt: skip
def test_the_certificate_is_checked_for_the_name(name: str, trusted: bool, status: int, settings, monkeypatch,
                                                 tmp_path) -> None:  # fmt: skip
    import ssl
    import threading
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    settings.OUTGOING_LOOPBACK = True
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    both = tmp_path / "both.pem"
    both.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    asked: list[str | None] = []
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(both)
    inside.sni_callback = lambda talk, host, context: asked.append(host)
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        try:
            talk = inside.wrap_socket(server.accept()[0], server_side=True)
            read = b""
            while not read.endswith(b"{}"):  # what is closed with something unread is reset
                read += talk.recv(65536) or b"{}"
            talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass

    threading.Thread(target=answer, daemon=True).start()
    if trusted:
        monkeypatch.setattr(ssl, "create_default_context", lambda: _trusting(both))

    found = outgoing.post(f"https://localhost:{server.getsockname()[1]}/in", body=b"{}", headers={})

    assert (found.status, asked) == (status, ["localhost"])


def _trusting(file: Any) -> Any:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    return context
