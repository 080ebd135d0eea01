"""Whether our own receiving host vouches for the sender (RFC 8601); what any other host says is no evidence."""

import re
from collections.abc import Sequence


def vouched(headers: Sequence[str], *, trusted: str, domain: str) -> bool:
    """By the topmost Authentication-Results alone, and only when our host wrote it."""
    if not headers or not trusted or not domain:
        return False
    text = headers[0]
    if len(text) > 4000:
        return False
    first, *results = [part.strip() for part in _plain(text).split(";")]
    name = re.fullmatch(r"(\S+)(?:\s+1)?", first)
    if not name or name[1].lower() != trusted.lower():
        return False
    domain = domain.lower()
    passed = False
    for result in results:
        method = re.match(r"(dmarc|dkim|spf)(?:/\d+)?\s*=\s*([a-z]+)\b", result, re.IGNORECASE)
        if not method:
            continue
        kind, word = method[1].lower(), method[2].lower()
        said = {key.lower(): value.strip('"').lower() for key, value in re.findall(r"([\w.-]+)\s*=\s*(\S+)", result)}
        if kind == "dmarc" and word != "pass":
            return False
        if word != "pass":
            continue
        if kind == "dmarc":
            passed |= said.get("header.from", domain) == domain
        elif kind == "dkim":
            passed |= _aligned(said.get("header.d") or said.get("header.i", "").rpartition("@")[2], domain)
        else:
            passed |= _aligned(said.get("smtp.mailfrom", "").rpartition("@")[2], domain)
    return passed


def _aligned(signer: str, domain: str) -> bool:
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))


def _plain(text: str) -> str:
    """Without comments, which may nest; what stands in quotes may hold no semicolon."""
    out, depth, quoted = [], 0, False
    for sign in re.sub(r"\s+", " ", text):
        if sign == '"' and not depth:
            quoted = not quoted
        if sign == "(" and not quoted:
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif not depth:
            out.append("," if quoted and sign == ";" else sign)
    return "".join(out)
