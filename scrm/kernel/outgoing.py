"""Safe outgoing HTTP: https to a public address that was looked up once, no redirect, a small answer, a short wait."""

import ipaddress
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

SECONDS = 15
ANSWER_BYTES = 64 * 1024
ADDRESS_LENGTH = 500
CALL_LENGTH = 8000  # with what a provider wants in the query
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unsafe(Exception):
    """The target is not one we connect to; the text says why, without an address of the inside."""


@dataclass(frozen=True)
class Target:
    """Where to connect: the address that was checked, and the name it goes by."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or 0 and the kind of failure.

    `left` says whether anything was sent before it failed: then nobody knows whether the other side took it.
    """

    status: int
    error: str = ""
    retry_after: int | None = None
    body: bytes = b""
    left: bool = True


def post(url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
    """Send once. Never raises for what the other side does; Unsafe when it is no target."""
    return call("POST", url, body=body, headers=headers)


def call(
    method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None, at_most: int = ANSWER_BYTES
) -> Answer:
    """Ask once and read the answer's first 64 KB, or `at_most` bytes. Never raises for what the other side does;
    Unsafe: no target.
    """
    target = target_of(url, longest=CALL_LENGTH)
    connection = _connection(target)
    # A deadline for the whole talk: a side that answers byte by byte must not hold a worker.
    late = threading.Event()
    timer = threading.Timer(SECONDS, _cut, args=[connection, late])
    timer.daemon = True
    timer.start()
    left = False
    try:
        name = f"[{target.host}]" if ":" in target.host else target.host
        default = 443 if target.scheme == "https" else 80
        host = name if target.port == default else f"{name}:{target.port}"
        connection.connect()
        left = True
        connection.request(
            method, target.path, body=body or None, headers=(headers or {}) | {"Host": host}, preload_content=False
        )
        answer = connection.getresponse()
        read = answer.read(at_most, decode_content=False)
        if late.is_set():
            return Answer(0, "timeout")
        return Answer(answer.status, retry_after=_seconds(answer.headers.get("Retry-After")), body=read)
    except ssl.SSLError:
        return Answer(0, "tls", left=left)
    except TimeoutError:
        return Answer(0, "timeout", left=left)
    except (HTTPError, OSError, ValueError) as error:
        slow = late.is_set() or "timed out" in str(error).lower()
        return Answer(0, "timeout" if slow else type(error).__name__[:40], left=left)
    finally:
        timer.cancel()
        connection.close()


def target_of(url: str, *, longest: int = ADDRESS_LENGTH) -> Target:
    """Look the name up once and keep the address. Raises Unsafe."""
    if len(url) > longest or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise Unsafe("This is no address.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unsafe("This is no address.") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.OUTGOING_LOOPBACK):
        raise Unsafe("Only https is allowed.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise Unsafe("An address holds no name and password.")
    if not host or "%" in host or parts.fragment or re.fullmatch(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,2}", host):
        raise Unsafe("This is no public host.")
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in settings.OUTGOING_PORTS and not settings.OUTGOING_LOOPBACK:
        raise Unsafe("This port is not allowed.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise Unsafe("Write the path in percent signs.")
    return Target(parts.scheme, host, port, _looked_up(host, port, parts.scheme), path)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also seen through the ways IPv6 carries IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in ipaddress.ip_network("64:ff9b::/96") or int(address) >> 32 == 0:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not (
        address.is_multicast or address.is_private or address.is_reserved or address.is_loopback
        or address.is_link_local or address.is_unspecified
    )  # fmt: skip


def _looked_up(host: str, port: int, scheme: str) -> str:
    try:
        name = host if host.isascii() else host.encode("idna").decode()
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unsafe("This host has no address.") from None
    addresses = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found]
    if not addresses:
        raise Unsafe("This host has no address.")
    if settings.OUTGOING_LOOPBACK and all(address.is_loopback for address in addresses):
        return str(addresses[0])
    # One inner address among outer ones is enough to refuse: the next look-up might give only that.
    if scheme != "https" or not all(is_public(address) for address in addresses):
        raise Unsafe("This is no public host.")
    return str(addresses[0])


def _connection(target: Target) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(target.address, target.port, timeout=SECONDS)
    return HTTPSConnection(
        target.address, target.port, timeout=SECONDS, cert_reqs="CERT_REQUIRED", server_hostname=target.host,
        assert_hostname=target.host, ssl_context=ssl.create_default_context(),
    )  # fmt: skip


def _cut(connection: HTTPConnection, late: threading.Event) -> None:
    late.set()
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _seconds(text: str | None) -> int | None:
    """Retry-After in seconds or as a date; nothing when it is neither."""
    if not text:
        return None
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return int(text)
    try:
        return max(0, int((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError, IndexError):
        return None
