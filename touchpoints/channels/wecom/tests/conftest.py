"""One company at a WeCom of our own."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from touchpoints.channels.protocol import Account
from touchpoints.channels.wecom.adapter import Adapter
from touchpoints.channels.wecom.tests.server import AES_KEY, AGENT, CORP, SECRET, TOKEN, WeCom


@pytest.fixture
def wecom(settings) -> Iterator[WeCom]:
    settings.OUTGOING_LOOPBACK = True
    cache.clear()
    server = WeCom()
    yield server
    server.close()
    cache.clear()


@pytest.fixture
def account(wecom: WeCom) -> Account:
    return Account(
        "wecom", {"base": wecom.base, "corp_id": CORP, "agent_id": AGENT, "kf_accounts": ["kf1"]},
        {"secret": SECRET, "token": TOKEN, "aes_key": AES_KEY},
    )  # fmt: skip


@pytest.fixture
def adapter(wecom: WeCom, account: Account) -> Adapter:
    made = Adapter(account)
    made.clock = lambda: wecom.now
    return made
