"""The three signatures of two providers: Aliyun's V3 and older RPC, Twilio's over its own calls."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit


def encoded(value: str) -> str:
    """By RFC 3986: a blank is %20, a star %2A, a tilde stays."""
    return quote(value, safe="~")


def query_of(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{encoded(name)}={encoded(parameters[name])}" for name in sorted(parameters))


def rpc_signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Aliyun's older way, HMAC-SHA1 over the sorted parameters."""
    text = f"{method}&{encoded('/')}&{encoded(query_of(parameters))}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), "sha1")).decode()


def v3_request_hash(method: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """The hash of what is signed, and the names of the signed headers."""
    names = sorted(name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type"))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    text = "\n".join([method, "/", query_of(query), lines, signed, hashlib.sha256(body).hexdigest()])
    return hashlib.sha256(text.encode()).hexdigest(), signed


def v3_signature(request_hash: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"ACS3-HMAC-SHA256\n{request_hash}".encode(), "sha256").hexdigest()


def v3_headers(
    method: str, query: Mapping[str, str], *, host: str, action: str, version: str, date: str, nonce: str,
    key: str, secret: str, body: bytes = b"",
) -> dict[str, str]:  # fmt: skip
    """All headers of a V3 call; `host` is sent by whoever connects."""
    headers = {
        "host": host, "x-acs-action": action, "x-acs-version": version, "x-acs-date": date,
        "x-acs-signature-nonce": nonce, "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip
    request_hash, signed = v3_request_hash(method, query, headers, body)
    mark = v3_signature(request_hash, secret)
    return headers | {"Authorization": f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={signed},Signature={mark}"}


def twilio_signature(url: str, parameters: Iterable[tuple[str, str]], token: str) -> str:
    """Over the address as Twilio called it and each distinct name and value, sorted, nothing between."""
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def with_and_without_port(url: str) -> list[str]:
    """A proxy may have added or dropped the standard port."""
    parts = urlsplit(url)
    port = 443 if parts.scheme == "https" else 80
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return [
        urlunsplit(parts._replace(netloc=netloc)) for netloc in dict.fromkeys((parts.netloc, host, f"{host}:{port}"))
    ]
