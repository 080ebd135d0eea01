"""Addresses of ours: the known one fits, a changed one does not, two keys live while one goes."""

from datetime import date

import pytest

from touchpoints.channels.mail.addresses import (
    BEGINNING,
    Keys,
    bounce_address,
    bounced,
    case_of,
    expiry_of,
    message_id,
    reply_address,
    sent_by_us,
)
from touchpoints.channels.mail.tests.conftest import KEY

KEYS = Keys.of(KEY)
NEW = Keys.of("bmV3IGtleSBuZXcga2V5IG5ldyBrZXk=", KEY)
KNOWN = "case+c202600042.qz.4rr6r7fyh5pzpege7y2rk4qz@reply.example.com"
NOW = 1766300000.0


def case(address: str, *, keys: Keys = KEYS, now: float = NOW) -> object:
    return case_of(keys, address, domain="reply.example.com", now=now)


def test_the_known_address_is_made_and_read() -> None:
    assert reply_address(KEYS, "C202600042", domain="reply.example.com", expiry="qz") == KNOWN
    assert case(KNOWN) == ("C202600042", True)
    assert case(KNOWN.upper()) == ("C202600042", True)


@pytest.mark.parametrize("address", [
    KNOWN.replace("00042", "00043"), KNOWN.replace(".qz.", ".r0."), KNOWN.replace("4rr6", "4rr7"), KNOWN[:20], "",
    KNOWN.replace("reply.example.com", "reply.example.org"), KNOWN.replace(".4rr6r7fyh5pzpege7y2rk4qz", "."), f"x{KNOWN}",
    f"{KNOWN}\n.evil",
])  # fmt: skip
def test_a_changed_address_is_none_of_ours(address: str) -> None:
    assert case(address) is None


def test_an_address_ends() -> None:
    assert case(KNOWN, now=NOW + 3 * 365 * 86400) == ("C202600042", False)
    assert expiry_of(BEGINNING) == "0"
    assert expiry_of(date(2027, 8, 30)) == "qz"


def test_both_keys_are_believed_and_the_first_signs() -> None:
    assert case(KNOWN, keys=NEW) == ("C202600042", True)
    new = reply_address(NEW, "C202600042", domain="reply.example.com", expiry="qz")
    assert new != KNOWN
    assert case(new) is None
    assert case(new, keys=NEW) == ("C202600042", True)
    assert not Keys.of("", "no base64!", "c2hvcnQ=")


@pytest.mark.parametrize("message", ["ab12cd34", "AB12CD34", "aB_-9", "0123456789abcdef0123456789abcdef"])
def test_a_bounce_finds_its_message_also_in_small_letters(message: str) -> None:
    address = bounce_address(KEYS, message, domain="bounce.example.com")

    assert len(address.partition("@")[0]) <= 64
    assert bounced(KEYS, address.lower(), domain="bounce.example.com") == message
    assert bounced(KEYS, address.replace("b", "c", 1), domain="bounce.example.com") == ""
    assert bounced(KEYS, address, domain="other.example.com") == ""
    assert bounced(Keys.of("b3RoZXIga2V5IG90aGVyIGtleQ=="), address, domain="bounce.example.com") == ""


def test_an_id_too_long_for_an_envelope_goes_without() -> None:
    assert bounce_address(KEYS, "A" * 40, domain="bounce.example.com") == ""


def test_ids_in_a_header_are_ours_only_with_the_mark() -> None:
    one, two = (message_id(KEYS, name, domain="brand.example") for name in ("one", "TWO"))
    foreign = message_id(KEYS, "three", domain="other.example")
    forged = one.replace("<one.", "<six.")

    assert sent_by_us(KEYS, f"{one} {foreign}\r\n {forged} <x@y> {two}", domain="brand.example") == ["one", "TWO"]
