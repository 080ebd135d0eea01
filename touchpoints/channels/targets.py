"""Where a channel may connect: its provider's own hosts, those the operator of the machine names, loopback in tests."""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings

from scrm.kernel.outgoing import Address, Unsafe, is_public


def address(base: str, path: str, *, hosts: Collection[str]) -> str:
    """The whole address of a call. Raises Unsafe when the base is no host of this provider."""
    try:
        parts = urlsplit(base)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise Unsafe("This is no address.") from None
    if not (host in hosts or host in settings.CHANNEL_HOSTS or (settings.OUTGOING_LOOPBACK and _is_loopback(host))):
        raise Unsafe("This host is none of the provider's.")
    if parts.query or parts.fragment:
        raise Unsafe("A base address ends with its path.")
    return base.rstrip("/") + path


def server(host: str, port: int, *, ports: Collection[int]) -> str:
    """The address of a mail server, looked up once. Raises Unsafe unless it is public, named by the operator of the
    machine, or loopback in a test.
    """
    loopback = settings.OUTGOING_LOOPBACK
    if port not in ports and not loopback:
        raise Unsafe("This port is not allowed.")
    try:
        name = host if host.isascii() else host.encode("idna").decode()
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unsafe("This host has no address.") from None
    addresses: list[Address] = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found]
    named = host.lower() in settings.CHANNEL_HOSTS
    for one in addresses:
        if not (is_public(one) or named or (loopback and one.is_loopback)):
            raise Unsafe("This is no public host.")
    if not addresses:
        raise Unsafe("This host has no address.")
    return str(addresses[0])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
