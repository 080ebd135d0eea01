"""A channel connects to its provider, to hosts the operator of the machine names, and nowhere else."""

from typing import Any

import pytest

from scrm.kernel.outgoing import Unsafe
from touchpoints.channels.targets import address, server

HOSTS = {"api.provider.example"}


@pytest.mark.parametrize("base", [
    "https://evil.example", "https://api.provider.example.evil.example", "https://evil.example/api.provider.example",
    "https://api.provider.example@evil.example", "https://evil.example#api.provider.example", "//evil.example", "",
    "https://api.provider.example?x=", "https://api.provider.example#x", "https://[", "http://127.0.0.1", "http://localhost",
])  # fmt: skip
def test_a_host_of_somebody_else_is_refused_though_it_is_public(settings, base: str) -> None:
    with pytest.raises(Unsafe):
        address(base, "/x", hosts=HOSTS)


def test_its_own_host_and_one_that_was_named(settings) -> None:
    settings.CHANNEL_HOSTS = {"eu.provider.example"}

    assert address("https://api.provider.example/", "/x?a=1", hosts=HOSTS) == "https://api.provider.example/x?a=1"
    assert address("https://EU.provider.example", "/x", hosts=HOSTS) == "https://EU.provider.example/x"


@pytest.mark.parametrize(("found", "named", "port", "safe"), [
    (["8.8.8.8"], False, 465, True), (["8.8.8.8"], False, 22, False), (["10.0.0.1"], False, 465, False),
    (["8.8.8.8", "10.0.0.1"], False, 465, False), (["10.0.0.1"], True, 465, True), (["127.0.0.1"], False, 465, False),
    (["::ffff:10.0.0.1"], False, 465, False), ([], False, 465, False),
])  # fmt: skip
def test_a_mail_server_is_public_or_named(settings, monkeypatch, found, named, port, safe) -> None:
    settings.CHANNEL_HOSTS = {"mail.brand.example"} if named else set()
    rows: list[Any] = [(2, 1, 6, "", (one, port)) for one in found]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: rows)

    if safe:
        assert server("Mail.brand.example", port, ports={465}) == found[0]
    else:
        with pytest.raises(Unsafe):
            server("Mail.brand.example", port, ports={465})
